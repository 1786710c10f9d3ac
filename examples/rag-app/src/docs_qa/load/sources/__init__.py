"""Where requests come from: every module here is one source, see `docs_qa.load.traffic`."""
