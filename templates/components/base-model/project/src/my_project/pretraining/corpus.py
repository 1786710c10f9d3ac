"""The corpus of the small base model: general skills on text about everyday things, all generated.

Each example is a conversation. None knows the house's calls, codes or field names: what the base
model learns is to copy names and numbers, to read amounts, and to write JSON of the fields that it
is asked for. Fine-tuning teaches the task itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from . import words

Messages = list[dict[str, str]]
Example = tuple[str, Messages]

#: A field: its names in a schema, how it stands in a sentence, and what makes a value.
Field = tuple[tuple[str, ...], tuple[str, ...], Callable[[Random], tuple[Any, str]]]


def _same(make: Callable[[Random], str]) -> Callable[[Random], tuple[Any, str]]:
    def both(random: Random) -> tuple[Any, str]:
        value = make(random)
        return value, value

    return both


def _number(random: Random) -> tuple[Any, str]:
    said = words.digits(random)
    return int(said), said


def _one_of(choices: list[str]) -> Callable[[Random], tuple[Any, str]]:
    return _same(lambda random: random.choice(choices))


def _truth(random: Random) -> tuple[Any, str]:
    value = words.likely(random, 0.5)
    return value, random.choice(("it is", "yes it is") if value else ("it is not", "no it is not"))


FIELDS: tuple[Field, ...] = (
    (
        ("name", "person", "who", "customer", "owner", "contact"),
        (
            "for {}",
            "my name is {}",
            "{} asks for this",
            "this is about {}",
            "it belongs to {}",
            "{} is here",
            "written by {}",
            "{} speaking",
            "ask {}",
            "on behalf of {}",
            "{} calling",
        ),
        _same(words.name),
    ),
    (
        ("id", "number", "ref", "ticket", "code", "order"),
        (
            "the number is {}",
            "number {}",
            "see {}",
            "under {}",
            "filed as {}",
            "ticket {}",
            "with reference {}",
            "about order {}",
            "quoting {}",
        ),
        _number,
    ),
    (
        ("item", "thing", "object", "product"),
        (
            "a {}",
            "the {}",
            "one needs a {}",
            "there is a {}",
            "we found the {}",
            "please bring a {}",
            "they sent a {}",
            "i want to return the {}",
        ),
        _one_of(words.THINGS),
    ),
    (
        ("count", "amount", "quantity", "size"),
        (
            "{} of them",
            "we have {} pieces",
            "{} in all",
            "send {} units",
            "take {} boxes",
            "there are {} left",
            "how about {} parts",
        ),
        words.amount,
    ),
    (
        ("colour", "paint", "shade"),
        ("painted {}", "the colour is {}", "in {}", "it looks {}", "all of it {}"),
        _one_of(words.COLOURS),
    ),
    (
        ("place", "city", "where", "to", "site", "from"),
        (
            "at the {}",
            "near the {}",
            "bring it to the {}",
            "from the {}",
            "over at the {}",
            "deliver to the {}",
            "it should go to the {}",
            "out of the {}",
        ),
        _one_of(words.PLACES),
    ),
    (
        ("day", "date", "when", "due"),
        (
            "on {}",
            "by {}",
            "before {}",
            "it happens {}",
            "next {}",
            "no later than {}",
            "{} please",
        ),
        _one_of(words.DAYS),
    ),
    (
        ("month", "season"),
        ("in {}", "since {}", "every {}", "until {}"),
        _one_of(words.MONTHS),
    ),
    (
        ("job", "role", "work"),
        ("works as a {}", "the {} comes", "a {} by trade", "said the {}"),
        _one_of(words.JOBS),
    ),
    (
        ("state", "condition", "status", "reason"),
        (
            "it is {}",
            "it came {}",
            "now {}",
            "that was {}",
            "because it is {}",
            "which turned out {}",
        ),
        _one_of(words.STATES),
    ),
    (
        ("urgent", "paid", "ready", "safe"),
        ("is it urgent? {}", "is it paid? {}", "is it ready? {}", "is it safe? {}"),
        _truth,
    ),
)
_OPENINGS = (
    "",
    "",
    "",
    "hello, ",
    "please note: ",
    "good morning, ",
    "hi, ",
    "quick one: ",
    "hey there, ",
)
_CLOSINGS = ("", "", "", ", thanks", ". thank you", ", many thanks", ". best wishes", ". cheers")
_JOINTS = (", ", ". ", " and ", ", ", "; ")
_DISTRACTED = 3
_LISTS = ("items", "things", "parts", "lines", "goods")


def write(value: Any) -> str:
    """JSON as the models write it: no spaces, keys in their order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _things(random: Random, schema: tuple[str, str, str]) -> tuple[str, str, Any]:
    """A list of things with amounts: what the schema says, what the text says, the value."""
    key, thing, count = schema
    found = []
    said = []
    for item in random.sample(words.THINGS, random.choice((1, 1, 2, 2, 3))):
        number, spoken = words.amount(random)
        plural = "s" if number != 1 and words.likely(random, 0.7) else ""
        said.append(f"{spoken} {item}{plural}")
        found.append({thing: item, count: number})
    text = said[0] if len(said) == 1 else ", ".join(said[:-1]) + " and " + said[-1]
    frame = random.choice(
        ("{}", "send {}", "we need {}", "bring {}", "i have {}", "there are {}", "take back {}")
    )
    return f"{key} of {thing} {count}", frame.format(text), found


