# A completion takes tens of milliseconds of processor time; this file is read before load-test.mk.
LOAD_CLOSED = --concurrency 1,4,16 --duration 2 --repetitions 6
LOAD_OPEN = --rate 5 --duration 6 --repetitions 6

## load-stream: measure streamed completions: first piece, gaps, tokens per second
.PHONY: load-stream
load-stream: $(READY)
	$(BIN)/my-project load-stream

evidence:: $(READY)
	$(BIN)/my-project load-stream --record
