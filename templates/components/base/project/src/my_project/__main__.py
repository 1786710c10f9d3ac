"""`python -m my_project` is the same as the command `my-project`."""

from my_project.cli import main

main(prog_name="my-project")
