# Targets of the components in mk/: make -f components.mk help
# They use the environment that is active, or .venv; nothing here installs anything.

.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := $(if $(VIRTUAL_ENV),$(VIRTUAL_ENV)/bin,.venv/bin)
UV := uv
READY :=
PROGRAM := $(BIN)/python -c 'from my_project.cli import main; main(prog_name="my-project")'
RUN_COMMAND = $(PROGRAM) --help
export PYTHONPATH := $(dir $(CURDIR)/src/my_project):$(PYTHONPATH)

## run: start the system; reads .env if there is one
.PHONY: run
run:
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; exec $(RUN_COMMAND)

## check: check what the components brought
.PHONY: check
check::
	@test ! -f README.md || $(BIN)/my-project evidence --check

## evidence: measure everything again and refresh the tables and plots in README.md
.PHONY: evidence
evidence::

## clean: delete what the components built
.PHONY: clean
clean::

include $(sort $(wildcard mk/*.mk))

# Stands after the includes, so that the README is refreshed when every component has measured.
evidence::
	@test ! -f README.md || $(BIN)/my-project evidence

## help: list the targets
.PHONY: help
help:
	@awk '/^## [a-z][a-z0-9-]*: / { \
	  name = substr($$2, 1, length($$2) - 1); $$1 = $$2 = ""; printf "  %-16s%s\n", name, $$0 \
	}' $(MAKEFILE_LIST) | sort
