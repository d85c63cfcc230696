# Everything is installed by the first target that needs it: `make app` opens the page, `make test` runs the tests.

PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
# Where to take torch from instead of the package index, such as https://download.pytorch.org/whl/cpu (no CUDA, ten times smaller).
TORCH_INDEX ?=
# Passed on to what a target runs, such as ARGS="--data DIR" to train.py.
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check
# Stamps: what is newer than its stamp is installed again.
CREATED := $(VENV)/.created
INSTALLED := $(VENV)/.requirements
INSTALLED_DEV := $(VENV)/.requirements-dev

.DEFAULT_GOAL := help
.PHONY: help install install-dev app test browsers quality load check train bench report screenshots

help:
	@echo "make app      install what is missing and open the page"
	@echo "make test     install what is missing and run the tests; ARGS=\"tests/unit\" runs some"
	@echo "make browsers check the first minutes of a visit in Firefox and WebKit"
	@echo "make quality  check statistics of what the shipped weights generate"
	@echo "make load     check how the app fares under many visitors, training in two processes, and that speed can be measured"
	@echo "make check    lint, format and types"
	@echo "make train    train the three models again; options go into ARGS=\"...\""
	@echo "make bench    measure speed and memory; ARGS=\"--rounds 5\" is quicker"
	@echo "make report   repeat the quick measurements of docs/report.md and write it; ARGS=--list lists the slow ones"
	@echo "make screenshots  take the pictures of README.md, docs/ and docs/states/ again"
	@echo "make install  only install; TORCH_INDEX=... takes torch from there, PYTHON=... uses another Python"

install: $(INSTALLED)
	@scripts/install-packages packages.txt

install-dev: install $(INSTALLED_DEV)
	@scripts/install-packages packages-dev.txt

app: install
	@$(RUN) app.py --open

# Two processes, each with an app and a browser of its own; ARGS="tests/unit -n 0" runs less.
test: install-dev
	@$(RUN) -m pytest -n 2 $(ARGS)

browsers: install-dev
	@scripts/install-packages tests/browsers/packages.txt
	@$(PIP) install -r tests/browsers/requirements.txt
	@$(RUN) -m pytest tests/browsers $(ARGS)

quality: install-dev
	@$(RUN) -m pytest tests/quality -n 2 $(ARGS)

# One process: each of these tests wants the whole machine.
load: install-dev
	@$(RUN) -m pytest tests/load -n 0 $(ARGS)

check: $(INSTALLED_DEV)
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy

# The larger two get fewer passes, so that all three take less than eight hours of one core, or minutes of a GPU.
train: install
	@$(RUN) train.py --model small $(ARGS)
	@$(RUN) train.py --model medium --set training.epochs=14 $(ARGS)
	@$(RUN) train.py --model large --learning-rate 0.0015 --set training.epochs=14 $(ARGS)

bench: install-dev
	@scripts/install-packages benchmarks/packages.txt
	@$(RUN) -m benchmarks $(ARGS)
	@$(RUN) -m benchmarks.browser $(ARGS)
	@$(RUN) -m benchmarks.visitors

report: install-dev
	@$(RUN) -m report $(ARGS)

screenshots: install-dev
	@$(RUN) -m tests.e2e.screenshots
	@$(RUN) -m tests.e2e.states

$(CREATED):
	@scripts/create-venv "$(PYTHON)" $(VENV)
	@touch $@

$(INSTALLED): requirements.txt $(CREATED)
	@echo "Installing the Python packages of requirements.txt, which takes some minutes the first time"
	@$(if $(TORCH_INDEX),$(PIP) install --index-url $(TORCH_INDEX) "$$(grep '^torch==' requirements.txt)")
	@$(PIP) install -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@echo "Installing the Python packages of requirements-dev.txt"
	@$(PIP) install -r requirements-dev.txt
	@touch $@
