## load: measure latency and throughput of the service on this machine
.PHONY: load
load: $(READY)
	$(BIN)/my-project load

# Closed loops find the highest throughput; the rate of the open loop is far below it, so that the
# percentiles are those of the service and not of a queue in front of it.
evidence:: $(READY)
	$(BIN)/my-project load --duration 2 --repetitions 6 --record
	$(BIN)/my-project load --rate 500 --duration 5 --repetitions 6 --record
