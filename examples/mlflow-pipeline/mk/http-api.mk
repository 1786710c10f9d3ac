# The HTTP service.

RUN_COMMAND = $(BIN)/payments-loop serve

## request: send the example requests to the running service
.PHONY: request
request: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/payments-loop request

## openapi: write the descriptions of the API to docs/openapi
.PHONY: openapi
openapi: $(READY)
	$(BIN)/payments-loop openapi
