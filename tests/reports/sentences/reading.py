"""Reads a sentence back: its numbers with sign, scale and unit, and which way its words point.

It knows nothing of the functions that wrote the sentence. What is read is held against the figures themselves, so that
a sentence with another number, another sign, another direction or no unit is a fault.
"""

import re
from dataclasses import dataclass, field

SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "bn": 1e9}
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PAIRS = (  # of words that point up and down
    ("more", "less"), ("more", "fewer"), ("up", "down"), ("rose", "fell"), ("rises above", "falls below"),
    ("above", "below"), ("over", "under"), ("high", "low"), ("earns", "loses"), ("earn", "lose"),
    ("brings", "loses"), ("bring", "lose"), ("adds", "takes"), ("gain", "loss"), ("better", "worse"),
    ("better", "lower"), ("met", "missed"), ("passes", "falls below"), ("inside", "outside"), ("nearer", "farther"),
    ("good", "bad"), ("holds until", "expired on"), ("expect", "expect to lose"), ("or more", "or less"),
    ("measure first", "decide now"), ("in", "ago"),
)  # fmt: skip
CHANCES = {
    "very unlikely": (0.0, 0.1), "unlikely": (0.1, 0.25), "less likely than not": (0.25, 0.45),
    "as likely as not": (0.45, 0.55), "more likely than not": (0.55, 0.75), "likely": (0.75, 0.9),
    "very likely": (0.9, 1.0),
}  # fmt: skip
SPACE = "[ \u00a0]"
NAMED = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTH = f"(?:{'|'.join((*NAMED, *(name[:3] for name in NAMED)))})\\b"
NO_COUNT = re.compile(r"\b(?:recommended|proposed|the|each|that|any|have) one\b")
DATES = re.compile(
    rf"(?:\b\d{{1,2}}{SPACE})?\b{MONTH}(?:{SPACE}\d{{4}}|{SPACE}\d\d(?!\d))?(?:, \d\d:\d\d)?|\d\d:\d\d"
    rf"|\bQ\d(?: \d{{4}})?|\byear{SPACE}\d{{4}}"
)
NUMBER = re.compile(
    rf"(?P<limit>[<>±])?(?P<sign>[−+])?(?P<digits>\d[\d,]*(?:\.\d+)?)(?![\d.]*\d)"
    rf"(?:{SPACE}(?P<scale>k|M|bn)(?![A-Za-z]))?"
    rf"(?:{SPACE}(?P<unit>%|points?\b|[A-Z]{{3}}\b(?:\u00a0/\u00a0[a-z]+)?))?"
    rf"|\b(?P<word>(?i:{'|'.join(COUNTS)}))\b"
)


@dataclass(frozen=True)
class Printed:
    """A number of a sentence. half: of what its last digit is worth. signed: whether it stands with + or −."""

    value: float
    half: float
    unit: str = ""
    signed: bool = False
    limit: str = ""


