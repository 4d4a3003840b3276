#!/bin/sh
# Every test, on real hosts and in a real browser too; before that, what is kept, on PostgreSQL and Redis.
# Arguments go to pytest, and then it is the one run on the embedded default: make test ARGS="-k story"
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need test browser servers ldap directory
sh scripts/bootstrap.sh ldap
.venv/bin/python -m lab build
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
servers=0
# The gate on the pure core's coverage only means something over all tests.
if [ $# -eq 0 ]; then
    sh scripts/test_servers.sh || servers=$?
    set -- --cov --cov-report=term:skip-covered
fi
REGROUP_STATE=$state .venv/bin/python -m pytest -n 2 "$@"
[ "$servers" -eq 0 ] || { echo "The tests on PostgreSQL and Redis failed: see above." >&2; exit "$servers"; }
