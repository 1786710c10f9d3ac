"""Makes a follow-up question understandable by itself, by rules: deterministic, and at no cost.

Three things are carried over from the conversation (the kinds that Elgohary et al., 2019, found most
in CANARD): what a pronoun stands for, what a fragment leaves out, and the topic of a bare "why?".
The rules are English; a question that they do not recognise is searched as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docs_qa.rag.citations import without_marks
from docs_qa.rag.events import Turn
from docs_qa.rag.words import STOPWORDS, terms, words

_LONGEST = 12
_OPENING = (
    r"(?:and|but|or|so|ok|okay|also|then|now|well|thanks|please)[,\s]+"
    r"|(?:what|how) about\s+|what if it is\s+|same (?:question )?for\s+"
)
_ABOUT = re.compile(rf"(?:{_OPENING})+(?P<rest>.+?)[?.!\s]*", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:(?:for|in|at|on|to|from|of|by|with|until|since|under|during) )?"
    r"(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|"
    r"would|should|may|must|has|have|had|tell|give|list|show|explain|describe|name)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"(?:ok(?:ay)?|thanks?(?: you)?|thx|great|good|fine|nice|perfect|hello|hi|hey|bye|yes|no|"
    r"i see|got it|cool|please|very|much|so|a lot|[\s,.!])+",
    re.IGNORECASE,
)
_PREPOSITION = r"for|in|at|on|to|from|of|by|with|during|after|before|under|as"
_LAST_PHRASE = re.compile(
    rf"^(?P<head>.*\s)(?P<preposition>{_PREPOSITION})\s+(?P<object>[^?]+?)\s*\?*$", re.IGNORECASE
)
_LEADING = re.compile(rf"(?P<preposition>{_PREPOSITION})\s", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would|will) it (?:be )?\w+ (?:to|that|if|for)\b", re.IGNORECASE
)
_PERSON = re.compile(r"\b(?:he|she|him|his|hers?)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|their|his|her)\b(?=\s+[^\W\d_])", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|they|them|he|she|him|her|hers|theirs|one|ones)\b"
    r"|(?:(?<=does )|(?<=do )|(?<=did )|(?<=is )|(?<=are )|(?<=was )|(?<=were )|(?<=about )|(?<=of )"
    r"|(?<=for )|(?<=after )|(?<=before )|(?<=with )|(?<=than )|(?<=to )|(?<=can )|(?<=will ))"
    r"(?:this|that|these|those)\b(?=\s*[?.,]|\s*$|\s+(?:is|are|was|were|do|does|did|cost|mean|work|"
    r"happen|take|apply|last|include|need|require|possible|allowed|free|true)\b)",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:this|that|these|those|the same|such|there|the other|another one|both)\b", re.IGNORECASE
)
_NAME = re.compile(
    r"(?<!^)(?<![.?!] )\b(?!I\b)[A-Z\u00c0-\u00de][\w'\u2019-]*(?:\s+(?:of|the|de|von|van|and)?\s*"
    r"[A-Z\u00c0-\u00de0-9][\w'\u2019-]*)*"
)
_KIND = re.compile(
    r"(?: (?!(?:is|are|was|were|has|have|do|does|did|can)\b)[a-z]{3,}){1,2}(?=[?.,]|$)"
)
_QUOTED = re.compile(r"[\"\u201c]([^\"\u201d]{2,80})[\"\u201d]")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question with what it takes from the conversation; unchanged if it takes nothing.

    Args:
        question: the last question.
        history: earlier turns, oldest first.
    """
    topic = answer = ""
    for turn in history:
        if turn.role == "user":
            topic = _resolve(turn.content, topic, answer)
            answer = ""
        else:
            answer = without_marks(turn.content)
    return _resolve(question, topic, answer)


