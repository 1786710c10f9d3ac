"""The task by default: what people write to a warehouse desk becomes one call in the house's schema.

Everything is generated, so there are as many rows as one wants and each has exactly one right
answer. The messages come from phrasings (families), the calls from compositions (which call, how
many items, which optional parts) and values (names, numbers, amounts, things).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Things and the codes that the house has for them; nothing in a message says a code.
CODES = {
    "hammer": "HA3", "drill": "DR7", "ladder": "LA1", "rope": "RO5", "bucket": "BU2", "shovel": "SH9",
    "saw": "SA4", "torch": "TO6", "hose": "HO8", "clamp": "CL2", "wrench": "WR5", "pliers": "PL3",
    "helmet": "HE1", "glove": "GL7", "broom": "BR6", "lock": "LO4", "chain": "CH8", "crate": "CR9",
    "tarp": "TA2", "pump": "PU5", "rake": "RA7", "spade": "SP1", "tape": "TP6", "lantern": "LN3",
}  # fmt: skip
DEPOTS = {
    "harbour": "D1",
    "airport": "D2",
    "market": "D3",
    "mill": "D4",
    "valley": "D5",
    "castle": "D6",
}
DAYS = {
    "Monday": 1, "Tuesday": 2, "Wednesday": 3, "Thursday": 4, "Friday": 5, "Saturday": 6, "Sunday": 7,
}  # fmt: skip
REASONS = {
    "DMG": (
        "it came broken",
        "it is cracked",
        "it turned out damaged",
        "it is bent",
        "it was torn",
    ),
    "LATE": ("it came too late", "it was late", "it is late"),
    "WRONG": ("it is the wrong one", "that was wrong", "we got the wrong thing"),
    "KEEP": ("it is unwanted", "we have a spare", "now it is spare", "that was unwanted"),
}
URGENT = ("it is urgent", "urgent please", "this is urgent", "urgent", "it is really urgent")
NAMED = (
    "for {}",
    "this is {}",
    "{} here",
    "on behalf of {}",
    "{} calling",
    "my name is {}",
    "it is for {}",
)
DATED = ("by {}", "on {}", "before {}", "no later than {}", "{} please", "it is due {}")
OPENINGS = ("", "", "hello, ", "hi, ", "good morning, ", "hey there, ", "quick one: ")
CLOSINGS = ("", "", ", thanks", ". thank you", ", many thanks", ". cheers")

#: The core of a message, by call; the place in the tuple is the family.
CORES: dict[str, tuple[str, ...]] = {
    "ship": (
        "please send {items} to the {to}",
        "we need {items} at the {to}",
        "bring {items} to the {to}",
        "the {to} needs {items}",
        "deliver {items} to the {to}",
        "take {items} over to the {to}",
        "{items} should go to the {to}",
        "there are no more {items} at the {to}, send them",
        "send the {to} {items}",
        "could you get {items} over to the {to}",
    ),
    "return": (
        "i want to return {items} from order {order}",
        "please take back {items}, order {order}",
        "{items} of order {order} should go back",
        "order {order}: we return {items}",
        "about order {order}, take back {items}",
        "quoting {order}, please take back {items}",
        "back to you: {items} with reference {order}",
        "can i return {items}, the number is {order}",
        "we have {items} under {order} and return them",
        "under number {order} we give back {items}",
    ),
    "move": (
        "move {items} from the {from} to the {to}",
        "take {items} out of the {from} and bring them to the {to}",
        "bring {items} from the {from} to the {to}",
        "{items} should go from the {from} to the {to}",
        "from the {from} to the {to}: {items}",
        "the {to} needs {items} from the {from}",
        "move to the {to} {items} from the {from}",
        "the {from} has {items}, move them to the {to}",
        "{items} at the {from} should be at the {to}",
        "get {items} out of the {from} and over to the {to}",
    ),
    "cancel": (
        "please cancel order {order}",
        "cancel number {order}",
        "we want to cancel order {order}",
        "order {order} is unwanted, cancel it",
        "stop order {order}",
        "forget about order {order}",
        "do not send order {order}",
        "there is no need of order {order} now",
        "about order {order}: cancel it",
        "can i cancel what is under {order}",
    ),
}
#: Which parts a call may have besides its core.
OPTIONAL = {
    "ship": ("name", "day", "urgent"),
    "return": ("name", "day", "urgent", "reason"),
    "move": ("name", "day", "urgent"),
    "cancel": ("name", "urgent", "reason"),
}
LONGEST = 2  # items


@dataclass(frozen=True, slots=True, order=True)
class Composition:
    """What a message is made of: the call, the number of items and the optional parts."""

    call: str
    items: int
    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Return e.g. `ship/2/day+urgent`."""
        return f"{self.call}/{self.items}/{'+'.join(self.parts) or '-'}"


def compositions() -> list[Composition]:
    """All there are, sorted."""
    found = []
    for call, optional in OPTIONAL.items():
        counts = (0,) if call == "cancel" else range(1, LONGEST + 1)
        for mask in range(2 ** len(optional)):
            parts = tuple(part for bit, part in enumerate(optional) if mask >> bit & 1)
            found += [Composition(call, count, parts) for count in counts]
    return sorted(found)
