# Half a year of the loop.

## loop-demo: play half a year of payments through the loop (data/simulation/loop.png)
.PHONY: loop-demo
loop-demo: $(READY)
	$(BIN)/payments-loop pipeline simulate

## loop-evidence: play five worlds, compare with never retraining and with no gate
.PHONY: loop-evidence
loop-evidence: $(READY)
	$(BIN)/payments-loop pipeline simulate --record --seeds 5

evidence:: loop-evidence
