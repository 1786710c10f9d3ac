"""Words that the corpus is made of: general vocabulary, and invented names, numbers and codes."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase, ascii_uppercase


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


THINGS = _words(
    "bell boat book bottle box brick broom bucket cable chain chair clamp clock coat crate desk door "
    "drill engine fence filter gate glass glove hammer helmet hose jar key ladder lamp lantern lock "
    "pliers pump rake rope saw shovel spade tape tarp torch wrench"
)
PLACES = _words(
    "airport bakery bridge castle farm garden harbour market mill museum office park school station "
    "tower valley"
)
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
NUMBERS = _words("zero one two three four five six seven eight nine ten eleven twelve")
#: What a number of things is called, besides the number.
PACKS = {"a pair of": 2, "a dozen": 12, "half a dozen": 6}

#: What invented names are made of. Few pieces, each seen often: the model learns to copy pieces, and
#: names that it has never seen are made of the same ones.
SYLLABLES = _words(
    "ba be bo bri da del do fa fen ga gil go ha hel jo ka kel kin ko la len lo lu ma mar mi mo na nel "
    "ni no ola pa per ra rin ro sa sel so ta tam ti to tra va vel vi wen yo za"
)


#: Words that a tokenizer for these conversations has whole, with a space before them and without.
COMMON = (
    *THINGS, *PLACES, *NUMBERS,
    *_words(
        "about back bring broken call call calling cancel came code count day deliver do dozen for from get go half hello "
        "here i is it item items late many more move my name need no not number of on order over please quoting "
        "reason reference return s send should spare speaking stop take than thank thanks that the there this "
        "to under urgent want was we wrong you"
    ),
)  # fmt: skip


def likely(random: Random, probability: float) -> bool:
    """True with that probability."""
    return random.random() < probability


def name(random: Random) -> str:
    """An invented name of a person, such as `Marko Feltina`."""

    def part() -> str:
        return "".join(random.choices(SYLLABLES, k=random.choice((2, 2, 3)))).capitalize()

    return f"{part()} {part()}"


def digits(random: Random) -> str:
    """A number as an order has it: two to six digits, without a leading zero."""
    length = random.randint(2, 6)
    return str(random.randint(10 ** (length - 1), 10**length - 1))


def letters(random: Random) -> str:
    """Two to four letters without a sense, such as `qty`: what fields are called in the wild."""
    return "".join(random.choices(ascii_lowercase, k=random.randint(2, 4)))


def code(random: Random) -> str:
    """A short code of capitals, mostly with a digit, such as `K7`, `RT4` or `DMG`."""
    capitals = "".join(random.choices(ascii_uppercase, k=random.choice((1, 2, 2, 3))))
    return capitals + (str(random.randint(1, 9)) if likely(random, 0.8) else "")


def amount(random: Random) -> tuple[int, str]:
    """A number of things, and how somebody says it: `4`, `four`, `half a dozen`."""
    if likely(random, 0.15):
        said = random.choice(sorted(PACKS))
        return PACKS[said], said
    value = random.randint(1, 12)
    return value, NUMBERS[value] if likely(random, 0.5) else str(value)


def plural(thing: str) -> str:
    """More than one of a thing: `torches`, `saws`, `pliers`."""
    if thing == "pliers":
        return thing
    return thing + ("es" if thing.endswith(("ch", "s", "x")) else "s")
