# The service answers with the champion.
run: models/aliases.json
