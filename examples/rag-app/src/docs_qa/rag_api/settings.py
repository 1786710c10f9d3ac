"""Settings of the routes: environment variables that start with `APP_`."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from docs_qa.documents import Settings
from docs_qa.rag import ChatSettings
from docs_qa.store import StoreSettings


class RagSettings(BaseSettings):
    """What an operator may choose about questions, uploads and feedback.

    Attributes:
        ask_rate: questions and searches per second and API key in this process; 0: no limit.
        ask_burst: questions that a key may send at once after a pause.
        ask_concurrency: questions and searches worked on at the same time; more are refused.
        keep_alive_seconds: pause in a stream after which a comment is sent, so that proxies do not
            take a thinking model for a dead connection.
        upload_rate: changes of documents per second and API key in this process; 0: no limit.
        upload_burst: changes that a key may send at once after a pause.
        max_upload_bytes: largest document.
        upload_queue: changes of documents that may wait; more are refused.
        watch_documents: index changes in the folder of documents as they happen.
        sync_minutes: pause between two full looks at the folder; 0: only when asked or watched.
        store_questions: whether questions and answers are kept, for feedback to be of use.
        keep_questions_days: age at which they are deleted again.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, extra="ignore")

    ask_rate: float = Field(default=2, ge=0)
    ask_burst: int = Field(default=20, ge=1)
    ask_concurrency: int = Field(default=32, ge=1)
    keep_alive_seconds: float = Field(default=15, gt=0)

    upload_rate: float = Field(default=1, ge=0)
    upload_burst: int = Field(default=50, ge=1)
    max_upload_bytes: int = Field(default=20_000_000, ge=1)
    upload_queue: int = Field(default=100, ge=1)

    watch_documents: bool = False
    sync_minutes: float = Field(default=0, ge=0)

    store_questions: bool = False
    keep_questions_days: int = Field(default=30, ge=1)


@dataclass(frozen=True)
class AllSettings:
    """The settings of all parts, read together so that a mistake in any ends the start.

    Raises:
        pydantic.ValidationError: a variable has a value that it cannot have.
    """

    routes: RagSettings = field(default_factory=RagSettings)
    documents: Settings = field(default_factory=Settings)
    store: StoreSettings = field(default_factory=StoreSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
