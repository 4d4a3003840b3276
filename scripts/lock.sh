#!/bin/sh
# Write requirements/{base,dev,ldap}.txt anew from pyproject.toml: every Python from 3.11 on, every file hashed.
# Extras stay in the names: pip takes "coverage" for another thing than the "coverage[toml]" that pytest-cov asks for, and
# refuses as soon as a newer one is out.
# With UPGRADE=1 to the newest versions allowed. Needs uv (in the dev set) and a package index.
set -eu
cd "$(dirname "$0")/.."
PATH=.venv/bin:$PATH
wheels=--no-build
compile() {
    output=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $wheels \
        --no-emit-index-url --no-annotate --no-header --no-strip-extras ${UPGRADE:+--upgrade} \
        --output-file "$output" "$@" pyproject.toml
}
compile requirements/base.txt --extra postgres
compile requirements/dev.txt --extra postgres --group dev --constraint requirements/base.txt
wheels= # python-ldap has none
compile requirements/ldap.txt --extra postgres --extra ldap --constraint requirements/base.txt
