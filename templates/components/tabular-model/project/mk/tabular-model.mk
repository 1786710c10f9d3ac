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

## mlflow-ui: browse the training runs on http://127.0.0.1:5000
.PHONY: mlflow-ui
mlflow-ui: $(READY)
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port 5000 --workers 1

evidence:: models/aliases.json
	$(BIN)/my-project evaluate
