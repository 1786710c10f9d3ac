## mlflow-ui: browse runs and models on http://127.0.0.1:5000
.PHONY: mlflow-ui
mlflow-ui: $(READY)
	MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port 5000 --workers 1
