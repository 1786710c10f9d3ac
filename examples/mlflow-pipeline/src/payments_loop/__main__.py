"""Makes `python -m` run the command line."""

from payments_loop.cli import main

main(prog_name="payments-loop")
