#!/bin/sh
# What touches database or queue, against a PostgreSQL and a Redis of this run's own, ended with it.
# Arguments go to pytest; without any, the tests of every floor that keeps rows.
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need servers
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 130' INT TERM
if [ $# -eq 0 ]; then
    set -- tests/audit tests/people tests/inventory tests/changes tests/execution tests/api tests/recovery/test_form.py
fi
# A test that runs a loop in a thread of its own leaves the thread's connection to the collector, which says so.
REGROUP_STATE=$state .venv/bin/python -m tests.production.servers \
    .venv/bin/python -m pytest -n 2 -W ignore::pytest.PytestUnraisableExceptionWarning --durations=0 --durations-min=5 "$@"