def _resolve(question: str, previous: str, answer: str) -> str:
    question = " ".join(question.split())
    if not previous or not question:
        return question
    if _COURTESY.fullmatch(question):
        return question
    fragment = _fragment(question)
    if fragment is not None and _QUESTION.match(previous):
        return _exchange(previous, fragment)
    person = bool(_PERSON.search(question))
    if not _EXPLETIVE.search(question):
        topic = _focus(previous, answer, person=person)
        named = _POSSESSIVE.sub(lambda _: _genitive(topic), question)
        named = _PRONOUN.sub(lambda _: topic, named, count=1)
        if topic and named != question:
            return named
    if _POINTING.search(question) or not terms(question) - terms(previous):
        return _beside(question, previous, answer)
    return question


def _fragment(question: str) -> str | None:
    """What a question consists of that only makes sense in the place of something in the last one."""
    match = _ABOUT.fullmatch(question)
    rest = match["rest"] if match else question.rstrip("?.! ")
    if _QUESTION.match(rest) or _PRONOUN.fullmatch(rest):
        return None
    short = len(words(rest)) <= (_LONGEST if match else 4)
    return rest if short and terms(rest) else None


def _exchange(previous: str, fragment: str) -> str:
    """Put a fragment into the place of its counterpart in the previous question."""
    body = previous.rstrip("?.! ")
    leading = _LEADING.match(fragment)
    if leading:
        before = re.search(rf"^(.*\s){leading['preposition']}\s[^?]+$", body, re.IGNORECASE)
        return f"{before[1] if before else body + ' '}{fragment}?"
    if phrase := _LAST_PHRASE.match(body):
        return f"{phrase['head']}{phrase['preposition']} {fragment}?"
    names = list(_NAME.finditer(body))
    if names and fragment[:1].isupper():
        last = names[-1]
        return f"{body[: last.start()]}{fragment}{body[last.end() :]}?"
    return f"{body}: {fragment}?"


def _focus(previous: str, answer: str, *, person: bool) -> str:
    """What the conversation is about: a quoted title, names, or the rest of the last question."""
    if person:
        known = terms(previous)
        found = [name for name in _names(f". {answer}") if not terms(name) <= known]
        asked_who = bool(re.match(r"who\b", previous, re.IGNORECASE))
        candidates = [*found, *_names(previous)] if asked_who else [*_names(previous), *found]
        return candidates[0] if candidates else ""
    if quoted := _QUOTED.search(previous):
        return quoted[0]
    names = list(_NAME.finditer(previous))
    if not names:
        return _phrase(previous)
    start, end = names[0].start(), names[-1].end()
    # "the Westside branch" is a name with its kind; "did Mozart compose" is not.
    if previous[:start].casefold().endswith("the ") and (kind := _KIND.match(previous, end)):
        end = kind.end()
    return previous[start:end]


def _names(text: str) -> list[str]:
    return [match[0] for match in _NAME.finditer(text)]


def _phrase(question: str) -> str:
    """The question without its frame: "How long is the loan of books?" -> "the loan of books"."""
    tokens = question.rstrip("?.! ").split()
    start = 0
    while start < len(tokens) and (
        tokens[start].casefold() in STOPWORDS or tokens[start].casefold() in _FRAME
    ):
        start += 1
    if start and tokens[start - 1].casefold() in {"the", "a", "an", "my", "our", "your"}:
        start -= 1
    return " ".join(tokens[start : start + _LONGEST])


_FRAME = frozenset("long much many often far old big get give tell show list name explain".split())  # noqa: SIM905


def _genitive(topic: str) -> str:
    if not topic or topic.endswith(("'s", "\u2019s")):
        return topic
    return f"{topic}'" if topic.endswith("s") else f"{topic}'s"


def _beside(question: str, previous: str, answer: str) -> str:
    """Name the topic beside a question that points to it without a word for it."""
    topic = _focus(previous, answer, person=False)
    new = terms(topic) - terms(question)
    return f"{question.rstrip('?.! ')} ({topic})?" if new else question
