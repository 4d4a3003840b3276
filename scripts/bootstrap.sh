#!/bin/sh
# Make .venv and fill it from a lock file: scripts/bootstrap.sh base|dev|ldap
# ldap adds to what is there: it compiles python-ldap, which has no wheels (scripts/debian.sh need ldap).
#
# Works with Debian's own Python: PEP 668 ("externally managed"), python3-venv absent, python3-pip
# perhaps absent, as root or not. Whatever only root may install is named with the exact command.
# A stamp in .venv makes the second call cost nothing. PYTHON=… chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

set_name=${1:-base}
lock=requirements/$set_name.txt
stamp=.venv/.installed-$set_name
say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
[ -f "$lock" ] || die "There is no lock file $lock; the sets are base, dev and ldap."

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if new_enough "$candidate"; then command -v "$candidate"; return; fi
        [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is not Python 3.11 or newer."
    done
    die "Regroup needs Python 3.11 or newer and found none. As root run:
    sudo apt-get install -y python3 python3-venv"
}

# Four ways, the least demanding first; each leaves a whole .venv or none.
make_venv() {
    rm -rf .venv
    if command -v uv >/dev/null 2>&1 \
        && uv venv --quiet --no-python-downloads --python "$python" .venv 2>/dev/null; then return; fi
    rm -rf .venv
    if "$python" -m venv .venv >/dev/null 2>&1; then return; fi
    rm -rf .venv
    if "$python" -m pip --version >/dev/null 2>&1 \
        && "$python" -m venv --without-pip .venv >/dev/null 2>&1; then return; fi
    rm -rf .venv
    install_venv_package
    "$python" -m venv .venv || die "$python cannot make a virtual environment, even with $package installed."
}

install_venv_package() {
    case $python in
        /usr/bin/python3) package=python3-venv ;;
        *) package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])') ;;
    esac
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        die "Python's venv module is incomplete on this machine. As root run this, then try again:
    sudo apt-get install -y $package"
    fi
    sh scripts/debian.sh install "$package"
}

pip_for_venv() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        .venv/bin/python -m pip "$@"
    else
        "$python" -m pip --python .venv/bin/python "$@"
    fi
}

# Wheels only: a source archive would need compilers, and its build would fetch what no hash names.
fill_venv() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python .venv/bin/python --only-binary :all: --require-hashes -r "$1"
    else
        pip_for_venv install --quiet --no-input --disable-pip-version-check --retries 2 \
            --only-binary :all: --require-hashes -r "$1"
    fi
}

# The exception: python-ldap, by the setuptools of the same lock file, so that nothing is fetched that no hash names.
fill_with_ldap() {
    headers || install_headers
    others=.venv/.without-ldap.txt
    awk '/^[a-z]/ { skip = /^(python-ldap|django-auth-ldap)==/ } !skip' "$lock" >"$others"
    fill_venv "$others" || return 1
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python .venv/bin/python --no-build-isolation --require-hashes -r "$lock"
    else
        pip_for_venv install --quiet --no-input --disable-pip-version-check --retries 2 \
            --no-build-isolation --require-hashes -r "$lock"
    fi
}
headers() {
    .venv/bin/python -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}
install_headers() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        die "Python's headers are missing on this machine. As root run this, then try again:
    sudo apt-get install -y python3-dev"
    fi
    sh scripts/debian.sh install python3-dev
}

# What a stamp says: the lock file that was installed, and for which Python in which place.
checksum() { cksum <"$1"; .venv/bin/python -c 'import sys; print(sys.version_info[:2], sys.prefix)'; }
healthy() { new_enough .venv/bin/python; }
current() { healthy && [ -f "$1" ] && [ "$(cat "$1")" = "$(checksum "$2")" ]; }

if current "$stamp" "$lock"; then exit 0; fi
# The development set holds everything that the base set holds.
if [ "$set_name" = base ] && current .venv/.installed-dev requirements/dev.txt; then exit 0; fi

python=$(find_python) || exit 1
healthy || make_venv
say "Installing Python packages ($set_name) into .venv …"
fill=fill_venv
[ "$set_name" != ldap ] || fill=fill_with_ldap
$fill "$lock" || die "The packages of $lock could not be installed: see the lines above.
If a package index of your own is needed, name it in PIP_INDEX_URL and try again."
checksum "$lock" >"$stamp"
