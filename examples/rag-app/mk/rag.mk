# An answer needs an index: it is brought up to date before the service starts.
run: sync
