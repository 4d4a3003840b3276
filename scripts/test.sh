#!/bin/sh
# Every test, on real hosts and in a real browser too. Arguments go to pytest: make test ARGS="-k story"
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need test browser
.venv/bin/python -m lab build
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
# The gate on the pure core's coverage only means something over all tests.
if [ $# -eq 0 ]; then set -- --cov --cov-report=term:skip-covered; fi
REGROUP_STATE=$state .venv/bin/python -m pytest -n 2 "$@"
