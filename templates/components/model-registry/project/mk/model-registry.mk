## rollback: make the previous champion champion again, e.g. make rollback REASON="complaints"
.PHONY: rollback
rollback: $(READY)
	$(BIN)/my-project registry rollback --reason "$(or $(REASON),make rollback)"

## registry: show which version serves, and the last decision
.PHONY: registry
registry: $(READY)
	$(BIN)/my-project registry status

evidence:: $(READY)
	$(BIN)/my-project registry study
