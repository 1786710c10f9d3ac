## compare: measure before and after on the held-out rows
.PHONY: compare
compare: finetune
	$(BIN)/text2json compare

## seeds: train and evaluate with five seeds, and once without replay (six times as long as finetune)
.PHONY: seeds
seeds: base data
	$(BIN)/text2json compare --seeds 5

evidence:: $(READY)
	@$(MAKE) --no-print-directory compare
