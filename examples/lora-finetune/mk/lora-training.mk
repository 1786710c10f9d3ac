## finetune: train an adapter on the data (or continue), and make it champion
.PHONY: finetune
finetune: base data
	$(BIN)/text2json finetune
