"""Measures retrieval and answers on questions with known passages, and chooses by the result.

`questions` is the format, `gold` finds the passages, `metrics` and `bootstrap` measure, `choose`
writes the configuration, `gate` guards it, `generate` makes questions from other documents.
"""
