#!/bin/sh
# What touches the database, against a PostgreSQL and a Redis of this run's own, ended with it.
# Arguments go to pytest; without any, every test that keeps rows. A whole recovery on both servers is among the lab's
# tests, as are production's services: tests/product/test_killed_workers.py, tests/production.
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need servers ldap directory
sh scripts/bootstrap.sh ldap
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 130' INT TERM
if [ $# -eq 0 ]; then
    set -- --rows
fi
# A test that runs a loop in a thread of its own leaves the thread's connection to the collector, which says so.
REGROUP_STATE=$state .venv/bin/python -m tests.production.servers \
    .venv/bin/python -m pytest -n 2 -W ignore::pytest.PytestUnraisableExceptionWarning --durations=0 --durations-min=5 "$@"
