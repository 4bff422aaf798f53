# The daily commands; `make help` lists them.
# Tools run as `python -m ...`, which works wherever the checkout is.

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check

# Compiled modules are kept: the portal and its tests start many Python processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test quick check bench bench-all bench-annotations bench-pages bench-load bench-selections bench-publishing format clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

run: .venv/.run ## set up what is missing, then run the portal on http://localhost:5020 until Ctrl-C
	@exec $(PYTHON) manage.py serve

demo: .venv/.run ## choose, build, download and compare every byte and object, without a browser
	@exec $(PYTHON) demo.py

test: .venv/.dev ## the whole test suite
	@sh .ci/packages.sh chromium-headless-shell
	@exec $(PYTHON) -m pytest -n 5 --hypothesis-profile=ci

quick: .venv/.dev ## the tests without browser, kills and whole portals: for every day
	@exec $(PYTHON) -m pytest -n auto --hypothesis-profile=quick -m "not browser and not slow and not worker"

check: .venv/.dev ## lint and types of Python, JavaScript and templates, imports, migrations, settings
	@exec sh .ci/check.sh

bench: .venv/.dev ## measure builds and the opening of tasks against other ways; writes benchmarks/results.json
	@exec $(PYTHON) -m benchmarks

bench-all: .venv/.dev ## the same, with all frames also in the slow ways
	@exec $(PYTHON) -m benchmarks --all

bench-annotations: .venv/.dev ## measure builds with annotations; writes benchmarks/annotations.json
	@exec $(PYTHON) -m benchmarks.annotations

bench-pages: .venv/.dev ## measure the pages in Chromium and on the server; writes benchmarks/pages.json
	@sh .ci/packages.sh chromium
	@exec $(PYTHON) -m benchmarks.pages

bench-load: .venv/.dev ## measure 200 people at a time, on both databases; writes benchmarks/load.json
	@sh .ci/packages.sh redis-server postgresql
	@exec $(PYTHON) -m benchmarks.load

bench-selections: .venv/.dev ## measure draws and selections of 100,000 frames, on both databases; writes benchmarks/selections.json
	@sh .ci/packages.sh redis-server postgresql
	@exec $(PYTHON) -m benchmarks.selections

bench-publishing: .venv/.dev ## measure the publishing of 3,000 photographs as a new task; writes benchmarks/publishing.json
	@exec $(PYTHON) -m benchmarks.publishing

format: .venv/.dev ## format the code and fix what the linter can fix
	@$(PYTHON) -m ruff check --fix . ; $(PYTHON) -m ruff format .

clean: ## remove .venv, node_modules and caches; .env and the data in var stay
	@rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@sh .ci/venv.sh

# Each stamp is newer than the requirements when these are installed.
.venv/.run: requirements.txt | .venv/bin/python
	@echo "Installing what the portal needs. This takes a moment, once."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests need. This takes a minute or two, once."
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.run
