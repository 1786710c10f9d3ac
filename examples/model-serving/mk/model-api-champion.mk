# The service needs a champion: train one if there is none.
run: models/aliases.json
