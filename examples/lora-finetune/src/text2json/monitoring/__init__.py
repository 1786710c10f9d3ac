"""Builds what Grafana shows; the files in `monitoring/grafana/dashboards` are generated from here."""
