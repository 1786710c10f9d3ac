## features-evidence: measure what leaking features would promise, and what features cost
.PHONY: features-evidence
features-evidence: $(READY)
	$(BIN)/payments-loop features measure --as-of 2026-04-01

evidence:: features-evidence
