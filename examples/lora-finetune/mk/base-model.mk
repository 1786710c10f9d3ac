# `make setup TORCH=cuda` installs PyTorch for NVIDIA GPUs; otherwise it is the much smaller CPU build.
TORCH ?= cpu
ifeq ($(TORCH),cuda)
SYNC_OPTIONS += --no-group cpu --extra cuda
endif

## base: pretrain the small base model, unless it is there or another model is configured
.PHONY: base
base: $(READY)
	$(BIN)/text2json base
