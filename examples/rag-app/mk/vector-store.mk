## embedding: build the embedding model from its published weights
EMBEDDING := models/embedding/embedding.json
.PHONY: embedding
embedding: $(EMBEDDING)

# Order-only: a new environment does not change the model; the command itself checks the files.
$(EMBEDDING): | $(READY)
	$(BIN)/docs-qa embeddings build

sync: $(EMBEDDING)
run: $(EMBEDDING)

## store-evidence: measure how fast chunks are indexed and found
.PHONY: store-evidence
store-evidence: $(READY) $(EMBEDDING)
	$(BIN)/docs-qa store measure

evidence:: store-evidence
