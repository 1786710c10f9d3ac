## k8s-rules: write the PrometheusRule manifests from the alert rules
.PHONY: k8s-rules
k8s-rules: $(READY)
	$(BIN)/text2json prometheus-rules

check::
	$(BIN)/text2json prometheus-rules --check
