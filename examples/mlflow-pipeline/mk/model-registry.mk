## rollback: make the previous champion champion again, e.g. make rollback REASON="complaints"
.PHONY: rollback
rollback: $(READY)
	$(BIN)/payments-loop registry rollback --reason "$(or $(REASON),make rollback)"

## registry: show which version serves, and the last decision
.PHONY: registry
registry: $(READY)
	$(BIN)/payments-loop registry status

evidence:: $(READY)
	$(BIN)/payments-loop registry study
