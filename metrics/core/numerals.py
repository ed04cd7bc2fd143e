"""Figures as text: the one place that decides how many digits of a number a reader sees, on pages and in terminals.

A figure shows no more than its band allows: the last digit printed is the second significant digit of the band's half
width (JCGM 100:2008, 7.2.6). Without a band, money shows three or four digits and other numbers four. A whole number
that its band does not leave has no decimals. Shares are percents. Money takes k or M by its size; the minus is a true
minus, a unit stands behind a no-break space. A figure and both ends of its range have one scale, one precision and one
unit, and an en dash between them, or "to" where one of them has a sign; figures of a column have those of the largest.
No number before a k or an M has five digits.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from metrics.core.estimate import Estimate, Unknown
from metrics.core.unit_names import NBSP, is_money, is_score, is_share, unit_in

MINUS = "\u2212"
NOT_YET = "not computed yet"
SCALES = {"": 1.0, "%": 0.01, "k": 1e3, "M": 1e6, "bn": 1e9}
MOST_PLACES = 6
ENDS = frozenset({-1.0, 0.0, 1.0})  # of shares and scores: none, or all
CUSTOMARY = 2  # decimals of a score
HIGHER: dict[str, Scale] = {"k": "M", "M": "bn"}  # what a number of five digits is told in
FIVE_DIGITS = 9_999.5
LEVELS = (0.8, 0.95)

Scale = Literal["", "%", "k", "M", "bn"]
Band = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """A number as it came, before it is worded: point, bands by level (ascending), unit, and why it has no band."""

    point: float
    unit: str = ""
    bands: Mapping[float, Band] = field(default_factory=dict)
    no_band: str = ""

    @property
    def widest(self) -> Band | None:
        """The band of the highest level, which decides the digits; None where no spread is known."""
        return self.bands[max(self.bands)] if self.bands else None

    @property
    def first(self) -> tuple[float, Band] | None:
        """Level and band that stand in words beside the figure: the lowest level that is known."""
        return (min(self.bands), self.bands[min(self.bands)]) if self.bands else None


def read(quantity: Any, unit: str | None = None) -> Figure | Unknown:
    """A Figure or an Unknown from an Estimate, an Unknown, their JSON forms, a plain number or nothing.

    The JSON form may carry `bands`, {"0.8": [low, high], …}, beside its own level. None is Unknown("not computed yet").
    Raises TypeError for anything else: a page must not print what it does not understand.
    """
    if isinstance(quantity, Figure | Unknown):
        return quantity
    if quantity is None:
        return Unknown(NOT_YET)
    if isinstance(quantity, Estimate):
        bands = dict(zip(LEVELS, quantity.bands(*LEVELS) or (), strict=False))
        return Figure(quantity.point, quantity.unit if unit is None else unit, bands, quantity.no_band or "")
    if isinstance(quantity, Mapping):
        return _read_json(quantity, unit)
    if isinstance(quantity, int | float | Decimal) and not isinstance(quantity, bool):
        number = float(quantity)
        return Figure(number, unit or "") if math.isfinite(number) else Unknown("not a finite number")
    raise TypeError(f"not a quantity: {type(quantity).__name__}")


def known(quantity: Any) -> Figure:
    """The Figure of what is known to have a number. Raises TypeError for an Unknown."""
    figure = read(quantity)
    if isinstance(figure, Unknown):
        raise TypeError(f"no number: {figure.reason}")
    return figure


def _read_json(document: Mapping[str, Any], unit: str | None) -> Figure | Unknown:
    reason = document.get("unknown")
    if reason is not None:
        return Unknown(str(reason))
    if document.get("point") is None:
        return Unknown(NOT_YET)
    bands: dict[float, Band] = {}
    for level, band in (document.get("bands") or {}).items():
        bands[float(level)] = (float(band[0]), float(band[1]))
    low, high = document.get("low"), document.get("high")
    if low is not None and high is not None:
        bands[float(document.get("level") or LEVELS[-1])] = (float(low), float(high))
    named = str(document.get("unit") or "") if unit is None else unit
    return Figure(float(document["point"]), named, bands, str(document.get("no_band") or ""))


@dataclass(frozen=True)
class Worded:
    """A figure in words: `number` with its sign, and `unit` with its scale ("M EUR"), to be set apart by size."""

    number: str
    unit: str
    scale: Scale
    places: int

    def __str__(self) -> str:
        return f"{self.number}{NBSP}{self.unit}" if self.unit else self.number


def word(figure: Figure, *, signed: bool = False, scale: Scale | None = None, places: int | None = None) -> Worded:
    """The figure in words. `scale` and `places` override what its size and its band suggest (columns of a table); a
    scale in which the number has five digits is left for a higher one."""
    asked = suggested_scale(figure) if scale is None else scale
    used = _lifted(asked, abs(figure.point))
    shown = suggested_places(figure, used) if places is None or used != asked else places
    shown = _short_of_one(figure, used, shown)
    unit = unit_in(figure.unit, used, one=abs(figure.point) == 1)
    text = numeral(figure.point, scale=used, places=shown, signed=signed, score=is_score(figure.unit))
    return Worded(text, unit, used, shown)


def beside(amount: float, figure: Figure, *, signed: bool = False) -> Worded:
    """An amount of a figure's unit in its scale and with its digits; more of them until it is told within half a
    percent: 0.6 M beside 161 M is never "1 M". In a scale of its own where it is less than a tenth there or has five
    digits: 25.8 k beside 1.2 M is never "0.0258 M", nor 19.4 M beside 187 k "19,400 k".
    """
    like = word(figure)
    size = abs(amount) / SCALES[like.scale]
    alone = Figure(amount, figure.unit)
    if is_money(figure.unit) and (0 < size < 0.1 or _lifted(like.scale, abs(amount)) != like.scale):
        return word(alone, signed=signed)
    enough = (places for places in range(MOST_PLACES) if abs(round(size, places) - size) <= size / 200)
    return word(alone, signed=signed, scale=like.scale, places=max(like.places, next(enough, MOST_PLACES)))


def column_beside(pairs: Iterable[tuple[float, Figure]]) -> list[Worded]:
    """Amounts of a column, each beside a figure as `beside` tells it, with the digits that most of a scale have."""
    alone = [(amount, figure, beside(amount, figure)) for amount, figure in pairs]
    digits: dict[Scale, list[int]] = {}
    for _, _, one in alone:
        insort(digits.setdefault(one.scale, []), one.places)
    most = {scale: places[len(places) // 2] for scale, places in digits.items()}
    return [word(Figure(amount, figure.unit), scale=one.scale, places=most[one.scale]) for amount, figure, one in alone]


def largest(quantities: Iterable[Any]) -> Worded | None:
    """The largest of some quantities in words, in its scale and with the digits that most of them have there, which
    are those of all; None where none is known."""
    figures = [figure for figure in map(read, quantities) if isinstance(figure, Figure)]
    if not figures:
        return None
    most = max(figures, key=lambda one: abs(one.point))
    scale = word(most).scale
    digits = sorted(word(figure, scale=scale).places for figure in figures)
    return word(most, scale=scale, places=digits[len(digits) // 2])


def column_places(figures: Iterable[Figure]) -> int | None:
    """Decimals for a column: what most of its figures are shown with by themselves; None for an empty one."""
    alone = sorted(word(figure).places for figure in figures)
    return alone[len(alone) // 2] if alone else None


def suggested_scale(figure: Figure) -> Scale:
    """% for shares, k or M for money by its size, M from 0.1 M where the band leaves two decimals at most; higher where
    an end of the band has five digits there, or six where nothing stands before the unit."""
    by_size = _by_size(figure)
    if not is_money(figure.unit):
        return by_size
    farthest = max((abs(end) for band in figure.bands.values() for end in band), default=0.0)
    return _lifted("k" if not by_size and farthest >= 10 * FIVE_DIGITS else by_size, farthest)


def _lifted(scale: Scale, size: float) -> Scale:
    """The scale, or the next higher ones while the size has five digits before them."""
    while scale in HIGHER and size / SCALES[scale] >= FIVE_DIGITS:
        scale = HIGHER[scale]
    return scale


def _by_size(figure: Figure) -> Scale:
    if is_share(figure.unit):
        return "%"
    size = abs(figure.point)
    half = _half(figure)
    if not is_money(figure.unit) or size < (1e3 if half > 0 else 1e4):
        return ""
    if size >= 999.95e6:
        return "bn"
    if size >= 999.95e3 or (size >= 1e5 and half > 0 and _places(half / 1e6) <= 2):
        return "M"
    return "k" if half <= 0 or _places(half / 1e3) <= 1 else ""


def suggested_places(figure: Figure, scale: Scale) -> int:
    """Decimals that the band allows at a scale, or the customary ones where there is no band."""
    half = _half(figure) / SCALES[scale]
    size = abs(figure.point) / SCALES[scale]
    if half > 0:
        places = min(_places(half), 2 if is_money(figure.unit) and not scale else _most_places(size))
        return 0 if _whole(size) and _hides(figure, scale, places) else places
    if scale == "%":
        return 0 if _whole(size) else 1
    if scale in {"M", "bn"}:
        return 2
    if scale == "k":
        return 0 if _whole(size) else 1
    if is_money(figure.unit):
        return 0 if size >= 1000 or _whole(size) else 2
    if _whole(size):
        return 0
    shown = f"{size:.{max(0, min(MOST_PLACES, 3 - math.floor(math.log10(size))))}f}"
    return len(shown.rstrip("0").partition(".")[2])


def numeral(value: float, *, scale: Scale = "", places: int = 0, signed: bool = False, score: bool = False) -> str:
    """A number with thousands commas, a true minus and, where signed, a plus. What rounds to zero has no sign.

    score: of a share or a score, whose 0 and 1, exactly, need no decimals: never "1.0000", nor "100.00 %". Two of a
    score stay, as the rest of its column has them.
    """
    bare = score and value in ENDS and (scale == "%" or places > CUSTOMARY)
    text = f"{abs(value) / SCALES[scale]:,.{0 if bare else places}f}"
    if not text.strip("0.,"):
        return text
    return f"{MINUS if value < 0 else '+' if signed else ''}{text}"


def band_text(figure: Figure, worded: Worded, *, signed: bool = False) -> tuple[str, str, str] | None:
    """("80 %", "0.50 – 0.86", "M") for the band beside a worded figure, or None where no spread is known."""
    if figure.first is None:
        return None
    level, (low, high) = figure.first
    like = {"scale": worded.scale, "places": worded.places, "signed": signed, "score": is_score(figure.unit)}
    return percent(level), between(low, high, **like), worded.scale


def band_words(figure: Figure, worded: Worded, *, signed: bool = False) -> str:
    """ "80 % band 0.50 – 0.86 M EUR", for a sentence; "" where no spread is known."""
    found = band_text(figure, worded, signed=signed)
    return f"{found[0]} band {found[1]}{NBSP}{worded.unit}".strip() if found else ""


def line(figure: Figure) -> str:
    """A figure and its widest band on a line of a terminal: "0.66 M EUR (95 % band 0.37 – 1.03 M)"."""
    worded = word(figure)
    widest = Figure(figure.point, figure.unit, {max(figure.bands): figure.widest} if figure.widest else {})
    band = band_text(widest, worded)
    beside = f" ({f'{band[0]} band {band[1]} {band[2]}'.rstrip()})" if band else ""
    return plain(f"{worded}{beside}" + (f" (no band: {figure.no_band})" if figure.no_band else ""))


def plain(text: str) -> str:
    """Words of a page where their spaces may break."""
    return text.replace(NBSP, " ")


def between(low: float, high: float, **like: Any) -> str:
    """Both ends of a range as numerals like this, without their unit: "0.50 – 0.86", "−54 to −41"."""
    ends = [numeral(end, **like) for end in (low, high)]
    return f"{ends[0]}{NBSP}– {ends[1]}" if all(end[0].isdigit() for end in ends) else f"{ends[0]} to {ends[1]}"


def span(low: float, high: float, unit: str = "", *, places: int | None = None, beside: Any = None) -> str:
    """A range in a sentence, with two digits of its width: "0.45 to 0.88 M EUR", "33 to 47 %".

    beside: the quantity that it stands with, whose scale it has."""
    larger, width = max(low, high, key=abs), high - low
    figure = Figure(larger, unit, {LEVELS[0]: (larger - width, larger + width)} if width else {})
    near = read(beside)
    scale = word(near).scale if isinstance(near, Figure) else _lifted(_by_size(figure), abs(larger))
    worded = word(figure, scale=scale, places=places)
    score = is_score(unit)
    ends = [numeral(end, scale=worded.scale, places=worded.places, score=score) for end in (low, high)]
    return NBSP.join(part for part in (" to ".join(ends), worded.unit) if part)


def stated(value: float, unit: str = "") -> str:
    """A number as somebody stated it, without its unit: four significant digits, whole numbers in full; "40 %"."""
    if is_share(unit):
        return f"{stated(100 * value)}{NBSP}%"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 15 or size < -6:
        return f"{value:.4g}".replace("-", MINUS)
    text = numeral(value, places=max(3 - size, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float, unit: str = "") -> str:
    """The same with its unit: "40 %", "3 EUR / booking"."""
    words = "" if is_share(unit) else unit_in(unit, one=abs(value) == 1)
    return NBSP.join(part for part in (stated(value, unit), words) if part)


def stated_ends(low: float, high: float, unit: str = "") -> tuple[str, str]:
    """The ends of a range as somebody stated it; what is behind both stands behind the second: "33", "47 %"."""
    return stated(low, unit).removesuffix(f"{NBSP}%"), stated(high, unit)


def half_width(figure: Figure, worded: Worded) -> str:
    """Half of the widest band, "±0.009" or "±0.18" (two digits after a leading 1), and no more decimals than the figure
    has; "" where no spread is known.
    """
    half = _half(figure)
    if figure.widest is None or half <= 0:
        return ""
    leading, _, size = f"{half / SCALES[worded.scale]:.1e}".partition("e")  # as it is printed: 0.00996 is 0.010
    places = max(0, (leading[0] == "1") - int(size))
    shown = numeral(half, scale=worded.scale, places=min(worded.places, places))
    return f"±{shown}" if shown.strip("0.,") else f"±<{10**-worded.places:.{worded.places}f}"


def percent(share: float, places: int = 0) -> str:
    """0.123 as "12 %", or "12.3 %" with one decimal."""
    return f"{numeral(share, scale='%', places=places, score=True)}{NBSP}%"


def chance(probability: float) -> str:
    """A probability from draws: whole percents, a decimal near the ends, never "0 %" or "100 %"."""
    if probability > 0.999:
        return f">99.9{NBSP}%"
    if probability < 0.001:
        return f"<0.1{NBSP}%"
    return percent(probability, 1 if probability > 0.99 or probability < 0.01 else 0)


def percents(one: float, other: float) -> tuple[str, str]:
    """Two shares in percent, with as many decimals, two at most, as it takes to tell them apart."""
    places = next((places for places in (0, 1, 2) if round(100 * one, places) != round(100 * other, places)), 1)
    return percent(one, places), percent(other, places)


def clear_of(value: float, limit: float, unit: str) -> str:
    """A number as it stands to a limit, with the digits that it takes for it to read on its own side of it."""
    figure, bound = Figure(value, unit), Figure(limit, unit)
    first = word(figure, places=0) if is_share(unit) else word(figure)
    side, by = (value > bound.point) - (value < bound.point), SCALES[first.scale]
    for places in range(first.places, MOST_PLACES + 1):
        read = round(value / by, places) * by
        if (read - limit) * side > 1e-9 * abs(limit) or not side:
            return str(word(figure, scale=first.scale, places=places))
    return str(word(figure, scale=first.scale, places=MOST_PLACES))


def _hides(figure: Figure, scale: Scale, places: int) -> bool:
    """Whether the band that stands beside a figure is printed as the figure itself is."""
    shown = numeral(figure.point, scale=scale, places=places)
    return figure.first is not None and {numeral(end, scale=scale, places=places) for end in figure.first[1]} == {shown}


def _half(figure: Figure) -> float:
    return 0.0 if figure.widest is None else (figure.widest[1] - figure.widest[0]) / 2


def _places(half: float) -> int:
    # The small addition: a half width of 10 must not fall to 9.99… and gain a decimal.
    return max(0, min(MOST_PLACES, 1 - math.floor(math.log10(half) + 1e-9)))


def _most_places(size: float) -> int:
    """Decimals of five significant digits: 2 ± 0.00004 is 2.0000, for nobody compares the sixth."""
    return max(0, min(MOST_PLACES, 4 - math.floor(math.log10(size)))) if size > 0 else MOST_PLACES


def _short_of_one(figure: Figure, scale: Scale, places: int) -> int:
    """More decimals where a share or a score that is none would read as "1.000" or "100.000"."""
    size, one = abs(figure.point) / SCALES[scale], 1 / SCALES[scale]
    if places <= CUSTOMARY or not is_score(figure.unit) or figure.point in ENDS:
        return places
    return next((more for more in range(places, MOST_PLACES) if round(size, more) != one), MOST_PLACES)


def _whole(size: float) -> bool:
    return abs(size - round(size)) < 1e-9 * max(1.0, size)


def digest(value: Any) -> str:
    """The head of a digest in groups of four, "fa98·82ea", enough to tell two apart by eye."""
    text = str(value or "").removeprefix("sha256:").removeprefix("sha256 ")
    return "·".join(text[i : i + 4] for i in range(0, min(len(text), 8), 4))
