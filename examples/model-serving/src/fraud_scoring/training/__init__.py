"""Training: from a table to a promoted bundle. Needs the dependency group `train`."""
