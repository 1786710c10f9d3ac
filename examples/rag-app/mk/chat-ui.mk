# The web page.

SCREENSHOTS = set -a; if [ -f .env ]; then . ./.env; fi; set +a; $(BIN)/docs-qa screenshots

## screenshots: ask two questions in a real browser, write pictures to evidence/
.PHONY: screenshots
screenshots: $(READY) sync
	@$(SCREENSHOTS)

# Whoever measures without a browser keeps the earlier pictures.
evidence:: sync
	@$(SCREENSHOTS) --if-possible

## test-browser: run the tests of the page in Chromium
.PHONY: test-browser
test-browser: $(READY)
	$(BIN)/pytest tests/e2e -k chat_ui
