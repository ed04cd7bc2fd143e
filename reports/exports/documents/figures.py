"""Figures and cells of a document, worded as the pages word them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.numerals import Figure
from metrics.core.unit_names import NBSP
from reports.exports.document import Cell, Printed
from reports.words.dates import named, period

NONE = "–"
LEVELS = (0.8, 0.95)


def printed(
    key: str,
    label: str,
    found: Quantity,
    *,
    grade: str = "",
    receipt: str = "",
    signed: bool = False,
    beside: str = "",
) -> Printed:
    """A figure with its band, or – with its one reason. beside: what stands there in place of its band."""
    read = numerals.read(found)
    if isinstance(read, Unknown):
        return Printed(key=key, label=label, value=NONE, beside=named(read.reason), receipt=receipt)
    worded = numerals.word(read, signed=signed)
    return Printed(
        key=key,
        label=label,
        value=worded.number,
        unit=worded.unit,
        beside=beside or band(read, worded, signed=signed),
        grade=grade,
        receipt=receipt,
        number=read.point,
        bands=tuple(read.bands[level] for level in LEVELS if level in read.bands),
    )


def band(figure: Figure, worded: numerals.Worded, *, signed: bool = False) -> str:
    """ "80 % band 5.8 – 6.8 M EUR"; why there is none; "" of a plain amount."""
    found = numerals.band_words(figure, worded, signed=signed)
    return found or (f"no band: {named(figure.no_band)}" if figure.no_band else "")


def chance(key: str, label: str, found: Quantity, *, beside: str = "") -> Printed:
    """A chance in percent, never 0 or 100."""
    if isinstance(found, Unknown):
        return Printed(key=key, label=label, value=NONE, beside=named(found.reason))
    value, _, unit = numerals.chance(found.point).partition(NBSP)
    return Printed(key=key, label=label, value=value, unit=unit, beside=beside, number=found.point)


def month(name: str) -> str:
    return str(period(name, "long"))


def text(words: str, *, below: str = "", strong: bool = False) -> Cell:
    return Cell(text=words or NONE, below=below, strong=strong)


def column(found: Sequence[Quantity], *, signed: bool = False) -> list[Cell]:
    """Figures below each other, those of a unit in the scale and with the digits of their largest; – of an Unknown.

    One that is nothing in these digits stands in its own below.
    """
    read = [numerals.read(one) for one in found]
    like = _likes(read)

    def cell(one: Figure) -> Cell:
        words = str(numerals.word(one, signed=signed, scale=like[one.unit].scale, places=like[one.unit].places))
        hidden = one.point != 0 and not any(digit in words for digit in "123456789")
        below = str(numerals.word(one, signed=signed)) if hidden else ""
        return Cell(text=words, number=one.point, below="" if below == words else below)

    return [Cell(text=NONE) if isinstance(one, Unknown) else cell(one) for one in read]


def _likes(read: Iterable[Figure | Unknown]) -> dict[str, numerals.Worded]:
    """Unit → how the largest figure in it is worded."""
    largest: dict[str, Figure] = {}
    for one in read:
        if isinstance(one, Figure) and abs(one.point) >= abs(largest.get(one.unit, one).point):
            largest[one.unit] = one
    return {unit: numerals.word(one) for unit, one in largest.items()}


def bands(found: Sequence[Quantity]) -> list[Cell]:
    """The 80 % bands of a column, in the scale and with the digits of its figures."""
    like = _likes(map(numerals.read, found))
    return [Cell(text=_ends(one, like.get(one.unit) if isinstance(one, Estimate) else None)) for one in found]


def _ends(found: Quantity, like: numerals.Worded | None) -> str:
    ends = found.band(LEVELS[0]) if isinstance(found, Estimate) else None
    return NONE if ends is None or like is None else numerals.between(*ends, scale=like.scale, places=like.places)


def graded(letters: Iterable[str]) -> str:
    """ "A to C" of several grades, "C" of one, "" of none."""
    found = sorted(set(filter(None, letters)))
    return "" if not found else found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"


def digest(receipt: str) -> str:
    return numerals.digest(receipt) if receipt else NONE
