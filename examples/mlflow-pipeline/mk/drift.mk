## drift-evidence: measure the drift detector's false alarms and delays on the champion
.PHONY: drift-evidence
drift-evidence: $(READY) $(DRIFT_CHAMPION)
	$(BIN)/payments-loop drift measure

evidence:: drift-evidence
