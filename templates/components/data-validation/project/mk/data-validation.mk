## validate: judge whether the tables of the lake are fresh; reports of batches are in reports/
.PHONY: validate
validate: $(READY)
	$(BIN)/my-project validate tables

## validation-evidence: measure the false alarms and the detection of planted faults
.PHONY: validation-evidence
validation-evidence: $(READY)
	$(BIN)/my-project validate measure

evidence:: validation-evidence
