#!/bin/sh
# Each script of bench/, or those named: make bench NAME="footprint recovery". A missed target does not stop the next.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m lab build
[ $# -gt 0 ] || set -- $(for file in bench/*.py; do basename "$file" .py; done | grep -vx -e report -e __init__ -e peers -e servers -e web -e log_world -e pages_world)
failed=
for name in "$@"; do
    printf '\n== %s\n' "$name"
    .venv/bin/python -m "bench.$name" || failed="$failed $name"
done
[ -z "$failed" ] || { printf 'not done or target missed:%s\n' "$failed" >&2; exit 1; }
