"""Makes `python -m` run the command line."""

from fraud_scoring.cli import main

main(prog_name="fraud-scoring")
