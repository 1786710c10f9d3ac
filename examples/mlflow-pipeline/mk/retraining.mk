# The loop.

PIPELINE_PORT ?= 3334
PIPELINE_CODE = --module-name payments_loop.pipeline.dagster

## pipeline: run every step of the loop that has something new to do
.PHONY: pipeline
pipeline: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/payments-loop pipeline run

## orchestration: write the step graph for Airflow and Kubeflow
.PHONY: orchestration
orchestration: $(READY)
	$(BIN)/payments-loop pipeline export airflow
	$(BIN)/payments-loop pipeline export kfp

# Environments of their own: what Airflow and Kubeflow need excludes what this project needs.
BESIDE = $(UV) run --no-project --isolated --python $(BIN)/python
AIRFLOW = $(BESIDE) --with 'apache-airflow>=3.3,<3.4'
KUBEFLOW = $(BESIDE) --with 'kfp[kubernetes]>=2.17,<3'

## airflow: run the loop once as an Airflow DAG, without a scheduler (AS_OF=2026-10-01)
.PHONY: airflow
airflow: $(READY)
	@mkdir -p data/airflow; set -a; if [ -f .env ]; then . ./.env; fi; AIRFLOW_HOME="$(CURDIR)/data/airflow"; \
	AIRFLOW__CORE__DAGS_FOLDER="$(CURDIR)/orchestration/airflow"; AIRFLOW__CORE__LOAD_EXAMPLES=False; \
	APP_PIPELINE_ROOT="$(CURDIR)"; set +a; \
	$(AIRFLOW) airflow db migrate >data/airflow/migrate.log 2>&1 || { tail data/airflow/migrate.log; exit 1; }; \
	$(AIRFLOW) python orchestration/airflow/payments_loop_dag.py $(AS_OF)

## kubeflow: compile the Kubeflow pipeline and run its steps as processes here (AS_OF=2026-10-01)
.PHONY: kubeflow
kubeflow: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; \
	PATH="$(CURDIR)/$(BIN):$$PATH" $(KUBEFLOW) python orchestration/kubeflow/local.py $(AS_OF)

## flow-pipeline: run the loop in Dagster (its page on http://127.0.0.1:3334)
.PHONY: flow-pipeline
flow-pipeline: $(READY)
	@mkdir -p data/dagster && cp config/dagster-pipeline.yaml data/dagster/dagster.yaml
	@export DAGSTER_HOME="$(CURDIR)/data/dagster"; set -a; if [ -f .env ]; then . ./.env; fi; set +a; \
	$(BIN)/dagster-daemon run $(PIPELINE_CODE) & daemon=$$!; trap "kill $$daemon" EXIT; \
	$(BIN)/dagster-webserver $(PIPELINE_CODE) --port $(PIPELINE_PORT)
