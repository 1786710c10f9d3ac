## models: list the model versions, their aliases and metrics
.PHONY: models
models: $(READY)
	$(BIN)/payments-loop models list
