#!/bin/sh
# What touches the database, against a PostgreSQL of this run's own: started in a temporary directory, ended with it.
# Arguments go to pytest; without any, the tests of every floor that keeps rows.
set -eu
cd "$(dirname "$0")/.."
sh scripts/debian.sh need postgres
PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
place=$(mktemp -d)
as() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$place"
    as() { runuser -u postgres -- "$@"; }
fi
end() {
    as pg_ctl -D "$place/data" -m immediate stop >/dev/null 2>&1 || :
    rm -rf "$place" "$state"
}
state=$(mktemp -d)
trap end EXIT
trap 'exit 130' INT TERM
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as initdb -D "$place/data" -A trust -U regroup -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
as pg_ctl -D "$place/data" -l "$place/log" -w start \
    -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$place -c fsync=off" >/dev/null
as createdb -h 127.0.0.1 -p "$port" -U regroup regroup
if [ $# -eq 0 ]; then
    set -- tests/audit tests/people tests/inventory tests/changes tests/execution tests/api tests/recovery/test_form.py
fi
# A test that runs a loop in a thread of its own leaves the thread's connection to the collector, which says so.
REGROUP_STATE=$state REGROUP_DATABASE_URL=postgres://regroup@127.0.0.1:$port/regroup \
    .venv/bin/python -m pytest -n 2 -W ignore::pytest.PytestUnraisableExceptionWarning "$@"
