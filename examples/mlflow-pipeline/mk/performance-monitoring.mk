## monitor: observe the champion and its data once, and write reports/monitor.html
.PHONY: monitor
monitor: $(READY)
	$(BIN)/payments-loop monitor observe

## monitor-evidence: measure the monitor's false alarms and what it finds
.PHONY: monitor-evidence
monitor-evidence: $(READY)
	$(BIN)/payments-loop monitor measure

evidence:: monitor-evidence
