#!/bin/sh
# Requests per second of `zappa-rs local` and of `cargo lambda watch` on the same application, in turns.
#
# Needs wrk, and cargo-lambda 1.9.2 on the PATH (`pip install cargo-lambda==1.9.2`; its zig is not used here).
# Without cargo-lambda only our side is measured. ROUNDS and SECONDS_EACH shorten or lengthen the run.
set -eu
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-6}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$(mktemp -d)
started=
finish() {
    for process in $started; do kill "$process" 2>"$work/kill" || true; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# serve NAME URL COMMAND...: starts a server and waits until it answers the request that is measured.
serve() {
    name=$1 url=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    started="$started $!"
    if ! curl -fsS --retry 60 --retry-delay 1 --retry-all-errors -o "$work/$name.body" "$url" 2>"$work/curl"; then
        cat "$work/$name.log" >&2
        exit 1
    fi
    printf '%s %s\n' "$name" "$url" >>"$work/servers"
}

cargo build --release -p zappa-rs-cli
cargo build --release -p zappa-rs-examples --example bench-ours
for gateway in http rest; do
    port=$(free_port)
    # A REST API has its stage in front of every path.
    stage=$([ "$gateway" = rest ] && echo /dev || true)
    serve "zappa-rs-local-$gateway" "http://127.0.0.1:$port$stage/bookmarks/42" \
        "$target/release/zappa-rs" local --as "$gateway" --host 127.0.0.1 --port "$port" \
        --binary "$target/release/examples/bench-ours"
done
if command -v cargo-lambda >"$work/which"; then
    CARGO_TARGET_DIR=$target/watch cargo build --release --manifest-path adapter/benches/watch/Cargo.toml
    for concurrency in 1 10; do
        port=$(free_port)
        serve "cargo-lambda-watch-concurrency-$concurrency" "http://127.0.0.1:$port/bookmarks/42" \
            env CARGO_TARGET_DIR="$target/watch" cargo lambda watch --release --ignore-changes \
            --manifest-path adapter/benches/watch/Cargo.toml --concurrency "$concurrency" \
            --invoke-address 127.0.0.1 --invoke-port "$port"
    done
fi

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    while read -r name url; do
        wrk -t2 -c16 -d"${seconds}s" "$url" >"$work/wrk"
        # A fast error is not a request served.
        if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then
            cat "$work/wrk" >&2
        fi
        awk -v name="$name" '/^Requests\/sec:/ { print name, $2 }' "$work/wrk" >>"$work/rates"
    done <"$work/servers"
done

printf '| server, wrk -t2 -c16 | requests/s, median of %s |\n|---|---:|\n' "$rounds"
while read -r name url; do
    awk -v name="$name" '$1 == name { print $2 }' "$work/rates" | sort -n |
        awk -v name="$name" '{ rate[NR] = $1 } END { printf "| %s | %.0f |\n", name, rate[int((NR + 1) / 2)] }'
done <"$work/servers"
