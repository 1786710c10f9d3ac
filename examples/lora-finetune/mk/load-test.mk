# Closed loops find the highest throughput; the rate of the open loop is far below it, so that the
# percentiles are those of the service and not of a queue in front of it.
LOAD_CLOSED ?= --duration 2 --repetitions 6
LOAD_OPEN ?= --rate 500 --duration 5 --repetitions 6

## load: measure latency and throughput of the service on this machine
.PHONY: load
load: $(READY)
	$(BIN)/text2json load

## chaos: load the service under faults and check that it behaves
.PHONY: chaos
chaos: $(READY)
	$(BIN)/text2json chaos

evidence:: $(READY)
	$(BIN)/text2json load $(LOAD_CLOSED) --record
	$(BIN)/text2json load $(LOAD_OPEN) --record
