"""Text from documents is data: made visible, looked at for instructions, and fenced off.

The fence is the defence ("spotlighting", Hines et al. 2024, arXiv:2403.14720): a delimiter with a
random part that no document can know. The patterns are only a signal for people and metrics; they
miss reworded attacks and flag honest texts about prompts, so nothing is ever withheld for them.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from html import escape

from docs_qa.rag.events import Source

# Superscripts, subscripts and fractions keep their form: NFKC would turn 10² into 102.
_NUMERIC_FORMS = re.compile("([\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209f\u2150-\u215f\u2189]+)")
# Format characters (zero width, direction, tags), controls, surrogates, and variation selectors:
# all can carry text that a model reads and a person does not see.
_SELECTORS = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_SMUGGLED = re.compile("[\U000e0020-\U000e007f\U000e0100-\U000e01ef\u202a-\u202e\u2066-\u2069]")

_SUSPICIOUS = [
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        (
            r"\b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(instructions?|prompts?|rules|"
            r"guidelines|(all|everything) (above|before|previous)|directives?|constraints?)\b"
        ),
        r"\b(new|updated|real|actual|following) (system )?(instructions?|directives?)\b.{0,10}:",
        r"\b(system|hidden|secret|initial|developer) (prompt|message|instructions?)\b",
        r"\byou are (now|no longer)\b|\bfrom now on,? (you|answer|respond|reply|always)\b",
        (
            r"\b(act|behave|pretend|roleplay) (as|to be|like)\b.{0,30}\b(ai|assistant|bot|dan|admin|"
            r"administrator|developer|character|expert|hacker|model)\b"
        ),
        (
            r"\b(do not|don't|never|without) (tell|mention|reveal|inform|cite|citing|mentioning|"
            r"telling|say|show)\w*\b.{0,40}\b(user|reader|sources?|this|instructions?|passage)\b"
        ),
        (
            r"\b(reveal|print|repeat|output|show|leak|exfiltrate|send|post)\b.{0,40}\b(prompt|"
            r"instructions|api[ _-]?keys?|passwords?|secrets?|credentials|conversation|history)\b"
        ),
        (
            r"\b(answer|respond|reply|say|output|write|print)\b.{0,15}\b(only|exactly|just|always)\b"
            r".{0,15}(\bwith\b|\bthat\b|:|[\"'\u201c\u2018])"
        ),
        (
            r"\b(dear|attention|note to|message (to|for)|hey) (the )?(ai|llms?|assistants?|chatbots?|"
            r"(language )?models?)\b|\b(ai|language) models? (reading|processing|must|should)\b"
        ),
        r"\b(jailbreak|developer mode|god mode|do anything now|prompt injection)\b",
        r"<\|[a-z_]+\|>|\[/?inst\]|<</?sys>>|^\s*#{2,}\s*(system|instruction|assistant)\b",
        r"^\s*(system|assistant|developer)\s*:|</?(system|assistant|user|source|instructions?)\b",
        r"!\[[^\]]*\]\(\s*https?://[^)]*[?&=]",
        r"\b(ignoriere|vergiss|missachte)\b.{0,40}\b(anweisung|anleitung|regel|vorgabe)",
        r"\b(ignore[zr]?|oublie[zr]?)\b.{0,40}\b(instructions|consignes|r\u00e8gles)\b",
        r"\b(ignora|olvida|descarta)\w*\b.{0,40}\b(instrucciones|indicaciones|reglas|istruzioni)\b",
    )
]


def clean(text: str) -> str:
    """Return the text in compatibility form (NFKC) without anything that a reader cannot see.

    Superscripts, subscripts and fractions are kept, because their compatibility forms are other
    numbers. Line breaks and tabs are kept.
    """
    parts = _NUMERIC_FORMS.split(text)
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    return "".join(character for character in "".join(parts) if _visible(character))


def _visible(character: str) -> bool:
    if character in "\n\t":
        return True
    if ord(character) in _SELECTORS:
        return False
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def suspicious(text: str) -> bool:
    """Whether the text seems to address a language model, or hides characters in it."""
    if _SMUGGLED.search(text):
        return True
    folded = " ".join(clean(line) for line in text.split(" "))
    return any(pattern.search(folded) for pattern in _SUSPICIOUS)


def fence(sources: Iterable[Source], nonce: str = "") -> tuple[str, str]:
    """Return the passages between delimiters, and the name of the delimiting tag.

    Args:
        sources: passages; titles and section names come from documents too, so they are escaped.
        nonce: random part of the tag; drawn anew when empty, given only in tests.
    """
    tag = f"source-{nonce or secrets.token_hex(8)}"
    blocks = []
    for source in sources:
        place = f' section="{_attribute(source.section)}"' if source.section else ""
        page = f' page="{source.page}"' if source.page is not None else ""
        head = f'<{tag} number="{source.number}" title="{_attribute(source.title)}"{place}{page}>'
        blocks.append(f"{head}\n{source.text.replace(tag, 'source')}\n</{tag}>")
    return "\n".join(blocks), tag


def _attribute(text: str) -> str:
    return escape(" ".join(clean(text).split())[:200])
