## models: list the model versions, their aliases and metrics
.PHONY: models
models: $(READY)
	$(BIN)/my-project models list
