# A question takes milliseconds of processor time, not microseconds; this file is read before load-test.mk.
LOAD_CLOSED = --concurrency 1,4,16 --duration 4 --repetitions 6
LOAD_OPEN = --rate 10 --duration 10 --repetitions 6

# Questions are drawn from the index.
chaos load: sync
evidence:: sync
