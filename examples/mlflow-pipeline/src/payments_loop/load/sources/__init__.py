"""Where requests come from: every module here is one source, see `payments_loop.load.traffic`."""
