## k8s-rules: write the PrometheusRule manifests from the alert rules
.PHONY: k8s-rules
k8s-rules: $(READY)
	$(BIN)/payments-loop prometheus-rules

check::
	$(BIN)/payments-loop prometheus-rules --check
