# Half a year of the loop. The default trees were chosen on seeds 7 and 8, so the evidence is of others.

## loop-demo: play half a year of payments through the loop (data/simulation/loop.png)
.PHONY: loop-demo
loop-demo: $(READY)
	$(BIN)/payments-loop pipeline simulate

## loop-evidence: play five worlds, compare with never retraining and with no gate; goes on where it stopped
.PHONY: loop-evidence
loop-evidence: $(READY)
	$(BIN)/payments-loop pipeline simulate --record --seed 12 --seeds 5

evidence:: loop-evidence
