## sync: bring the library up to date with the folder documents/
.PHONY: sync
sync: $(READY)
	$(BIN)/docs-qa documents sync

## documents-evidence: measure how fast the documents are parsed and cut
.PHONY: documents-evidence
documents-evidence: $(READY)
	$(BIN)/docs-qa documents measure

evidence:: documents-evidence
