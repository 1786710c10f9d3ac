"""One module per subcommand: its file name is the command's name, its `command` is the command.

Modules here are imported for every `--help`, so heavy libraries are imported inside the functions.
"""
