#!/bin/sh
# Runs a Postgres server of its own on loopback until stdin ends, for tests: `postgres.sh FOLDER PORT PASSWORD`. It prints the folder
# of Postgres's programs when the server accepts connections. It takes the newest server of this machine, of major 15 or newer, and
# installs Debian's package `postgresql`, or Homebrew's, where there is none.
set -eu
. "$(dirname "$0")/apt.sh"
folder=$1 port=$2 password=$3
oldest=15

# The folder with the programs of the newest server.
find_server() {
    {
        ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin 2>/dev/null || true
        if command -v pg_config >/dev/null; then pg_config --bindir; fi
    } | while read -r bin; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ]; then
            major=$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
            [ "$major" -lt "$oldest" ] || echo "$major $bin"
        fi
    done | sort -rn | head -n 1 | cut -d ' ' -f 2- | grep .
}

# Without the cluster and the running server that the package makes otherwise.
install_server() {
    if command -v brew >/dev/null; then
        brew install --quiet postgresql@17
        return
    fi
    command -v apt-get >/dev/null || return 1
    apt update
    apt install --no-install-recommends postgresql-common
    $sudo sed -i 's/^#\{0,1\} *create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    apt install --no-install-recommends postgresql
}

mkdir -p "$folder"
bin=$(find_server) || {
    install_server >"$folder/log" 2>&1 || { cat "$folder/log"; }
    bin=$(find_server)
} || {
    echo "no Postgres of major $oldest or newer is here: install it (Debian: the package postgresql)" >&2
    exit 1
}

# The server refuses to run as root.
as=
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
    chown "$user" "$folder"
fi
trap '' INT TERM HUP
(umask 077 && printf '%s' "$password" >"$folder/password")
[ -z "$as" ] || chown "$user" "$folder/password"
$as "$bin/initdb" --pgdata="$folder/data" --username=shop --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
$as "$bin/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= -c fsync=off \
    -c log_connections=on >>"$folder/log" 2>&1 </dev/null &
server=$!
until "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$port"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo "$bin"
cat >/dev/null
kill -INT "$server"
wait "$server" || true
rm -rf "$folder"
