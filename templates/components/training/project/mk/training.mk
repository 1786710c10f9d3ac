## experiment: train a candidate on the newest rows and record it
.PHONY: experiment
experiment: $(READY)
	$(BIN)/my-project experiment

## tune: search for parameters, then train a candidate; continues where it was stopped
.PHONY: tune
tune: $(READY)
	$(BIN)/my-project experiment --tune

# Without a problem there is nothing to measure.
evidence:: $(READY)
	$(if $(wildcard problems/*/problem.toml),$(BIN)/my-project ingest && $(BIN)/my-project experiment --evidence $(if $(EXPERIMENT_AS_OF),--as-of $(EXPERIMENT_AS_OF)))
