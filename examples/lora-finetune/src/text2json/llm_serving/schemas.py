"""What is asked and answered, as OpenAI's chat completions API has it.

Fields that are not here are ignored, as other servers of this protocol do; those that would change
the completion in a way that this server cannot are refused by `unsupported`, and described as what
is not refused. Texts have no limit of their own: the body has one, and the model's context.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

MOST_MESSAGES = 200
MOST_STOPS = 4

#: Parameters that this server cannot follow, and the one value with which they ask for nothing.
WITHOUT_EFFECT: dict[str, Any] = {
    "n": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logprobs": False,
    "logit_bias": {},
    "tools": [],
    "response_format": {"type": "text"},
}


def _whole(value: object) -> object:
    """JSON has one type of number: 16.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63), BeforeValidator(_whole)]
StopText = Annotated[str, Field(min_length=1, max_length=100)]


def _only(name: str) -> WithJsonSchema:
    """Describes a parameter of `WITHOUT_EFFECT` as what is not refused."""
    text = "For compatibility; it has no effect on this server"
    return WithJsonSchema({"enum": [WITHOUT_EFFECT[name], None], "description": text})


class Asked(BaseModel):
    """A part of a request: JSON types are not converted."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TextPart(Asked):
    """A part of a message."""

    type: Literal["text"]
    text: str


class ChatMessage(Asked):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[TextPart], Field(min_length=1, max_length=MOST_MESSAGES)]

    def plain(self) -> dict[str, str]:
        """The message as chat templates take it."""
        role = "system" if self.role == "developer" else self.role
        if isinstance(self.content, str):
            return {"role": role, "content": self.content}
        return {"role": role, "content": "".join(part.text for part in self.content)}


class StreamOptions(Asked):
    """What a stream has besides the text."""

    include_usage: bool | None = None


class ChatRequest(Asked):
    """A conversation to be continued."""

    model: str = Field(min_length=1, max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: Seed | None = None
    stop: StopText | Annotated[list[StopText], Field(max_length=MOST_STOPS)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(default=None, max_length=200)
    n: Annotated[Count | None, _only("n")] = None
    presence_penalty: Annotated[float | None, _only("presence_penalty")] = None
    frequency_penalty: Annotated[float | None, _only("frequency_penalty")] = None
    logprobs: Annotated[bool | None, _only("logprobs")] = None
    logit_bias: Annotated[dict[str, float] | None, _only("logit_bias")] = None
    tools: Annotated[list[Any] | None, _only("tools")] = None
    response_format: Annotated[dict[str, Any] | None, _only("response_format")] = None

    def stops(self) -> tuple[str, ...]:
        """The stop sequences."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    def unsupported(self) -> str | None:
        """The first parameter that cannot be honoured; None if there is none."""
        return next(
            (
                name
                for name, value in WITHOUT_EFFECT.items()
                if getattr(self, name) not in (None, value)
            ),
            None,
        )


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
    owned_by: str = "text2json"
    root: str = Field(description="What answers under this name: the base or a version")


class ServedModels(BaseModel):
    """All names."""

    object: Literal["list"] = "list"
    data: list[ServedModel]
