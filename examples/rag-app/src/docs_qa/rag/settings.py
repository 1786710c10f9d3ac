"""Settings: which chat model (environment, APP_*), and how answers are made (config/answers.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class ChatSettings(BaseSettings):
    """Chat models, by environment variables; keys are read by the providers' own clients.

    Attributes:
        chat_model: `provider:model` as LangChain's `init_chat_model` takes it, for example
            `openai:gpt-5-mini`; empty: answers are extracted, no model is called.
        chat_url: base URL of a server that speaks the provider's protocol, e.g. vLLM's with
            `openai:`; empty: the provider's own.
        chat_fallback: a second model, asked when the first cannot be reached; empty: none.
        chat_fallback_url: as `chat_url`, for the second model.
        answers_config: the file with everything else.
        trace_content: whether traces hold questions, passages and answers.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", extra="ignore")

    chat_model: str = ""
    chat_url: str = ""
    chat_fallback: str = ""
    chat_fallback_url: str = ""
    answers_config: Path = Path("config/answers.toml")
    trace_content: bool = False

    @model_validator(mode="after")
    def _fallback_needs_a_first(self) -> ChatSettings:
        if self.chat_fallback and not self.chat_model:
            raise ValueError("APP_CHAT_FALLBACK is set, but APP_CHAT_MODEL is not")
        return self


class _Part(BaseModel):
    """A table of the file; a misspelt key is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Part):
    """When the passages found are good enough to answer from.

    The evidence of a question is the highest value of `signal` among its passages. Thresholds
    hold for one embedding model: calibrate anew when it changes. `reference` is the mean evidence
    on the evaluation set, for comparison with live questions; 0 if it was not measured.
    """

    signal: Literal["sentence", "dense"] = "sentence"
    extractive: float = 0.42
    model: float = 0.25
    reference: float = 0.0


class Support(_Part):
    """When a passage bears out a sentence; see `support`."""

    coverage: Share = 0.5
    similarity: float = 0.7


class Extractive(_Part):
    """How much is quoted when there is no model."""

    sentences: Count = 3
    passages: Count = 3
    lexical_weight: Share = 0.3
    passage_weight: Share = 0.25
    relative: Share = 0.85
    redundancy: Share = 0.8


class Prompt(_Part):
    """What a model may read, in tokens (estimated at four characters each)."""

    history_tokens: Count = 1500
    context_tokens: Count = 4000


class Sampling(_Part):
    """How a model writes; `temperature = "default"` for models that refuse the parameter."""

    temperature: Annotated[float, Field(ge=0, le=2)] | Literal["default"] = "default"
    max_output_tokens: Count = 800


class Timeouts(_Part):
    """Seconds that a model call may take: to connect, to the first token, to the last."""

    connect: Seconds = 3.0
    first_token: Seconds = 20.0
    total: Seconds = 60.0
    rewrite: Seconds = 6.0


class Retries(_Part):
    """Attempts per model before its first token; waits are random up to base * 2^n (full jitter)."""

    attempts: Count = 3
    base: Seconds = 0.5
    cap: Seconds = 5.0


class Breaker(_Part):
    """Consecutive failed attempts after which a model is left alone, and seconds until one probe."""

    failures: Count = 5
    reset: Seconds = 30.0


class Concurrency(_Part):
    """Answers by models at once, and seconds that a further one waits for its turn."""

    calls: Count = 16
    wait: Seconds = 5.0
    searches: Count = 4


class Cache(_Part):
    """Identical questions on unchanged documents; 0 entries: off."""

    entries: Annotated[int, Field(ge=0)] = 0
    seconds: Seconds = 3600.0


class Price(_Part):
    """US dollars per million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class AnswersConfig(_Part):
    """The file config/answers.toml; every key has a default."""

    passages: Annotated[int, Field(ge=1, le=20)] = 6
    rewrite: Literal["model", "rules", "off"] = "model"
    degrade: bool = True
    unknown: str = "I do not know: the documents do not say."
    evidence: Evidence = Evidence()
    support: Support = Support()
    extractive: Extractive = Extractive()
    prompt: Prompt = Prompt()
    sampling: Sampling = Sampling()
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()
    breaker: Breaker = Breaker()
    concurrency: Concurrency = Concurrency()
    cache: Cache = Cache()
    prices: dict[str, Price] = Field(default_factory=dict)


def load(path: Path) -> AnswersConfig:
    """Read the file; defaults where it is missing.

    Raises:
        ValueError: it is not TOML, or a key or value is wrong; the message names the file.
    """
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return AnswersConfig()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    try:
        return AnswersConfig.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        )
        raise ValueError(f"{path}: {problems}") from error
