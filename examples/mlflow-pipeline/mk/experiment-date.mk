# The table of the model shows the quiet months; what happens later is the story of the loop.
EXPERIMENT_AS_OF ?= 2026-04-02
