"""One module per dashboard: its file name is that of the JSON, its `dashboard()` builds it."""
