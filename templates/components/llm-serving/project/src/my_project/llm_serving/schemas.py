"""What is asked and answered, as OpenAI's chat completions API has it.

Fields that are not here are ignored, as other servers of this protocol do; those that would change
the completion in a way that this server cannot are refused by `unsupported`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TEXT = 200_000
MOST_MESSAGES = 200
MOST_STOPS = 4

StopText = Annotated[str, Field(min_length=1, max_length=100)]


class TextPart(BaseModel):
    """A part of a message."""

    type: Literal["text"]
    text: str = Field(max_length=LONGEST_TEXT)


class ChatMessage(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: (
        Annotated[str, Field(max_length=LONGEST_TEXT)]
        | Annotated[list[TextPart], Field(min_length=1, max_length=MOST_MESSAGES)]
    )

    def plain(self) -> dict[str, str]:
        """The message as chat templates take it."""
        role = "system" if self.role == "developer" else self.role
        if isinstance(self.content, str):
            return {"role": role, "content": self.content}
        return {"role": role, "content": "".join(part.text for part in self.content)}


class StreamOptions(BaseModel):
    """What a stream has besides the text."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A conversation to be continued."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: StopText | Annotated[list[StopText], Field(max_length=MOST_STOPS)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(default=None, max_length=200)
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    logit_bias: dict[str, float] | None = None
    tools: list[Any] | None = None
    response_format: dict[str, Any] | None = None

    def stops(self) -> tuple[str, ...]:
        """The stop sequences."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    def unsupported(self) -> str | None:
        """The first parameter that cannot be honoured; None if there is none."""
        if self.n not in {None, 1}:
            return "n"
        if self.response_format and self.response_format.get("type") != "text":
            return "response_format"
        asked = ("presence_penalty", "frequency_penalty", "logprobs", "logit_bias", "tools")
        return next((name for name in asked if getattr(self, name)), None)


class Usage(BaseModel):
    """How many tokens were read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    """The message that continues the conversation."""

    role: Literal["assistant"] = "assistant"
    content: str


class ChatChoice(BaseModel):
    """The one answer."""

    index: int = 0
    message: AnswerMessage
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class ChatCompletion(BaseModel):
    """The answer in one piece; `model` is the one that answered."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage


class ServedModel(BaseModel):
    """A name that requests can have under `model`."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "my-project"
    root: str = Field(description="What answers under this name: the base or a version")


class ServedModels(BaseModel):
    """All names."""

    object: Literal["list"] = "list"
    data: list[ServedModel]
