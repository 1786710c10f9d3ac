"""Where requests come from: every module here is one source, see `fraud_scoring.load.traffic`."""
