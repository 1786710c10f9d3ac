# The loop.

PIPELINE_PORT ?= 3334
PIPELINE_CODE = --module-name my_project.pipeline.dagster

## pipeline: run every step of the loop that has something new to do
.PHONY: pipeline
pipeline: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/my-project pipeline run

## orchestration: write the step graph for Airflow and Kubeflow
.PHONY: orchestration
orchestration: $(READY)
	$(BIN)/my-project pipeline export airflow
	$(BIN)/my-project pipeline export kfp

## flow-pipeline: run the loop in Dagster (its page on http://127.0.0.1:3334)
.PHONY: flow-pipeline
flow-pipeline: $(READY)
	@mkdir -p data/dagster && cp config/dagster-pipeline.yaml data/dagster/dagster.yaml
	@export DAGSTER_HOME="$(CURDIR)/data/dagster"; set -a; if [ -f .env ]; then . ./.env; fi; set +a; \
	$(BIN)/dagster-daemon run $(PIPELINE_CODE) & daemon=$$!; trap "kill $$daemon" EXIT; \
	$(BIN)/dagster-webserver $(PIPELINE_CODE) --port $(PIPELINE_PORT)
