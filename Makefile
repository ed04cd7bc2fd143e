# make demo | make up | make test | make check | make screenshots — all from a fresh clone.
# Needs make, git and a Python of 3.11 to 3.13; the rest is installed into .venv from requirements.lock.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo up test check format screenshots clean

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

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

install: .venv/installed

demo: install
	$(BIN)/python manage.py demo

up: install
	$(BIN)/python manage.py up

# The quick tests side by side; then those that open browsers and kill processes, one after the other.
test: install
	$(BIN)/pytest -q -n auto --dist loadfile -m "not browser and not chaos and not slow"
	$(BIN)/pytest -q -m "(browser or chaos) and not slow"

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: install
	KPI_RENEW_README=1 $(BIN)/pytest -q tests/browser/test_screenshots.py

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
