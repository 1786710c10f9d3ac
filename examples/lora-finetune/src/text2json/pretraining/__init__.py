"""A small base model that the project pretrains itself, for machines without a hub."""
