"""The Jinja extension that every component names in its `copier.yml`: sentinels, and filters for names."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

from scaffolder import names
from scaffolder.sentinels import SENTINEL, SENTINELS


class Sentinels(Extension):
    """Replace the sentinels and offer the functions of `scaffolder.names` as filters."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        # Copier compiles the same few strings (parts of paths, the answers file's name) again for every file.
        attributes: dict[str, Any] = vars(environment)
        attributes["from_string"] = cache(environment.from_string)
        for function in (
            names.project_name,
            names.package_name,
            names.project_title,
            names.name_problem,
            names.toml_escape,
        ):
            environment.filters[function.__name__] = function
        for reads_the_machine in ("expanduser", "expandvars", "fileglob", "realpath"):
            environment.filters.pop(reads_the_machine, None)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Put `{@ answer @}` in the place of every sentinel before Jinja reads the source."""
        start, end = self.environment.variable_start_string, self.environment.variable_end_string
        return SENTINEL.sub(lambda match: f"{start} {SENTINELS[match[0]]} {end}", source)
