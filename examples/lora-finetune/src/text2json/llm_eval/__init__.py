"""Before and after: the same held-out rows for the base model, prompted and fine-tuned."""
