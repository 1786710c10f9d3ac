# Drift is measured against the champion's reference, so the champion is trained first.
# (This file is read before drift.mk and monitor-demo.mk, which use the variable.)
DRIFT_CHAMPION := models/aliases.json
