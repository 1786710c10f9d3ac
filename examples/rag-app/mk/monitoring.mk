## dashboards: write the Grafana dashboards from their Python source
.PHONY: dashboards
dashboards: $(READY)
	$(BIN)/docs-qa dashboards

check::
	$(BIN)/docs-qa dashboards --check
