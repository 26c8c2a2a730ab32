#!/usr/bin/env bash
# The script of the action: `deploy`, `remove` or `sweep`, by variables that `action.yml` sets. It needs `zappa-rs` and `gh`.
# What bash 3.2 of macOS does not take is avoided: quotes in "${a/b/c}", and an empty array with `set -u`.
set -euo pipefail

fail() {
  echo "::error::$1" >&2
  exit 2
}

read -r -a arguments <<<"${PREVIEW_ARGUMENTS:-}"
pattern=$PREVIEW_PATTERN
[[ $pattern == *'*'* ]] || fail "the pattern \`$pattern\` has no \`*\`"
marker="<!-- zappa-rs preview of $pattern in $PREVIEW_DIRECTORY -->"
run_url="${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY/actions/runs/${GITHUB_RUN_ID:-}"

# The name of a stage by its number.
name_of() {
  echo "${pattern%%\**}$1${pattern#*\*}"
}

# The name of the pull request's stage.
stage() {
  [[ ${PREVIEW_NUMBER:-} =~ ^[0-9]+$ ]] || fail "there is no pull request: run this on \`pull_request\`, or set \`number\`"
  name_of "$PREVIEW_NUMBER"
}

# The id of the comment that an earlier run wrote; nothing if there is none. Only a bot's counts: anybody can write the marker.
comment_id() {
  local ids
  ids=$(MARKER=$marker gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PREVIEW_NUMBER/comments?per_page=100" \
    --jq '.[] | select(.user.type == "Bot" and (.body | startswith(env.MARKER))) | .id') || return
  head -n 1 <<<"$ids"
}

# Writes the comment in the place of an earlier one. With `only-update`, nothing is written where there is none.
comment() {
  [[ ${PREVIEW_COMMENT:-true} == true ]] || return 0
  local body="$marker"$'\n'"$1" id
  if ! id=$(comment_id); then
    echo "::warning::the comments of pull request $PREVIEW_NUMBER cannot be read: the job needs \`pull-requests: write\`"
  elif [[ -n $id ]]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -f "body=$body" ||
      echo "::warning::comment $id cannot be updated: the job needs \`pull-requests: write\`"
  elif [[ ${2:-} != only-update ]]; then
    gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$PREVIEW_NUMBER/comments" -f "body=$body" ||
      echo "::warning::the URL cannot be written to pull request $PREVIEW_NUMBER: the job needs \`pull-requests: write\`"
  fi
}

deploy() {
  local name urls url list="" code=0
  name=$(stage)
  echo "stage=$name" >>"$GITHUB_OUTPUT"
  urls=$(zappa-rs deploy "$name" --yes --wait ${arguments[@]+"${arguments[@]}"}) || code=$?
  if ((code != 0)); then
    comment "The preview \`$name\` could not be deployed at ${PREVIEW_COMMIT:-this commit}: [log]($run_url)."
    exit "$code"
  fi
  echo "$urls"
  echo "url=$(head -n 1 <<<"$urls")" >>"$GITHUB_OUTPUT"
  while read -r url; do list+="- $url"$'\n'; done <<<"$urls"
  comment "The preview \`$name\` is at ${PREVIEW_COMMIT:-this commit}:

${list}
It is removed when this pull request is closed, or when it expires."
}

remove() {
  local name
  name=$(stage)
  echo "stage=$name" >>"$GITHUB_OUTPUT"
  zappa-rs undeploy "$name" --yes --remove-logs ${arguments[@]+"${arguments[@]}"}
  comment "The preview \`$name\` is removed." only-update
}

sweep() {
  local numbers code=0 none_open=()
  # What is open first: a preview that comes later is not among the stacks that are looked at, or is being changed.
  numbers=$(gh api --paginate "repos/$GITHUB_REPOSITORY/pulls?state=open&per_page=100" --jq '.[].number')
  [[ -n $numbers ]] || none_open=(--none-open)
  while read -r number; do
    [[ -z $number ]] || name_of "$number"
  done <<<"$numbers" |
    zappa-rs undeploy "$pattern" --merged --yes ${none_open[@]+"${none_open[@]}"} ${arguments[@]+"${arguments[@]}"} || code=$?
  zappa-rs undeploy "$pattern" --expired --yes ${arguments[@]+"${arguments[@]}"} || code=$?
  exit "$code"
}

case $PREVIEW_COMMAND in
deploy | remove | sweep) "$PREVIEW_COMMAND" ;;
*) fail "\`command\` is \`deploy\`, \`remove\` or \`sweep\`, not \`$PREVIEW_COMMAND\`" ;;
esac
