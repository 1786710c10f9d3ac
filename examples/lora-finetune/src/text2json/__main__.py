"""Makes `python -m` run the command line."""

from text2json.cli import main

main(prog_name="text2json")
