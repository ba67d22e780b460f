# Everything a person runs.  Each target does its own set-up; only Python >= 3.11, pip, make and git are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-all test-live test-fast coverage mutate check audit hooks desk dev bench pictures format words lock clean
.PHONY: check-format check-lint check-types check-arrows check-definitions check-words check-documents

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(VENV)/.ready ## set up, code the built-in demo city, show the result
	@./riskcode run --demo

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# A thread for each worker: more threads than cores only wait for each other.
ALONE := POLARS_MAX_THREADS=1 OMP_NUM_THREADS=1

test: $(VENV)/.ready-dev ## set up, run the tests: every kind, the usual share of examples
	@$(ALONE) $(PYTEST)

test-all: $(VENV)/.ready-dev ## the tests with every example and all threads: before a release
	@RISKCODE_TESTS=all $(PYTEST)

test-live: $(VENV)/.ready-dev ## Dagster's own daemon, page and workers as they are deployed, thirty nights of them: about an hour
	@$(BIN)/python -m pytest -m live -o faulthandler_timeout=0 tests/live

test-fast: $(VENV)/.ready-dev ## the tests but for the dear ones
	@$(ALONE) $(PYTEST) -m "not slow and not real"

coverage: $(VENV)/.ready-dev ## lines and branches that no test runs
	@$(ALONE) $(PYTEST) -q --cov --cov-report=term

mutate: $(VENV)/.ready-dev ## what no test notices: PLACE=models/coding [SAMPLE=150]; see docs/mutation.md
	@$(BIN)/python -m tests.mutation $(PLACE) $(if $(SAMPLE),--sample $(SAMPLE))

check: check-format check-lint check-types check-arrows check-definitions check-words check-documents ## format, lint, types, arrows, definitions, words, documents

check-format: $(VENV)/.ready-dev
	@$(BIN)/ruff format --check .

check-lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check .

check-types: $(VENV)/.ready-dev
	@$(BIN)/basedpyright

check-arrows: $(VENV)/.ready-dev
	@$(BIN)/lint-imports

check-definitions: $(VENV)/.ready-dev
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/dg check defs

check-words: $(VENV)/.ready-dev
	@$(BIN)/python -m docs.words --check

check-documents: $(VENV)/.ready-dev
	@$(BIN)/python -m pytest -q tests/test_docs.py tests/test_layout.py tests/test_lock.py

# uv asks about a script that names everything pinned. 1: something is known; 2: nobody could be asked, as uv tells.
audit: $(VENV)/.ready-dev ## known vulnerabilities of the locked libraries; skipped where api.osv.dev cannot be asked
	@asked=$$(mktemp --suffix=.py) && trap 'rm -f "$$asked" "$$asked.lock"' EXIT && { \
	  printf '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n'; \
	  sed -nE 's/^([A-Za-z0-9].*[^ \\]) *\\?$$/#   "\1",/p' requirements-postgres.lock requirements-spark.lock | sort -u; \
	  printf '# ]\n# ///\n'; } > "$$asked" && status=0 && \
	{ $(BIN)/uv audit -q --preview-features audit-command --script "$$asked" || status=$$?; } && \
	if [ $$status -eq 2 ]; then echo "audit skipped: who knows of vulnerabilities could not be asked (above)"; else exit $$status; fi

hooks: $(VENV)/.ready-dev ## check before every commit (git hook; needs nothing but this)
	@$(BIN)/pre-commit install

desk: $(VENV)/.ready ## set up, the desk of the built-in demo city on 127.0.0.1:8000, with people to log in as; Ctrl-C ends it
	@exec ./riskcode serve --demo --watch

dev: $(VENV)/.ready ## Dagster's UI and Data Docs on this installation, on free ports (3000 and 3001 where they are); Ctrl-C ends both
	@exec ./riskcode dev

bench: $(VENV)/.ready-dev ## speed and memory of a run with 100,000 enterprises and 5 million events; SIZE=full: ten times that
	@$(BIN)/python -m benchmarks night $(if $(filter full,$(SIZE)),--full)

pictures: $(VENV)/.ready-dev ## make every picture of the documentation anew; needs Chromium
	@$(BIN)/python -m docs.pictures

format: $(VENV)/.ready-dev ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

words: $(VENV)/.ready-dev ## bring the catalogues of all languages in step with the code
	@$(BIN)/python -m docs.words

COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-header pyproject.toml
lock: $(VENV)/.ready-dev ## resolve the dependencies anew, with hashes
	@$(COMPILE) -o requirements.lock
	@$(COMPILE) --extra postgres -c requirements.lock -o requirements-postgres.lock
	@$(COMPILE) --extra spark -c requirements.lock -o requirements-spark.lock
	@$(COMPILE) --extra postgres --group dev -c requirements-postgres.lock -o requirements-dev.lock

clean: ## remove the environment and all caches (not the data in .riskcode)
	rm -rf $(VENV) .ruff_cache .pytest_cache .hypothesis .import_linter_cache .mutants

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "setting up .venv (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.ready
