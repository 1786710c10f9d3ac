## experiment: train a candidate on the newest rows and record it
.PHONY: experiment
experiment: $(READY)
	$(BIN)/payments-loop experiment

## tune: search for parameters, then train a candidate; continues where it was stopped
.PHONY: tune
tune: $(READY)
	$(BIN)/payments-loop experiment --tune

# Without a problem there is nothing to measure.
evidence:: $(READY)
	$(if $(wildcard problems/*/problem.toml),$(BIN)/payments-loop ingest && $(BIN)/payments-loop experiment --evidence $(if $(EXPERIMENT_AS_OF),--as-of $(EXPERIMENT_AS_OF)))
