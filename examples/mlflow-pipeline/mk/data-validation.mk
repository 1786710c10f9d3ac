## validate: judge whether the tables of the lake are fresh; reports of batches are in reports/
.PHONY: validate
validate: $(READY)
	$(BIN)/payments-loop validate tables

## validation-evidence: measure the false alarms and the detection of planted faults
.PHONY: validation-evidence
validation-evidence: $(READY)
	$(BIN)/payments-loop validate measure

evidence:: validation-evidence
