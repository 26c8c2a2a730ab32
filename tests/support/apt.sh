# Debian's packages, for the scripts that install what tests need: `apt install NAME`. `$sudo` is what makes a command root's.

sudo=
if [ "$(id -u)" != 0 ]; then sudo="sudo -n"; fi

# Runs `apt-get`: one at a time, as tests of several processes may install at once, and again where a download breaks off.
apt() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo flock "${TMPDIR:-/tmp}/zappa-rs-apt.lock" \
        apt-get --quiet --yes -o Acquire::Retries=5 -o DPkg::Lock::Timeout=600 "$@"
}
