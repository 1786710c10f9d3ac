"""Where requests come from: every module here is one source, see `my_project.load.traffic`."""
