## train: train a version, promote it if it is better than what there is
.PHONY: train
train: $(READY)
	$(BIN)/my-project train

# Whatever needs a champion can depend on this file.
models/aliases.json: | $(READY)
	$(BIN)/my-project train

## predict: score one row of the test set with the champion
.PHONY: predict
predict: models/aliases.json
	$(BIN)/my-project predict

evidence:: models/aliases.json
	$(BIN)/my-project evaluate
