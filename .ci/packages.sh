#!/bin/sh
# packages.sh chromium redis-server ...: what is missing, from Debian's packages, where we may.
# Elsewhere it only says what is missing; the tests that need it say so as well.
set -eu

missing=
for name in "$@"; do
    case $name in
        chromium* | redis-server) command -v "$name" >/dev/null || missing="$missing $name" ;;
        postgresql) ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1 || missing="$missing $name" ;;
        *) dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, so some tests cannot run:$missing" >&2
    exit 0
fi

# No package may start a daemon or make a database of its own: ours run in folders of ours.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
cluster=/etc/postgresql-common/createcluster.conf
if [ ! -e $cluster ]; then
    mkdir -p "${cluster%/*}"
    echo 'create_main_cluster = false' >$cluster
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing$missing"
apt-get update -qq
# shellcheck disable=SC2086  # a list
apt-get install -y -qq --no-install-recommends $missing >/dev/null
