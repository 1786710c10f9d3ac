## dashboards: write the Grafana dashboards from their Python source
.PHONY: dashboards
dashboards: $(READY)
	$(BIN)/fraud-scoring dashboards

check::
	$(BIN)/fraud-scoring dashboards --check
