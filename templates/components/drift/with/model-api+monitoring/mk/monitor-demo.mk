## monitor-demo: shift the traffic of a running service and watch the drift alert fire (1 minute)
.PHONY: monitor-demo
monitor-demo: $(READY) $(DRIFT_CHAMPION)
	$(BIN)/my-project monitor-demo

evidence:: monitor-demo
