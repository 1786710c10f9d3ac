## dashboards: write the Grafana dashboards from their Python source
.PHONY: dashboards
dashboards: $(READY)
	$(BIN)/my-project dashboards

check::
	$(BIN)/my-project dashboards --check
