#!/bin/sh
# Makes .venv with the first Python that is new enough. The one of the system comes first: a
# distribution builds it with profile-guided optimization, which pyenv and others leave out.
set -eu

without_venv=
for name in "${PYTHON3:-/usr/bin/python3}" python3.11 python3 python3.12 python3.13 python3.14 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Making .venv with $("$name" --version)."
        if "$name" -m venv .venv; then
            exit 0
        fi
        rm -rf .venv
        without_venv=$name
    fi
done
if [ -n "$without_venv" ]; then
    echo "$without_venv cannot make virtual environments. On Debian and Ubuntu the package" \
        "python3-venv is missing: sudo apt-get install python3-venv" >&2
    exit 1
fi
found=$(python3 --version 2>/dev/null || echo "no Python at all")
echo "The portal needs Python 3.11 or newer; there is $found. Install it, or name it:" \
    "make PYTHON3=/path/to/python3.11 run" >&2
exit 1
