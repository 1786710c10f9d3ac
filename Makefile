# Everything a developer or a first-time visitor does; `make help` lists it.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(if $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),$(name))))
DEMO ?= demo/fraud-scoring

.PHONY: help setup demo test zoo check examples docs serve-docs recording bench clean

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  %-11s %s\n", $$1, $$2}'

## setup: an environment for working on scaffolder
setup: .venv/.ready

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name one: make setup PYTHON=/path/to/python3"; exit 3; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable . --group dev
	@touch $@

## demo: generate model-serving into demo/fraud-scoring, set it up, train it, and serve one real prediction
demo: setup
	@test -d $(DEMO) || $(BIN)/scaffolder new model-serving $(DEMO) --defaults
	@$(MAKE) --no-print-directory -C $(DEMO) setup train
	@echo "Starting the service on a free port, for one request:"
	@export APP_PORT=$$($(BIN)/python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'); \
	cd $(DEMO); .venv/bin/$(notdir $(DEMO)) serve 2>../service.log & service=$$!; trap "kill $$service" EXIT; \
	for _ in {1..60}; do \
	  if answer=$$(.venv/bin/$(notdir $(DEMO)) request 2>/dev/null); then echo "$$answer"; echo "It is in $(DEMO); make -C $(DEMO) help lists what it can do."; exit 0; fi; sleep 0.5; \
	done; echo "the service did not answer; it said:"; cat ../service.log; exit 1

## test: every test, from names to whole projects that are generated, set up, trained and served
test: setup
	$(BIN)/python -m pytest

## zoo: every component in repositories of others, at once: their tests and ours (minutes for each)
zoo: setup
	PYTHONPATH=tests $(BIN)/python tests/zoo_matrix.py $(ZOO)

## check: format, lint and types
check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

## examples: the projects in examples/, rendered again around what they measured; MEASURE=PROJECT measures one again
examples: setup
	$(BIN)/python examples/make.py $(if $(MEASURE),--measure $(MEASURE))

## docs: the documentation in build/site, built strictly, every link checked
docs: setup
	$(BIN)/python docs/build.py

## serve-docs: the same on http://127.0.0.1:8080
serve-docs: docs
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8080

## recording: docs/assets/terminal.svg, the command line at work, recorded again
recording: setup
	$(BIN)/python docs/recording.py

## bench: the speed tables of bench/RESULTS.md, measured again
bench: setup
	$(BIN)/python bench/speed.py; $(BIN)/python bench/update.py; $(BIN)/python bench/report.py

## clean: remove what make made
clean:
	rm -rf .venv demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
