"""Words that the corpus is made of: general vocabulary, and invented names and numbers."""

from __future__ import annotations

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


THINGS = _words(
    "anchor apple bag basket battery bell bench bike blanket boat book bottle bowl box brick broom "
    "brush bucket button cable candle cap card carpet cart chain chair cheese clamp clock cloth "
    "coat coin cord crate cup curtain desk dish door drill drum engine fan fence file filter flag "
    "flour fork frame funnel gate glass glove glue grill hammer handle hat helmet hinge hook horn "
    "hose jacket jar kettle key knife knob ladder lamp lantern latch lens lever lid lock magnet "
    "map mask mat mirror mop motor mug nail needle net nut oar oil oven paddle paint pan panel "
    "paper pen pencil pillow pin pipe plank plate pliers plug pole pot pump rack rail rake rice "
    "ring rod roller rope ruler sack saddle salt sand saw scale scarf screen screw seal seat seed "
    "sheet shelf shirt shoe shovel sign sink soap sock spade spoon spring stamp stool stove strap "
    "string sugar switch table tank tape tarp tea tent tile timer tin tool torch towel tray "
    "trowel tube tyre valve vase vest wallet washer wax wheel whistle wire wood wool wrench"
)
COLOURS = _words(
    "amber black blue brown copper cream green grey orange pink purple red silver white"
)
PLACES = _words(
    "airport bakery bank barn bay bridge canal castle centre church clinic coast corner depot dock "
    "east farm forest garden gallery hall harbour hill hotel house island kitchen lake library "
    "market mill museum north office park pier plaza port river road school shop south square "
    "station store street theatre tower valley village west workshop yard"
)
JOBS = _words(
    "baker builder carpenter clerk cook doctor driver farmer nurse painter pilot plumber teacher"
)
DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = _words(
    "January February March April May June July August September October November December"
)
STATES = _words(
    "broken bent clean cold cracked damaged dirty dry empty faulty fine fresh full heavy late light "
    "lost new old open ready sharp small spare stuck torn unwanted used warm wet wrong"
)
LISTS = {"thing": THINGS, "colour": COLOURS, "place": PLACES, "job": JOBS, "state": STATES}
NUMBERS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
#: What a number of things is called, besides the number.
PACKS = {"a pair of": 2, "half a dozen": 6, "a dozen": 12, "a couple of": 2, "a single": 1}

#: What invented names are made of. Few pieces, each seen often: the model learns to copy pieces, and
#: names that it has never seen are made of the same ones.
SYLLABLES = _words(
    "ba be bo bri da del do fa fen ga gil go ha hel jo ka kel kin ko la len lo lu ma mar mi mo na nel "
    "ni no ola pa per ra rin ro sa sel so ta tam ti to tra va vel vi wen yo za"
)


def likely(random: Random, probability: float) -> bool:
    """True with that probability."""
    return random.random() < probability


def syllables(random: Random, count: int) -> str:
    """An invented word of `count` syllables, in lower case."""
    return "".join(random.choice(SYLLABLES) for _ in range(count))


def name(random: Random) -> str:
    """An invented name of a person, such as `Marko Feltina`."""
    return " ".join(syllables(random, random.choice((2, 2, 3))).capitalize() for _ in range(2))


def digits(random: Random, longest: int = 6) -> str:
    """A number as an order or a part has it: up to `longest` digits, without a leading zero."""
    length = random.randint(1, longest)
    return str(random.randint(10 ** (length - 1), 10**length - 1))


def amount(random: Random) -> tuple[int, str]:
    """A small number, and how somebody says it: `4`, `four`, `half a dozen`."""
    if likely(random, 0.2):
        said = random.choice(sorted(PACKS))
        return PACKS[said], said
    if likely(random, 0.5):
        value = random.randint(1, 20)
        return value, NUMBERS[value]
    value = random.randint(1, 99)
    return value, str(value)
