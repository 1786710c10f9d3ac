## payments-evidence: measure how hard the generated problem is, and what simple rules cost
.PHONY: payments-evidence
payments-evidence: $(READY)
	$(BIN)/payments-loop payments measure

evidence:: payments-evidence
