# The HTTP service.

RUN_COMMAND = $(BIN)/text2json serve

## request: send the example requests to the running service
.PHONY: request
request: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/text2json request

## openapi: write the descriptions of the API to docs/openapi
.PHONY: openapi
openapi: $(READY)
	$(BIN)/text2json openapi
