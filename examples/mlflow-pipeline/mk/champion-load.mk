# Loaded is the service with the champion.
chaos load: models/aliases.json
