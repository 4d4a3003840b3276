#!/bin/sh
# Every check that needs no host and no browser; all are run, then the failed ones are named.
set -eu
cd "$(dirname "$0")/.."
failed=
check() {
    name=$1
    shift
    if "$@"; then printf 'ok      %s\n' "$name"; else failed="$failed $name"; printf 'FAILED  %s\n' "$name"; fi
}
REGROUP_STATE=$(mktemp -d)
export REGROUP_STATE
trap 'rm -rf "$REGROUP_STATE"' EXIT
PATH=$PWD/.venv/bin:$PATH

check ruff ruff check --quiet .
check format ruff format --check --quiet .
check mypy mypy --no-error-summary .
check floors lint-imports --no-logo
check templates djlint --quiet --lint templates
check migrations python manage.py makemigrations --check --dry-run --verbosity 1
[ -z "$failed" ] || { printf 'make lint failed:%s\n' "$failed" >&2; exit 1; }