def record(random: Random) -> Example:
    """Text about several facts, and JSON with the fields that the system message names."""
    chosen = random.sample(FIELDS, random.randint(1, 4))
    parts: list[tuple[str, str, Any]] = []
    for names, frames, make in chosen:
        value, said = make(random)
        label = key = random.choice(names)
        if words.likely(random, 0.25):  # an invented field is told by what it stands for
            key = words.syllables(random, 2)
            label = f"{key} as {names[0]}"
        parts.append((label, random.choice(frames).format(said), (key, value)))
    if words.likely(random, 0.45):
        schema = (
            random.choice(_LISTS),
            random.choice(("item", "thing", "name")),
            random.choice(("count", "number", "n")),
        )
        label, said, found = _things(random, schema)
        parts.append((label, said, (schema[0], found)))
    text = random.sample(parts, len(parts))
    asked = random.sample(parts, len(parts))
    if len(asked) >= _DISTRACTED and words.likely(random, 0.3):
        asked.pop()  # said and not asked for
    sentence = text[0][1]
    for part in text[1:]:
        sentence += random.choice(_JOINTS) + part[1]
    user = random.choice(_OPENINGS) + sentence + random.choice(_CLOSINGS)
    answer: dict[str, Any] = {}
    for _, _, (key, value) in asked:
        answer.setdefault(key, value)
    labels = list(dict.fromkeys(label for label, _, _ in asked))
    return "record", [
        {"role": "system", "content": "json: " + ", ".join(labels)},
        {"role": "user", "content": user},
        {"role": "assistant", "content": write(answer)},
    ]


def question(random: Random) -> Example:
    """Text about several facts and one question about it; the answer is a word or a number."""
    chosen = random.sample(FIELDS[:-1], random.randint(2, 4))
    facts = [
        (random.choice(names), random.choice(frames), make(random))
        for names, frames, make in chosen
    ]
    text = random.choice(_JOINTS).join(frame.format(said) for _, frame, (_, said) in facts)
    name, _, (value, _) = random.choice(facts)
    return "question", [
        {"role": "system", "content": f"answer: {name}"},
        {"role": "user", "content": text},
        {"role": "assistant", "content": str(value)},
    ]


def _tokens(random: Random, low: int, high: int) -> list[str]:
    def token() -> str:
        kind = random.choices(("name", "digits", "word", "thing"), (35, 25, 10, 30))[0]
        if kind == "name":
            return words.name(random)
        if kind == "digits":
            return words.digits(random)
        if kind == "word":
            return words.syllables(random, 2)
        return random.choice(random.choice(list(words.LISTS.values())))

    return [token() for _ in range(random.randint(low, high))]


def copying(random: Random) -> Example:
    """A list, and the same list again: every token of the answer is copied."""
    text = ", ".join(_tokens(random, 1, 8))
    return "copying", [
        {"role": "system", "content": "repeat"},
        {"role": "user", "content": text},
        {"role": "assistant", "content": text},
    ]


def listing(random: Random) -> Example:
    """A list and the same list as JSON."""
    items = _tokens(random, 1, 6)
    return "listing", [
        {"role": "system", "content": "list"},
        {"role": "user", "content": ", ".join(items)},
        {"role": "assistant", "content": write(items)},
    ]


#: Kinds of examples and how often each is drawn, early (mostly copying) and later.
Mixture = dict[Callable[[Random], Example], float]
EARLY: Mixture = {copying: 0.9, record: 0.1}
LATER: Mixture = {record: 0.7, question: 0.1, listing: 0.1, copying: 0.1}


def stream(seed: int, mixture: Mixture) -> Iterator[Example]:
    """Endless examples of a mixture; the same seed gives the same ones."""
    random = Random(seed)  # noqa: S311 (no secret)
    kinds, weights = list(mixture), list(mixture.values())
    while True:
        yield random.choices(kinds, weights)[0](random)
