## compare: measure before and after on the held-out rows
.PHONY: compare
compare: finetune
	$(BIN)/text2json compare

## seeds: train and evaluate with five seeds (ten minutes); shows that the gain is no luck
.PHONY: seeds
seeds: base data
	$(BIN)/text2json compare --seeds 5

evidence:: $(READY)
	@$(MAKE) --no-print-directory compare
