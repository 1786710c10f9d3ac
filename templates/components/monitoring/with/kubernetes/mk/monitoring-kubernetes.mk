## k8s-rules: write the PrometheusRule manifests from the alert rules
.PHONY: k8s-rules
k8s-rules: $(READY)
	$(BIN)/my-project prometheus-rules

check::
	$(BIN)/my-project prometheus-rules --check
