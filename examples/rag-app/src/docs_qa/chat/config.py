"""What the page says about itself: `config/chat.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

CONFIG = Path("config/chat.toml")


class PageConfig(BaseModel):
    """The words of the page that belong to the project, not to the program.

    Attributes:
        title: of the page and its window.
        tagline: one or two sentences under the greeting.
        examples: questions to begin with; a click asks them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str = Field(
        default="Docs QA",
        min_length=1,
        max_length=60,
    )
    tagline: str = Field(default="Answers come from your documents.", max_length=300)
    examples: tuple[str, ...] = Field(default=(), max_length=8)


def load(path: Path = CONFIG) -> PageConfig:
    """Read the configuration; without a file there are defaults and no examples.

    Raises:
        tomllib.TOMLDecodeError: the file is no TOML.
        pydantic.ValidationError: it holds something else than a `PageConfig`.
    """
    if not path.is_file():
        return PageConfig()
    return PageConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
