#!/bin/sh
# Bond changes that are sabotaged, each on a lab host of its own, one after the other; $1 says how many (50: some hours).
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m lab build
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
REGROUP_STATE=$state .venv/bin/python -m pytest -s -m chaos --sabotages "${1:-50}" tests/lab/test_bond_chaos.py
