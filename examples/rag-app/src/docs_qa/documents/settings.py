"""Configuration of the library: `config/documents.toml`, overridden by the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

MIB = 2**20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Part):
    """What one document may cost; beyond it the document is reported and skipped.

    Attributes:
        max_bytes: size of the file.
        pages: of a PDF.
        characters: of the extracted text.
        seconds: wall time of parsing.
        cpu_seconds: processor time of parsing.
        memory_mib: address space of the parsing process, about 150 MiB of which are its own.
        unzipped_mib: sum of the sizes of what a DOCX file unpacks to.
        unzip_ratio: that size, divided by the size of the file.
    """

    max_bytes: int = Field(default=50 * MIB, ge=1)
    pages: int = Field(default=2000, ge=1)
    characters: int = Field(default=10_000_000, ge=1)
    seconds: float = Field(default=60, gt=0)
    cpu_seconds: int = Field(default=60, ge=1)
    memory_mib: int = Field(default=1024, ge=256)
    unzipped_mib: int = Field(default=200, ge=1)
    unzip_ratio: float = Field(default=100, gt=1)


class Chunking(_Part):
    """Sizes of chunks, in tokens of the counter (of the embedding model, where there is one).

    Attributes:
        target: size up to which sentences are put together.
        ceiling: size that no chunk exceeds. Below what the model reads (256 word pieces), so that
            the title and the section can be embedded in front of the text.
    """

    target: int = Field(default=150, ge=16)
    ceiling: int = Field(default=208, ge=32)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.target > self.ceiling:
            raise ValueError("chunks.target must not exceed chunks.ceiling")
        return self


class Fetching(_Part):
    """Limits for documents that are fetched from the web.

    Attributes:
        seconds: for everything together, redirects included.
        max_bytes: size of the answer.
        redirects: followed at most; each is checked like the first address.
        ports: that may be addressed.
        allow_hosts: `host` or `host:port` that may be fetched although it is private or another
            port: your intranet. Empty means the public internet only.
    """

    seconds: float = Field(default=30, gt=0)
    max_bytes: int = Field(default=20 * MIB, ge=1)
    redirects: int = Field(default=5, ge=0)
    ports: frozenset[int] = frozenset({80, 443})
    allow_hosts: frozenset[str] = frozenset()


class Settings(BaseSettings):
    """What an operator may choose: `APP_DOCUMENTS_<NAME>`, e.g. `APP_DOCUMENTS_LIMITS__PAGES`.

    Attributes:
        folder: the documents that `sync` keeps the library equal to.
        data_dir: all state; `APP_DATA_DIR`.
        library_url: SQLAlchemy URL of the library; a SQLite file in `data_dir` when empty.
        workers: parsing processes.
        fallback_encoding: of text that is not Unicode and does not say what it is.
        limits: what one document may cost.
        chunks: sizes of chunks.
        fetch: limits for documents from the web.
    """

    model_config = SettingsConfigDict(
        env_prefix="APP_DOCUMENTS_",
        env_nested_delimiter="__",
        toml_file="config/documents.toml",
        frozen=True,
        extra="forbid",
        populate_by_name=True,
    )

    folder: Path = Path("documents")
    data_dir: Path = Field(
        default=Path("data"), validation_alias=AliasChoices("APP_DATA_DIR", "data_dir")
    )
    library_url: str = ""
    workers: int = Field(default=2, ge=1)
    fallback_encoding: str = "cp1252"
    limits: Limits = Limits()
    chunks: Chunking = Chunking()
    fetch: Fetching = Fetching()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the library."""
        return self.library_url or f"sqlite:///{self.data_dir / 'library.sqlite'}"
