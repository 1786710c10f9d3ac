# The HTTP service.

RUN_COMMAND = $(BIN)/fraud-scoring serve

## request: send the example requests to the running service
.PHONY: request
request: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/fraud-scoring request

## openapi: write the descriptions of the API to docs/openapi
.PHONY: openapi
openapi: $(READY)
	$(BIN)/fraud-scoring openapi
