## ingest: take what is new from every source of the problem
.PHONY: ingest
ingest: $(READY)
	$(BIN)/payments-loop ingest

## lake: list the tables of the lake and the batches in quarantine
.PHONY: lake
lake: $(READY)
	$(BIN)/payments-loop lake status
	$(BIN)/payments-loop lake quarantine list

evidence:: $(READY)
	$(BIN)/payments-loop lake measure
