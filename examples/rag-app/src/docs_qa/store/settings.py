"""Where the store is (environment) and how it is searched (config/search.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Fusion = Literal["convex", "dbsf", "rrf", "dense", "lexical"]
Rerank = Literal["sentences", "cross-encoder", "none"]
Weight = Annotated[float, Field(ge=0, le=1)]


class StoreSettings(BaseSettings):
    """Back end and embedding model, from environment variables `APP_*`.

    Attributes:
        store: name of a module in `store/backends/`, with hyphens.
        store_url: address of a database server; the embedded store needs none.
        store_key: its key or password.
        store_collection: name of the collection or table.
        store_timeout: seconds that a request to a database server may take.
        data_dir: folder of all state; the embedded store is in `index/`.
        embeddings: `minilm` (built here, runs here), or a LangChain model such as
            `openai:text-embedding-3-small`.
        embeddings_url: base URL of another server with the same API as the provider's.
        embeddings_key: key for it; without one the provider's own variable counts.
        embedding_dir: folder of the built-in model.
        embedding_threads: threads of the built-in model; 0 is one per core.
        search_language: stemming of words in lexical search: a Snowball algorithm, or `none`.
        query_cache: number of query embeddings that are kept in memory.
        cross_encoder_key: key of the re-ranking server.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, extra="ignore")

    store: str = Field(default="qdrant-edge", pattern=r"^[a-z][a-z0-9-]*$")
    store_url: str = ""
    store_key: SecretStr = SecretStr("")
    store_collection: str = Field(
        default="docs_qa",
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    )
    store_timeout: float = Field(default=10.0, gt=0)
    data_dir: Path = Path("data")
    embeddings: str = Field(default="minilm", min_length=1)
    embeddings_url: str = ""
    embeddings_key: SecretStr = SecretStr("")
    embedding_dir: Path = Path("models/embedding")
    embedding_threads: int = Field(default=0, ge=0)
    search_language: str = "english"
    query_cache: int = Field(default=1024, ge=0)
    cross_encoder_key: SecretStr = SecretStr("")


class SearchSettings(BaseModel):
    """How a question becomes a ranking.

    Attributes:
        k: chunks returned by default.
        depth: candidates that each leg contributes.
        fusion: how the legs' scores are combined; `dense` and `lexical` use one leg.
        dense_weight: share of the dense leg in `convex` and `dbsf`; the lexical leg has the rest.
        rrf_k: constant of reciprocal rank fusion; larger flattens the ranks.
        rerank: what refines the order of the candidates.
        sentence_weight: share of the best sentence in the semantic score, the rest is the
            whole chunk's.
        cross_encoder: URL of a re-ranking server, or `package.module:function` that returns a
            LangChain cross encoder.
        cross_encoder_model: model name sent to the server.
        rerank_depth: candidates that a cross encoder reads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: int = Field(default=5, ge=1, le=50)
    depth: int = Field(default=50, ge=1, le=1000)
    fusion: Fusion = "dbsf"
    dense_weight: Weight = 0.5
    rrf_k: float = Field(default=10, gt=0)
    rerank: Rerank = "sentences"
    sentence_weight: Weight = 0.7
    cross_encoder: str = ""
    cross_encoder_model: str = ""
    rerank_depth: int = Field(default=20, ge=1, le=200)

    @classmethod
    def load(cls, path: Path = Path("config/search.toml")) -> SearchSettings:
        """Read a TOML file; without the file the defaults hold.

        Raises:
            ValueError: the file is no TOML, or a setting in it is unknown or out of range.
        """
        if not path.exists():
            return cls()
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
