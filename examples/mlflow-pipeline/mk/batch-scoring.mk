## score: score the decisions of the last week that have no score yet
.PHONY: score
score: $(READY)
	$(BIN)/payments-loop score
