"""Answers questions from retrieved passages, with verified citations.

`Assistant` is the entry; what it yields is in `events`, what it reports goes to a `Recorder`.
"""

from docs_qa.rag.answerer import (
    Answerer,
    Ending,
    Overloaded,
    Task,
    Unavailable,
)
from docs_qa.rag.assistant import Answer, Assistant
from docs_qa.rag.events import (
    Claim,
    Done,
    Event,
    Failed,
    Meta,
    Reason,
    Source,
    Sources,
    Token,
    Turn,
    Usage,
)
from docs_qa.rag.opening import open_assistant
from docs_qa.rag.recorder import Recorder, Silent
from docs_qa.rag.settings import (
    AnswersConfig,
    ChatSettings,
)

__all__ = [
    "Answer",
    "Answerer",
    "AnswersConfig",
    "Assistant",
    "ChatSettings",
    "Claim",
    "Done",
    "Ending",
    "Event",
    "Failed",
    "Meta",
    "Overloaded",
    "Reason",
    "Recorder",
    "Silent",
    "Source",
    "Sources",
    "Task",
    "Token",
    "Turn",
    "Unavailable",
    "Usage",
    "open_assistant",
]
