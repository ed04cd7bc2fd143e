# make demo | make up | make test | make check | make screenshots — all from a fresh clone.
# Needs make, git and a Python of 3.11 to 3.13; the rest is installed into .venv from requirements.lock.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install environments demo up test check lint types contracts migrations format screenshots coverage
.PHONY: quarter ingest large cluster long chaos promises advisories licences sbom clean

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
TEMPLATES = $(shell find templates -name '*.html')
DJADE = $(BIN)/djade --target-version 5.2
DJHTML = $(BIN)/djhtml --tabwidth 2 --extra-block component,endcomponent

help:
	@sed -n 's/^# //p' Makefile | head -2

.venv/made:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUPPORTED)' || { echo "kpiplatform needs Python 3.11, 3.12 or 3.13; found: $$(python3 --version 2>&1)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "this Python cannot make environments: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/locked: requirements.lock .venv/made
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/installed: pyproject.toml .venv/locked
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Real servers for the tests, each in an environment of its own: MLflow for the import, S3 for the
# store in a bucket, Spark for rows that lie in a lake.
.venv-%/locked: tests/%-requirements.lock .venv/installed
	$(BIN)/python -m tests.environments $*

install: .venv/installed

environments: .venv-mlflow/locked .venv-s3/locked .venv-spark/locked

# PORT=8001 where another program has 8000.
demo: install
	$(BIN)/python manage.py demo $(if $(PORT),--port $(PORT))

up: install
	$(BIN)/python manage.py up $(if $(PORT),--port $(PORT))

# Side by side, a file in one process (see tests/conftest.py); then, alone, what measures seconds. 5: it was left out.
test: install environments
	$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not timed and not slow"
	$(BIN)/pytest -q -m "timed and not slow" $$(grep -rl --include='test_*.py' 'mark\.timed' tests) || [ $$? = 5 ]

check: lint types contracts migrations

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(DJADE) --check $(TEMPLATES)
	$(DJHTML) --check $(TEMPLATES)

# A quarter of deliveries, with a moved clock, ten kills and a mail server that fails; minutes.
quarter: install
	$(BIN)/python -m tests.chaos.quarter

# Posts at once, web killed, broker away, one writer, bad runs among good: R1, R2, R5, R11, R12 in full; 20 minutes.
ingest: install
	KPI_INGEST=long $(BIN)/pytest -q -s -m "chaos or slow" tests/chaos/test_ingest.py

# Thirty million rows by `kpi run log` into `manage.py up`, over two cuts, each process below 1 GiB; many minutes.
large: install
	KPI_LARGE=long $(BIN)/pytest -q -s -m "chaos" tests/chaos/test_large_file.py

# Ten million rows by one process, and by Spark: local, on a cluster with a worker killed, over Connect, and on hosts of
# their own with one cut off; the cube of each is compared. Needs root for the hosts; many minutes.
cluster: install .venv-spark/locked
	$(BIN)/python -m tests.chaos.cluster

# All of the random cases of which a run of the suite tries a fifth; some minutes.
long: install
	KPI_LONG=1 $(BIN)/pytest -q -n auto --dist loadfile -m "not timed and not slow" $$(grep -rl --include='test_*.py' 'tests\.long' tests)

# The README's table of promises: runs the tests that hold them and keeps what they measured.
promises: install
	KPI_KEEP_FIGURES=1 $(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "promise and not slow"
	$(BIN)/python -m tests.promises

# Workers, broker, database and wires broken under a load of 10,000, and its tables compared; half an hour or more.
chaos: install
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))
	$(BIN)/pytest -q -s -m "slow" tests/chaos/test_demo.py

# Known faults of the locked packages, where they can be looked up.
advisories: install
	$(BIN)/python -m tests.house.advisories

licences: install
	$(BIN)/python -m tests.house.licences

# What is installed, as CycloneDX: var/sbom.json.
sbom: install
	@mkdir -p var
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file var/sbom.json $(BIN)/python

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

migrations: install
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(DJADE) $(TEMPLATES)
	$(DJHTML) $(TEMPLATES)

screenshots: install
	KPI_RENEW_README=1 $(BIN)/pytest -q tests/browser/test_screenshots.py

# Simulates how often the bands hold the truth and writes docs/coverage.md; an hour or two on two cores.
coverage: install
	$(BIN)/python -m tests.coverage

clean:
	rm -rf .venv .venv-mlflow .venv-s3 .venv-spark dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
