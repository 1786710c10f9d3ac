## compare: measure before and after on the held-out rows
.PHONY: compare
compare: finetune
	$(BIN)/my-project compare

## seeds: train and evaluate with five seeds (five times as long as finetune); shows whether the gain is luck
.PHONY: seeds
seeds: base data
	$(BIN)/my-project compare --seeds 5

evidence:: $(READY)
	@$(MAKE) --no-print-directory compare
