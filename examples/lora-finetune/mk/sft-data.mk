## data: make the instruction data, its splits and their record
.PHONY: data
data: $(READY)
	$(BIN)/text2json sft make --evidence

check:: $(READY)
	$(if $(wildcard data/sft/test.jsonl),$(BIN)/text2json sft check)
