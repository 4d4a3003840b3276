# make demo   the dashboard with lab hosts, a dead VM, a host for a bond      make run    the dashboard alone
# make test   every test, browser and lab included                            make lint   style, types, floors
# make test-servers   the tests of what is kept, on a PostgreSQL and a Redis of their own; make test does it too
# make chaos  workers, lines, servers and bonds under attack, for hours; or ROUNDS=3, PARTS=engine
# make mutants  faults put into the engine, each caught by the chaos suite
# make ldap   what signing in through a directory needs: compiles python-ldap
# make bench  the figures, or NAME=footprint                                   make clean  back to a fresh clone

PYTHON_BIN := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help demo run test test-servers chaos mutants lint format bench lock base dev ldap clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

base:
	@sh scripts/bootstrap.sh base

dev:
	@sh scripts/bootstrap.sh dev

ldap: base
	@sh scripts/debian.sh need ldap
	@sh scripts/bootstrap.sh ldap

run: base
	@$(PYTHON_BIN) manage.py regroup up

demo: base
	@$(PYTHON_BIN) manage.py regroup up --demo

test: dev
	@sh scripts/test.sh $(ARGS)

test-servers: dev
	@sh scripts/test_servers.sh $(ARGS)

lint: dev
	@sh scripts/lint.sh

format: dev
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

chaos: dev
	@sh scripts/chaos.sh $(ROUNDS)

mutants: dev
	@sh scripts/debian.sh need servers
	@.venv/bin/python -m pytest -n 3 --maxschedchunk=1 -m chaos -k fault tests/chaos/test_mutants.py -v

bench: dev
	@sh scripts/bench.sh $(NAME)

lock: dev
	@sh scripts/lock.sh

clean:
	@sh scripts/clean.sh
