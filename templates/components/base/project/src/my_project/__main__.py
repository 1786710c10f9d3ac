"""Makes `python -m` run the command line."""

from my_project.cli import main

main(prog_name="my-project")
