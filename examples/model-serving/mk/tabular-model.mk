## train: train a version, promote it if it is better than what there is
.PHONY: train
train: $(READY)
	$(BIN)/fraud-scoring train

# Whatever needs a champion can depend on this file.
models/aliases.json: | $(READY)
	$(BIN)/fraud-scoring train

## predict: score one row of the test set with the champion
.PHONY: predict
predict: models/aliases.json
	$(BIN)/fraud-scoring predict

evidence:: models/aliases.json
	$(BIN)/fraud-scoring evaluate
