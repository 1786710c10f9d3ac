## dashboards: write the Grafana dashboards from their Python source
.PHONY: dashboards
dashboards: $(READY)
	$(BIN)/text2json dashboards

check::
	$(BIN)/text2json dashboards --check
