"""Where requests come from: every module here is one source, see `text2json.load.traffic`."""
