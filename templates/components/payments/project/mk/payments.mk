## payments-evidence: measure how hard the generated problem is, and what simple rules cost
.PHONY: payments-evidence
payments-evidence: $(READY)
	$(BIN)/my-project payments measure

evidence:: payments-evidence
