## chaos: load the service under faults and check that it behaves
.PHONY: chaos
chaos: $(READY)
	$(BIN)/my-project chaos
