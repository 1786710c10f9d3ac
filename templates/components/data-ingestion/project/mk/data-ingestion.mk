## ingest: take what is new from every source of the problem
.PHONY: ingest
ingest: $(READY)
	$(BIN)/my-project ingest

## lake: list the tables of the lake and the batches in quarantine
.PHONY: lake
lake: $(READY)
	$(BIN)/my-project lake status
	$(BIN)/my-project lake quarantine list

evidence:: $(READY)
	$(BIN)/my-project lake measure
