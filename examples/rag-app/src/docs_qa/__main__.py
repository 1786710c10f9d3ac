"""Makes `python -m` run the command line."""

from docs_qa.cli import main

main(prog_name="docs-qa")
