## models: list the model versions, their aliases and metrics
.PHONY: models
models: $(READY)
	$(BIN)/fraud-scoring models list
