#!/bin/sh
# Runs chromedriver on loopback until stdin ends, for tests: `browser.sh FOLDER PORT`. It prints the path of Chromium when the driver
# accepts connections. It takes Chromium and its driver of this machine, and installs Debian's packages `chromium` and
# `chromium-driver`, or Homebrew's, where there are none.
set -eu
. "$(dirname "$0")/apt.sh"
folder=$1 port=$2

find_browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" && return
    done
    ls "/Applications/Chromium.app/Contents/MacOS/Chromium" 2>/dev/null
}

find_driver() {
    command -v chromedriver
}

install_browser() {
    if command -v brew >/dev/null; then
        brew install --quiet --cask chromium chromedriver
        return
    fi
    command -v apt-get >/dev/null || return 1
    apt update
    apt install --no-install-recommends chromium chromium-driver
}

mkdir -p "$folder"
{ find_browser && find_driver; } >/dev/null || {
    install_browser >"$folder/log" 2>&1 || { cat "$folder/log" >&2; }
}
browser=$(find_browser) && driver=$(find_driver) || {
    echo "Chromium and its driver are not here: install them (Debian: the packages chromium and chromium-driver)" >&2
    exit 1
}

trap '' INT TERM HUP
HOME=$folder "$driver" --port="$port" >"$folder/log" 2>&1 </dev/null &
server=$!
until curl --silent --fail --output "$folder/status" "http://127.0.0.1:$port/status"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo "$browser"
cat >/dev/null
# It ignores the signals that this script ignores, and ends its browsers by itself.
curl --silent --output /dev/null "http://127.0.0.1:$port/shutdown" || kill -KILL "$server"
wait "$server" || true
rm -rf "$folder"
