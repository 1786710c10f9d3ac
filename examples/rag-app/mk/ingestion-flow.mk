# The ingestion flow, in Dagster.

FLOW_PORT ?= 3333
export DAGSTER_HOME ?= $(CURDIR)/data/dagster
FLOW_CODE = --module-name docs_qa.flows.ingestion

## flow: watch the documents and update the index (Dagster's page on http://127.0.0.1:3333)
.PHONY: flow
flow: $(READY) $(DAGSTER_HOME)/dagster.yaml
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; \
	$(BIN)/dagster-daemon run $(FLOW_CODE) & daemon=$$!; trap "kill $$daemon" EXIT; \
	$(BIN)/dagster-webserver $(FLOW_CODE) --port $(FLOW_PORT)

$(DAGSTER_HOME)/dagster.yaml: config/dagster.yaml
	@mkdir -p $(@D) && cp $< $@
