## compare-serving: measure this service beside others with the same model (4 minutes)
.PHONY: compare-serving
compare-serving: models/aliases.json
	$(BIN)/fraud-scoring compare-serving
	$(BIN)/fraud-scoring evidence

# Before anything can be loaded there must be a model; this file is read before load-test.mk.
chaos load: models/aliases.json
evidence:: models/aliases.json
