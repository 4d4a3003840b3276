#!/bin/sh
# Workers killed and stopped, hints lost, lines cut, servers gone; then bonds sabotaged on lab hosts. $1 rounds of each
# (50: two hours or so), $2 bonds at a time. At the end a table: what was tried, what was doubled, lost or untrue.
# PARTS="engine" or "bonds" for one half.
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need servers
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
failed=0
run() {
    REGROUP_STATE=$state CHAOS_TALLY=$state/tally .venv/bin/python -m pytest --maxschedchunk=1 -rA -m chaos "$@" || failed=1
}
case ${PARTS:-engine bonds} in *engine*)
    run -n 4 --rounds "${1:-50}" tests/chaos tests/stateful
    ;;
esac
case ${PARTS:-engine bonds} in *bonds*)
    .venv/bin/python -m lab build
    run -n "${2:-4}" --rounds "${1:-50}" tests/lab/test_bond_chaos.py tests/lab/test_struck_in_a_step.py tests/lab/test_struck_recovery.py
    ;;
esac
.venv/bin/python -m tests.chaos.tally "$state/tally" || failed=1
exit "$failed"
