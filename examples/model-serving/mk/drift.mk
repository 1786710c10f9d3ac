## drift-evidence: measure the drift detector's false alarms and delays on the champion
.PHONY: drift-evidence
drift-evidence: $(READY) $(DRIFT_CHAMPION)
	$(BIN)/fraud-scoring drift measure

evidence:: drift-evidence
