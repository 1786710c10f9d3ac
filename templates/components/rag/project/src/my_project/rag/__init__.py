"""Answers questions from retrieved passages, with verified citations.

`Assistant` is the entry; what it yields is in `events`, what it reports goes to a `Recorder`.
"""

from my_project.rag.answerer import (
    Answerer,
    Ending,
    Overloaded,
    Task,
    Unavailable,
)
from my_project.rag.assistant import Answer, Assistant
from my_project.rag.events import (
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
from my_project.rag.opening import open_assistant
from my_project.rag.recorder import Recorder, Silent
from my_project.rag.settings import (
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
