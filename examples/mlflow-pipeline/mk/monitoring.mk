## dashboards: write the Grafana dashboards from their Python source
.PHONY: dashboards
dashboards: $(READY)
	$(BIN)/payments-loop dashboards

check::
	$(BIN)/payments-loop dashboards --check
