# The prediction service.

RUN_COMMAND = $(BIN)/my-project serve

## request: send one prediction request to the running service
.PHONY: request
request: $(READY)
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/my-project request

## openapi: write the description of the API to docs/openapi.json
.PHONY: openapi
openapi: $(READY)
	$(BIN)/my-project openapi
