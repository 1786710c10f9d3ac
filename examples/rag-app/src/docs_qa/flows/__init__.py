"""Flows that run by themselves; Dagster loads their definitions from here."""
