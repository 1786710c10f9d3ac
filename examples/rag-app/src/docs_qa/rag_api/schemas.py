"""Requests and answers of the routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from docs_qa.rag.events import Mode

# Something to look for: not only spaces. The separators 1c to 1f are spaces to Python, not to Rust.
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"[^\s\x1c-\x1f]")]
Value = Annotated[str, StringConstraints(max_length=500)]
Values = Annotated[list[Value], Field(max_length=50)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]


def _whole(value: object) -> object:
    """JSON has one sort of number: 10.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, Field(ge=1, le=20), BeforeValidator(_whole)]


class _Request(BaseModel):
    # JSON types are not converted: 0 is no boolean, and true is no number.
    model_config = ConfigDict(strict=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SearchRequest(_Request):
    """What to look for. Values of one filter are alternatives; all filters must match."""

    question: Text = Field(examples=["What does a late return cost?"])
    k: Count | None = Field(default=None, description="Passages; null: as configured")
    filters: dict[Key, Values] = Field(
        default_factory=dict,
        max_length=10,
        description="By document, kind, section, title, source or a name in the metadata",
        json_schema_extra={"additionalProperties": False},
    )


class Message(_Request):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=10_000)]


class AskRequest(SearchRequest):
    """A question, with what was said before, oldest message first."""

    history: list[Message] = Field(default_factory=list, max_length=20)
    stream: bool = Field(default=True, description="Events as they happen, or one document")


class Source(_Answer):
    """A passage that the answer may cite as `[number]`. All texts are plain text."""

    number: int
    passage: str
    document: str
    title: str
    section: str
    page: int | None
    kind: str
    score: float
    text: str
    suspicious: bool = Field(description="Seems to address a language model; treat with care")


class Usage(_Answer):
    """Tokens of all model calls; the cost is null where a price is unknown."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class Claim(_Answer):
    """One sentence of the answer, and the sources that bear it out."""

    start: int
    end: int
    citations: list[int]
    supported: bool


class Answered(_Answer):
    """The end of an answer. Shown text should be replaced by `answer`: citations were checked."""

    mode: Mode
    model: str
    answer: str
    citations: list[int]
    claims: list[Claim]
    abstained: bool
    reason: str = Field(description="Why the answer is not what it should be; empty if it is")
    usage: Usage
    seconds: dict[str, float]
    cached: bool


class AnswerResponse(Answered):
    """A whole answer."""

    request_id: str
    question: str = Field(description="As it was searched")
    rewritten: bool
    sources: list[Source]


class Found(BaseModel):
    """A passage that fits, with the scores that made its rank."""

    passage: str
    document: str
    title: str
    section: str
    page: int | None
    kind: str
    score: float
    scores: dict[str, float]
    text: str


class SearchResponse(BaseModel):
    """Passages, best first, and how long the stages took."""

    hits: list[Found]
    seconds: dict[str, float]


class Passage(BaseModel):
    """A passage in its document, with the text around it."""

    passage: str
    document: str
    title: str
    section: str
    page: int | None
    kind: str
    text: str
    before: str
    after: str
    metadata: dict[str, str]


class UrlRequest(_Request):
    """A page or file on the web to add."""

    url: Annotated[str, StringConstraints(min_length=8, max_length=2000)] = Field(
        examples=["https://example.org/handbook.html"]
    )


class DocumentInfo(BaseModel):
    """A document of the library."""

    id: str
    title: str
    kind: str
    pages: int | None
    chunks: int
    bytes: int
    source: Literal["folder", "upload", "url"]
    revision: str | None = Field(description="Of which answers come from; null if there is none")
    indexed: datetime | None
    status: Literal["indexed", "failed"] = Field(
        description="failed: could not be read the last time; an earlier revision still answers"
    )
    problem: str


class DocumentList(BaseModel):
    """All documents of the library."""

    documents: list[DocumentInfo]


class JobInfo(_Answer):
    """A change of the documents. `done` of `total` documents are dealt with."""

    job: str
    action: Literal["put", "url", "sync"]
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int
    problem: str = Field(description="Why it failed, or which documents could not be read")


class FeedbackRequest(_Request):
    """What somebody thinks of an answer; a later rating of the same answer replaces the first."""

    request_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")] = Field(
        description="`request_id` of the answer"
    )
    rating: Literal["up", "down"]
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""


class FeedbackResponse(BaseModel):
    """The rating is kept."""

    request_id: str
    rating: Literal["up", "down"]
