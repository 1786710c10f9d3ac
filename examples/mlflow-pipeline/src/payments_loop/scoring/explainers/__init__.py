"""Each module here explains the models of one kind: `explain(bundle, features)`, see `reasons`."""
