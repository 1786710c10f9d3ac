"""Writes one message to the desk and the call that it means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from text2json.pretraining import words

from . import house
from .house import Composition

#: What every row starts with: the fields of the schema, and nothing of the house's codes.
SYSTEM = "json: call, name, order, items of code count, from, to, day, urgent, reason"
#: The order of the keys in an answer.
KEYS = ("call", "name", "order", "items", "from", "to", "day", "urgent", "reason")


def write(call: dict[str, Any]) -> str:
    """A call as the model answers it: JSON without spaces, keys in the order of the schema."""
    ordered = {key: call[key] for key in KEYS if key in call}
    return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False)


def _items(random: Random, count: int) -> tuple[str, list[dict[str, Any]]]:
    said, found = [], []
    for thing in random.sample(sorted(house.CODES), count):
        quantity, spoken = words.amount(random)
        said.append(f"{spoken} {thing if quantity == 1 else words.plural(thing)}")
        found.append({"code": house.CODES[thing], "count": quantity})
    text = said[0] if count == 1 else ", ".join(said[:-1]) + " and " + said[-1]
    return text, found


def _part(random: Random, name: str) -> tuple[str, Any]:
    """How an optional part is said, and its value."""
    if name == "name":
        value = words.name(random)
        return random.choice(house.NAMED).format(value), value
    if name == "day":
        day = random.choice(sorted(house.DAYS))
        return random.choice(house.DATED).format(day), house.DAYS[day]
    if name == "urgent":
        return random.choice(house.URGENT), 1
    reason = random.choice(sorted(house.REASONS))
    return random.choice(house.REASONS[reason]), reason


def message(random: Random, composition: Composition, family: int) -> tuple[str, dict[str, Any]]:
    """A message of a composition in the words of a family, and the call it means."""
    call: dict[str, Any] = {"call": composition.call}
    slots: dict[str, str] = {}
    if composition.items:
        slots["items"], call["items"] = _items(random, composition.items)
    start, end = random.sample(sorted(house.DEPOTS), 2)
    if composition.call == "move":
        slots["from"], call["from"] = start, house.DEPOTS[start]
    if composition.call in {"move", "ship"}:
        slots["to"], call["to"] = end, house.DEPOTS[end]
    if composition.call in {"return", "cancel"}:
        slots["order"] = str(random.randint(1000, 999999))
        call["order"] = int(slots["order"])
    said = [house.CORES[composition.call][family].format(**slots)]
    for name in composition.parts:
        text, call[name] = _part(random, name)
        said.insert(random.choice((0, len(said))), text)
    return _joined(random, said), call


def _joined(random: Random, said: Sequence[str]) -> str:
    text = said[0]
    for part in said[1:]:
        text += random.choice((", ", ". ", ", ", "; ")) + part
    return random.choice(house.OPENINGS) + text + random.choice(house.CLOSINGS)
