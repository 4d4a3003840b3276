#!/bin/sh
# Bond changes that are sabotaged, each on a lab host of its own, $2 at a time; $1 says how many (50: about an hour).
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m lab build
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
REGROUP_STATE=$state .venv/bin/python -m pytest -n "${2:-3}" --maxschedchunk=1 -rA -m chaos --sabotages "${1:-50}" \
    tests/lab/test_bond_chaos.py
