"""The corpus of the small base model: general skills on generated text about everyday things.

Each example is a conversation. None knows the house's calls, codes or phrasings: what the base
model learns is to copy names and numbers that it has never seen, to find the value of a field in a
text, to read amounts, and to write JSON of the fields that it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from . import words

Messages = list[dict[str, str]]
Example = tuple[str, Messages]
#: A value, and how it stands in a text.
Said = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what it may be called, how it is said without its name, and what makes a value."""

    names: tuple[str, ...]
    frames: tuple[str, ...]
    make: Callable[[Random], Said]


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of one example: its name, its value, and the part of the text that says it."""

    name: str
    value: Any
    text: str


def _same(make: Callable[[Random], str]) -> Callable[[Random], Said]:
    def both(random: Random) -> Said:
        value = make(random)
        return value, value

    return both


def _number(random: Random) -> Said:
    said = words.digits(random)
    return int(said), said


def _one_of(choices: tuple[str, ...]) -> Callable[[Random], Said]:
    return _same(lambda random: random.choice(choices))


FIELDS = (
    Field(
        ("name", "customer", "owner", "contact"),
        ("for {}", "this is {}", "{} speaking", "ask {}", "{} calling", "my name is {}"),
        _same(words.name),
    ),
    Field(
        ("order", "number", "ref", "ticket"),
        ("the number is {}", "under {}", "see {}", "quoting {}", "with reference {}"),
        _number,
    ),
    Field(
        ("code", "part", "model"),
        ("the code is {}", "part {}", "it says {}", "marked {}"),
        _same(words.code),
    ),
    Field(
        ("count", "amount", "quantity"),
        ("{} of them", "send {} pieces", "{} in all", "there are {} left", "take {} boxes"),
        words.amount,
    ),
    Field(
        ("day", "date", "due"),
        ("on {}", "by {}", "before {}", "no later than {}", "{} please"),
        _one_of(words.DAYS),
    ),
    Field(
        ("place", "city", "site"),
        ("at the {}", "near the {}", "bring it to the {}", "from the {}", "deliver to the {}"),
        _one_of(words.PLACES),
    ),
    Field(
        ("item", "thing", "product"),
        ("a {}", "the {}", "we found the {}", "they sent a {}", "i want to return the {}"),
        _one_of(words.THINGS),
    ),
)
_NAMED = ("{name} {said}", "the {name} is {said}", "{name}: {said}", "{said} is the {name}")
#: Said, and asked for by nobody.
_ASIDES = (
    "it is urgent",
    "it came broken",
    "it is late",
    "that was the wrong one",
    "we have a spare",
    "please cancel it",
    "we need more of them",
    "can you move it",
    "stop it",
    "do not send it",
    "take it back",
    "it should go now",
)
#: What a list of things with their numbers, a thing and a number are called; how a list is said.
_COUNTED = (("items", "things", "list"), ("item", "thing", "name"), ("count", "number", "amount"))
_COUNTING = ("{}", "send {}", "we need {}", "bring {}", "there are {}", "i want to return {}")
_OPENINGS = ("hello, ", "hi, ", "good morning, ", "please note: ")
_CLOSINGS = (", thanks", ". thank you", ", many thanks", ". cheers")
_JOINTS = (", ", ". ", " and ", "; ")


def write(value: Any) -> str:
    """JSON as the models write it: no spaces, keys in their order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _facts(random: Random, most: int, named: float) -> list[Fact]:
    """Up to `most` facts of different fields; `named`: how often a text says the field's name."""
    found: dict[str, Fact] = {}
    for field in random.sample(FIELDS, random.randint(1, most)):
        value, said = field.make(random)
        invented = words.likely(random, named / 3)  # then only the text can say what belongs to it
        name = words.letters(random) if invented else random.choice(field.names)
        frame = random.choice(_NAMED if invented or words.likely(random, named) else field.frames)
        text = frame.format(said, name=name, said=said)
        found[name] = Fact(name, value, text)
    return list(found.values())


