"""The one family of errors: what happened, why, and the next step.

They are raised anywhere and turned into words and an exit code in one place, `scaffolder.cli.main`.
"""

from __future__ import annotations


class ScaffolderError(Exception):
    """Something the user can act on.

    Attributes:
        what: what happened, one sentence.
        why: the reason, where it is known and not obvious.
        next_step: what to do or type now.
        exit_code: 1 findings or conflicts, 2 bad usage or input, 3 the environment lacks something.
    """

    exit_code = 2

    def __init__(self, what: str, *, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step


class InputError(ScaffolderError):
    """A name, answer, option or file given by the user cannot be used."""


class CatalogError(ScaffolderError):
    """A component or project manifest is wrong; `what` names the file and the key."""


class ConflictError(ScaffolderError):
    """The project and the change disagree; nothing was written."""

    exit_code = 1


class EnvironmentLacksError(ScaffolderError):
    """A program, a permission or disk space is missing."""

    exit_code = 3
