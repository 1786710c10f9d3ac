"""What can be wrong with a problem folder."""


class ProblemError(ValueError):
    """A problem cannot be loaded; the message names the file, the key and what is allowed."""
