"""Asks a served model the same questions again and again, and tells how well it answers."""
