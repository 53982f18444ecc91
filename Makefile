# The commands of the project: `make` lists them.

PYTHON ?= python3
PORT ?= 8000
SEARCH_SET ?= ../shared/search-dev
export PORT
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev

# Tests start hundreds of processes, and each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run dev test test-postgresql test-slow deployment-test faults security browser-test \
  browser-test-all screenshots html \
  lighthouse lint format check bench bench-search bench-updates flood capacity requirements
.DELETE_ON_ERROR:

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(RUN_READY) .env ## Install, prepare the database, load the example site and serve it
	@$(BIN)/python manage.py bootstrap --port $(PORT)
	@trap 'kill $$jobs $$site 2> /dev/null' EXIT; trap 'exit 0' INT TERM; \
	$(BIN)/python manage.py run_jobs --forever & jobs=$$!; \
	$(BIN)/gunicorn -c deploy/gunicorn.conf.py stockton_cms.wsgi & site=$$!; \
	wait $$site

dev: $(DEV_READY) .env ## Serve the site for development: reloads on change, shows errors
	@DEBUG=true $(BIN)/python manage.py bootstrap --port $(PORT)
	@DEBUG=true exec $(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

test: $(DEV_READY) ## Run the tests on SQLite, and on PostgreSQL those that depend on it
	@$(BIN)/python -m tests.run -n 2

test-postgresql: $(DEV_READY) ## Run all tests that need a database on PostgreSQL
	@$(BIN)/python -m tests.run --postgresql -n 2

test-slow: $(DEV_READY) ## Run the slow tests (concurrency), on both databases
	@$(BIN)/python -m tests.run -m slow

deployment-test: $(DEV_READY) ## Install the site, run it on two machines, deploy and roll back releases under load
	@$(BIN)/python -m tests.run -m deployment

faults: $(DEV_READY) ## Stop the services that the site depends on, one by one, and print what it does
	@$(BIN)/python -m tests.faults.run

browser-test: $(DEV_READY) ## Try every page in Chromium: axe, keyboard, small screens, journeys
	@$(BIN)/python -m tests.browser.run

browser-test-all: $(DEV_READY) ## Try every page in every mode, and 200 editing sessions (40 minutes)
	@$(BIN)/python -m tests.browser.run --all

screenshots: $(DEV_READY) ## Write a picture of every page to var/screenshots, and those of the editors' guide
	@$(BIN)/python -m tests.browser.run -n 2 -m "screenshots or guide" --guide-pictures

security: $(DEV_READY) ## Run every test of the threat model, and print what was measured
	@$(BIN)/python -m tests.security.run

html: $(DEV_READY) ## Validate the HTML of every page
	@$(BIN)/python -m tests.browser.html

lighthouse: $(DEV_READY) ## Measure the example site with Lighthouse: every score must be 100
	@$(BIN)/python -m tests.browser.lighthouse

lint: $(DEV_READY) ## Check style, types of mistakes, templates and import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/djlint --quiet --lint stockton_cms/templates
	@$(BIN)/lint-imports > /dev/null || $(BIN)/lint-imports

format: $(DEV_READY) ## Put the code into the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint test browser-test ## Everything that must pass before a change lands

bench: $(DEV_READY) ## Measure speed beside a Django hello-world view
	@$(BIN)/python -m tests.benchmarks.speed

bench-search: $(DEV_READY) ## Measure how well and how fast search finds, with a search test set
	@$(BIN)/python -m tests.benchmarks.search_quality $(SEARCH_SET)
	@$(BIN)/python -m tests.benchmarks.search_speed

bench-updates: $(DEV_READY) ## Measure what 20,000 followers of a page cost: publishing it, and their emails
	@$(BIN)/python -m tests.benchmarks.subscriptions

flood: $(DEV_READY) ## Send 5,000 messages in a minute: what is stored, and what readers feel
	@$(BIN)/python -m tests.benchmarks.flood

capacity: $(DEV_READY) ## Measure what this machine carries: CPU time of each request, and a mixed load
	@$(BIN)/python -m tests.benchmarks.capacity

requirements: $(DEV_READY) ## Compile requirements*.in to hashed requirements*.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 requirements-dev.in -o requirements-dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not; try make PYTHON=python3.11" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; \
	  rm -rf $(VENV); exit 1; }

# uv installs in seconds what takes pip a minute; where it cannot be had, pip does it.
define install
	@echo "Installing from $(1)"
	@$(BIN)/python -m pip install --quiet uv 2> /dev/null || true
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1); \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r $(1); \
	fi
	@touch $@
endef

$(RUN_READY): requirements.txt | $(VENV)/bin/python
	$(call install,requirements.txt)

$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(call install,requirements-dev.txt)

.env:
	@umask 077; \
	secret=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))'); \
	sed "s|^SECRET_KEY=.*|SECRET_KEY=$$secret|; s|127.0.0.1:8000|127.0.0.1:$(PORT)|" \
	  .env.example > .env
	@echo "Made .env from .env.example, with a new SECRET_KEY"
