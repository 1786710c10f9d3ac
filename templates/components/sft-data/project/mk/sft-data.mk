## data: make the instruction data, its splits and their record
.PHONY: data
data: $(READY)
	$(BIN)/my-project sft make --evidence

check:: $(READY)
	$(if $(wildcard data/sft/test.jsonl),$(BIN)/my-project sft check)
