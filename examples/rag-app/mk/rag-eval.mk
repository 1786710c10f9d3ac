## evaluate-answers: measure search and answers; write records and plots
.PHONY: evaluate-answers
evaluate-answers: $(READY) models/embedding/embedding.json
	$(BIN)/docs-qa evaluate-answers

## choose: choose search, quoting and thresholds by measurement, and write them to config/
.PHONY: choose
choose: $(READY) models/embedding/embedding.json
	$(BIN)/docs-qa evaluate-answers --choose

## gate: fail if search or answers are worse than evaluation/baseline.json
.PHONY: gate
gate: $(READY) models/embedding/embedding.json
	$(BIN)/docs-qa evaluate-answers --gate

evidence:: evaluate-answers
