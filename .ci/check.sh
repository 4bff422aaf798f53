#!/bin/sh
# Everything that can be said without running the portal. No .env and no data are touched.
set -eu
cd "$(dirname "$0")/.."

python=.venv/bin/python
folder=$(mktemp -d)
types=
trap '[ -z "$types" ] || kill "$types" 2>/dev/null || true; rm -rf "$folder"' EXIT
export ENV_FILE=/dev/null VAR_DIR="$folder"
FIELD_ENCRYPTION_KEYS=$($python -c 'from config import envfile; print(envfile.encryption_key())')
SECRET_KEY=$($python -c 'import secrets; print(secrets.token_urlsafe(50))')
export FIELD_ENCRYPTION_KEYS SECRET_KEY

step() {
    echo "--- $*"
    "$@"
}

# The types of Python take as long as all the rest, so they are checked beside it.
$python -m mypy launcher config publishing selections selector portal cvat standin benchmarks \
    demo.py manage.py clients/python/cvat_select >"$folder/types" 2>&1 &
types=$!

step $python -m ruff check .
step $python -m ruff format --check .
step $python .ci/identifiers.py --limit 10
export PYTHONPATH=clients/python
step .venv/bin/lint-imports
unset PYTHONPATH
step .venv/bin/djlint --quiet --lint templates

# Node and npm come with requirements-dev.txt; without npm's registry this part is left out, but
# not in .ci/run.
export PATH="$PWD/.venv/bin:$PATH" npm_config_update_notifier=false
if [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-fund; then
    step node_modules/.bin/eslint .
    step node_modules/.bin/tsc --project jsconfig.json
elif [ -n "${CI:-}" ]; then
    exit 1
else
    echo "npm cannot install eslint and tsc: the JavaScript is not checked." >&2
fi

step $python manage.py makemigrations --check --dry-run

# As in production: every warning that Django has about it is a failure.
export REDIS_URL=redis://redis.example.com:6379/0 HTTPS=true TRUSTED_PROXIES=1
export DATABASE_URL=postgres://portal:portal@db.example.com:5432/portal
export ALLOWED_HOSTS=portal.example.com CSRF_TRUSTED_ORIGINS=https://portal.example.com
export CVAT_URL=https://cvat.example.com
step $python manage.py check --deploy --fail-level WARNING

echo "--- mypy"
if wait "$types"; then
    types=
    cat "$folder/types"
else
    types=
    cat "$folder/types"
    exit 1
fi
echo "All checks passed."