def _text(random: Random, facts: list[Fact]) -> str:
    """The facts in any order, with what people say around them."""
    parts = [fact.text for fact in facts]
    if words.likely(random, 0.3):
        parts.append(random.choice(_ASIDES))
    random.shuffle(parts)
    text = parts[0] + "".join(random.choice(_JOINTS) + part for part in parts[1:])
    opening = random.choice(_OPENINGS) if words.likely(random, 0.2) else ""
    closing = random.choice(_CLOSINGS) if words.likely(random, 0.2) else ""
    return opening + text + closing


def _conversation(*turns: tuple[str, str]) -> Messages:
    return [{"role": role, "content": content} for role, content in turns]


def record(random: Random, most: int = 5, named: float = 0.3) -> Example:
    """Text about several facts, and JSON with the fields that the system message names."""
    facts = _facts(random, most, named)
    asked = random.sample(facts, len(facts))
    if len(asked) > 2 and words.likely(random, 0.3):  # noqa: PLR2004 (one or two are all asked for)
        asked.pop()
    return "record", _conversation(
        ("system", "json: " + ", ".join(fact.name for fact in asked)),
        ("user", _text(random, facts)),
        ("assistant", write({fact.name: fact.value for fact in asked})),
    )


def question(random: Random, most: int = 5, named: float = 0.3) -> Example:
    """Text about several facts and questions about each, answered by a word or a number."""
    facts = _facts(random, most, named)
    turns = [("system", "answer from this: " + _text(random, facts))]
    for fact in random.sample(facts, len(facts)):
        turns += [("user", fact.name), ("assistant", str(fact.value))]
    return "question", _conversation(*turns)


def _list(random: Random, most: int) -> list[str]:
    makers: tuple[Callable[[Random], str], ...] = (
        words.name,
        words.digits,
        words.code,
        words.letters,
        lambda random: random.choice(words.COMMON + words.DAYS),
    )
    count = random.randint(1, most)
    return [make(random) for make in random.choices(makers, (4, 4, 2, 1, 3), k=count)]


def copying(random: Random) -> Example:
    """A list, and the same list again: every token of the answer is copied."""
    text = ", ".join(_list(random, 9))
    return "copying", _conversation(("system", "repeat"), ("user", text), ("assistant", text))


def listing(random: Random) -> Example:
    """A list and the same list as JSON."""
    items = _list(random, 7)
    return "listing", _conversation(
        ("system", "list"), ("user", ", ".join(items)), ("assistant", write(items))
    )


def counting(random: Random) -> Example:
    """Numbers of things, and the same as JSON."""
    key, name, count = (random.choice(names) for names in _COUNTED)
    said, found = [], []
    for thing in random.sample(words.THINGS, random.choice((1, 1, 2, 2, 3))):
        number, spoken = words.amount(random)
        said.append(f"{spoken} {thing if number == 1 else words.plural(thing)}")
        found.append({name: thing, count: number})
    text = said[0] if len(said) == 1 else ", ".join(said[:-1]) + " and " + said[-1]
    return "counting", _conversation(
        ("system", f"json: {key} of {name} {count}"),
        ("user", random.choice(_COUNTING).format(text)),
        ("assistant", write({key: found})),
    )


def _easy_question(random: Random) -> Example:
    return question(random, most=4, named=1.0)


def _easy_record(random: Random) -> Example:
    return record(random, most=3, named=1.0)


#: Kinds of examples and how often each is drawn.
Mixture = dict[Callable[[Random], Example], float]
#: First: copying, and finding what a field's own name stands beside, which is the same skill.
EARLY: Mixture = {copying: 0.6, _easy_question: 0.3, _easy_record: 0.1}
LATER: Mixture = {record: 0.5, question: 0.15, counting: 0.15, copying: 0.1, listing: 0.1}


def stream(seed: int, mixture: Mixture) -> Iterator[Example]:
    """Endless examples of a mixture; the same seed gives the same ones."""
    random = Random(seed)  # noqa: S311 (no secret)
    kinds, weights = list(mixture), list(mixture.values())
    while True:
        yield random.choices(kinds, weights)[0](random)