@dataclass(frozen=True)
class Figure:
    """What a number of a sentence is of. within: how far it may be from it beside its own rounding, as a part of it.

    apart: whether it is told because it is not nothing, so that it may not be printed as nothing.
    """

    value: float
    unit: str = ""
    signed: bool = False
    within: float = 0.0
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence with all that it is made from: its numbers in their order, and which way each word of `by` points.

    by: pairs of PAIRS as "more/less". chance: what its adverb says. has, lacks: words that it needs, and that would be
    untrue. unlike: places of two numbers that are told as apart, and so may not be printed alike. fixed: phrases whose
    words are no figures. months: "YYYY-MM" in the order in which they are named, None where they are not looked at.
    """

    text: str
    figures: tuple[Figure, ...] = ()
    ways: tuple[float, ...] = ()
    by: tuple[str, ...] = ()
    chance: float | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    unlike: tuple[tuple[int, int], ...] = ()
    fixed: tuple[str, ...] = field(default=())
    months: tuple[str, ...] | None = None


def tone(kind: str, good: bool) -> Said:
    """The sign that stands beside words: "good" or "bad" where it is one of the two."""
    told = kind in ("good", "bad")
    way, by = ((1 if good else -1,), ("good/bad",)) if told else ((), ())
    return Said(text=kind if told else "", ways=way, by=by)


def bare(said: Said) -> str:
    """A sentence with dots in place of its dates and of words that are no figures."""
    text = said.text
    for phrase in said.fixed:
        text = text.replace(phrase, "·" * len(phrase))
    for words in (DATES, NO_COUNT):
        text = words.sub(lambda found: "·" * len(found[0]), text)
    return text


def printed(text: str) -> list[Printed]:
    """The numbers of a bare sentence in their order; the first end of a range has the scale and unit of the second."""
    found = list(NUMBER.finditer(text))
    made: list[Printed] = []
    for at, one in enumerate(found):
        if one["word"]:
            made.append(Printed(1.0 + COUNTS.index(one["word"].lower()), 0.0))
            continue
        scale, unit = one["scale"] or "", one["unit"] or ""
        after = found[at + 1] if at + 1 < len(found) else None
        if not scale and not unit and after is not None and not after["word"]:
            between = text[one.end() : after.start()]
            both = re.search(rf"\bbetween{SPACE}$", text[: one.start()]) and re.fullmatch(
                rf"{SPACE}and{SPACE}", between
            )
            if both or re.fullmatch(rf"{SPACE}?(?:–|to|→|or){SPACE}", between):
                scale, unit = after["scale"] or "", after["unit"] or ""
        places = len(one["digits"].partition(".")[2])
        by = 0.01 if unit in ("%", "point", "points") else SCALES[scale]
        value = float(one["digits"].replace(",", "")) * by * (-1 if one["sign"] == "−" else 1)
        unit = (
            unit.replace("\u00a0", " ").removesuffix("s") if unit.startswith("point") else unit.replace("\u00a0", " ")
        )
        made.append(Printed(value, 0.5 * by * 10**-places, unit, bool(one["sign"]), one["limit"] or ""))
    return made


def named_months(text: str) -> tuple[str, ...]:
    """The months that a text names with their year: "Jan 17", "October 2016"."""
    found = re.finditer(rf"\b({MONTH}){SPACE}(\d{{4}}|\d\d)(?!\d)", text)
    numbers = {name[:3]: number for number, name in enumerate(NAMED, 1)}
    return tuple(f"{one[2] if len(one[2]) == 4 else f'20{one[2]}'}-{numbers[one[1][:3]]:02d}" for one in found)


def pointing(text: str, by: tuple[str, ...]) -> list[int]:
    """Which way the words of some pairs point, in their order: 1 up, −1 down; of nested words the longer is read."""
    sides: dict[str, int] = {}
    for pair in by:
        up, down = pair.split("/")
        if (up, down) not in PAIRS:
            raise ValueError(f"no such pair of words: {pair}")
        sides |= {up: 1, down: -1}
    if not sides:
        return []
    words = "|".join(re.escape(word) for word in sorted(sides, key=len, reverse=True))
    return [sides[found[0].lower()] for found in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE)]


def faults(said: Said) -> list[str]:
    """What of a sentence is not true of the figures that it is made from."""
    text, found = bare(said), []
    told = printed(text)
    if len(told) != len(said.figures):
        found.append(f"has {len(told)} numbers, and not {len(said.figures)}")
    for number, figure in zip(told, said.figures, strict=False):
        found += _wrong(number, figure)
    for one, other in said.unlike:
        if len(told) > max(one, other) and (told[one].value, told[one].limit) == (told[other].value, told[other].limit):
            found.append(f"tells {told[one].value} apart from {told[other].value}")
    ways = pointing(text, said.by)
    wanted = [(way > 0) - (way < 0) for way in said.ways]
    if ways != wanted:
        found.append(f"points {ways}, and not {wanted}")
    if said.chance is not None:
        found += _wrong_chance(text, said.chance)
    if said.months is not None and named_months(said.text) != said.months:
        found.append(f"names {named_months(said.text)}, and not {said.months}")
    found += [f"lacks “{words}”" for words in said.has if words not in said.text]
    found += [f"says “{words}”" for words in said.lacks if words in said.text]
    return found


def _wrong(number: Printed, figure: Figure) -> list[str]:
    wrong = []
    if number.unit != figure.unit:
        wrong.append(f"{number.value} is in “{number.unit}”, and not in “{figure.unit}”")
    if number.limit in ("<", ">"):
        holds = abs(figure.value) < number.value + number.half if number.limit == "<" else figure.value > number.value
        return wrong if holds else [*wrong, f"{figure.value} is not {number.limit} {number.value}"]
    if abs(number.value - figure.value) > number.half * 1.0001 + figure.within * abs(figure.value) + 1e-9:
        wrong.append(f"{number.value} is not {figure.value}")
    if figure.signed and number.value and not number.signed:
        wrong.append(f"{number.value} has no sign")
    if figure.apart and not number.value:
        wrong.append(f"{figure.value} is told as nothing")
    return wrong


def _wrong_chance(text: str, chance: float) -> list[str]:
    words = "|".join(sorted(CHANCES, key=len, reverse=True))
    told = re.search(rf"\b(?:{words})\b", text)
    if told is None:
        return ["has no chance"]
    low, high = CHANCES[told[0]]
    return [] if low <= chance <= high else [f"“{told[0]}” is not {chance}"]
