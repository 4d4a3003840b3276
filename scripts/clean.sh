#!/bin/sh
# Back to a fresh clone: stops what runs from here, then removes .venv, caches, and var with its database.
set -eu
cd "$(dirname "$0")/.."
if [ -e var/up.lock ] && command -v flock >/dev/null 2>&1 && ! flock -n var/up.lock true; then
    echo "Regroup runs here; end it first (Ctrl-C where it was started)." >&2
    exit 1
fi
if [ -e var/regroup.sqlite3 ] && [ "${FORCE:-}" != 1 ]; then
    echo "var/ holds a database. To remove it with everything else: make clean FORCE=1" >&2
    exit 1
fi
rm -rf .venv var .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
find . -name __pycache__ -type d -prune -exec rm -rf {} +
