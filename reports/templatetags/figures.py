"""Template tags and filters of figures: the only way in which a page prints a number, its band and its grade.

A quantity is an Estimate, an Unknown, their JSON forms, a plain number or None. How many digits are shown is decided in
`numerals`; here is only markup. Everything that comes from outside is escaped.
"""

from __future__ import annotations

from typing import Any, cast

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from metrics.core import numerals, unit_names
from metrics.core.estimate import Unknown
from metrics.core.numerals import Figure, Scale
from metrics.core.rows.refusal import counted
from metrics.core.unit_names import NBSP
from reports.words import dates
from reports.words.phrases import sentence

register = template.Library()

GRADES = {"A": "causal", "B": "backtested", "C": "assumed", "D": "opinion"}
VERDICTS = frozenset({"good", "warn", "bad", "same", "info"})
MARGIN = 0.08


@register.inclusion_tag("components/estimate.html")
def estimate(
    q: Any,
    *,
    label: str = "",
    hero: bool = False,
    target: Any = None,
    ref: Any = None,
    grade: str | None = None,
    receipt: str | None = None,
    against: str = "",
    note: str = "",
    signed: bool = False,
    scale: Scale | None = None,
    whisker: bool | None = None,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, Any]:
    """A labelled figure with its band in words, or why it has none, its grade and the way to its receipt; Unknown with
    its reason.

    q: the quantity; `target`: a quantity of the same unit, a tick on the whisker and words in the band; `ref`: a tick
    without words (zero, the version in force). `receipt`: address of the receipt, loaded into the drawer. `against`
    ends the band's line, `note` stands below. `whisker`: default on heroes only; `low`, `high`: its scale.
    """
    context: dict[str, Any] = {"label": label, "hero": hero, "grade": grade, "receipt": receipt, "note": note}
    figure = numerals.read(q)
    if isinstance(figure, Unknown):
        return context | {"unknown": dates.named(figure.reason)}
    worded = numerals.word(figure, signed=signed, scale=scale)
    band = numerals.band_text(figure, worded, signed=signed)
    aim = numerals.read(target) if target is not None else None
    tick = aim if aim is not None else numerals.read(ref) if ref is not None else None
    context |= {"worded": worded, "band": band, "no_band": figure.no_band, "against": against}
    if isinstance(aim, Figure):
        context["target"] = numerals.beside(aim.point, figure)
    elif isinstance(aim, Unknown):
        context["no_target"] = dates.named(aim.reason)
    if whisker if whisker is not None else hero and band is not None:
        context["marks"] = marks(figure, low=low, high=high, ref=tick, ref_is="target" if aim else "", signed=signed)
    return context


@register.inclusion_tag("components/whisker.html")
def whisker(
    q: Any,
    low: float | None = None,
    high: float | None = None,
    ref: Any = None,
    *,
    ref_is: str = "",
    tone: str = "",
    signed: bool = False,
) -> dict[str, Any]:
    """The band as a drawing: thick 80 %, thin 95 %, dot = point, tick = `ref`, on the axis from `low` to `high`.

    Without low and high the axis fits the band and the tick. `ref_is` names the tick in the text alternative. `tone`
    "none" greys the dot: nothing can be told apart. Of an Unknown only its reason is printed.
    """
    figure = numerals.read(q)
    if isinstance(figure, Unknown):
        return {"unknown": dates.named(figure.reason)}
    tick = numerals.read(ref) if ref is not None else None
    return {"marks": marks(figure, low=low, high=high, ref=tick, ref_is=ref_is, tone=tone, signed=signed)}


def marks(
    figure: Figure,
    *,
    low: float | None,
    high: float | None,
    ref: Figure | Unknown | None,
    ref_is: str = "",
    tone: str = "",
    signed: bool = False,
) -> dict[str, Any]:
    """A whisker's marks as percents of its width, cut at the ends of the axis, and its text alternative."""
    levels = sorted(figure.bands)
    ends = [end for band in figure.bands.values() for end in band] + [figure.point]
    if isinstance(ref, Figure):
        ends.append(ref.point)
    spread = (max(ends) - min(ends)) or abs(figure.point) or 1.0
    first = min(ends) - MARGIN * spread if low is None else float(low)
    last = max(ends) + MARGIN * spread if high is None else float(high)

    def at(value: float) -> str:
        share = 0.5 if last <= first else (value - first) / (last - first)
        return f"{100 * min(1.0, max(0.0, share)):.1f}%"

    worded = numerals.word(figure, signed=signed)
    words = [str(worded)]
    if (band := numerals.band_text(figure, worded, signed=signed)) is not None:
        words.append(f"{band[0]} band {band[1].replace(NBSP + '– ', ' to ')}{' ' + band[2] if band[2] else ''}")
    elif figure.no_band:
        words.append(f"no band: {figure.no_band}")
    if isinstance(ref, Figure) and ref_is:
        tick = numerals.word(Figure(ref.point, figure.unit), scale=worded.scale, places=worded.places)
        words.append(f"{ref_is} {tick}")
    thick, thin = (levels[0] if len(levels) > 1 or (levels and levels[0] < 0.9) else None), levels[-1:]
    return {
        "says": ", ".join(words),
        "tone": tone,
        "dot": at(figure.point),
        "outside": not first <= figure.point <= last,
        "ref": at(ref.point) if isinstance(ref, Figure) else None,
        "thin": [at(end) for end in figure.bands[thin[0]]] if thin else None,
        "thick": [at(end) for end in figure.bands[thick]] if thick is not None else None,
    }


@register.inclusion_tag("components/figure.html")
def figure(
    q: Any,
    *,
    scale: Scale | None = None,
    places: int | None = None,
    signed: bool = False,
    unit: bool = True,
    pm: bool = False,
    tone: str = "",
    receipt: str | None = None,
    why: bool = False,
    after: str = "",
) -> dict[str, Any]:
    """A figure within a line or a cell: number, unit, ± and the way to its receipt, or "Unknown".

    why: print the reason of an Unknown too, where no neighbour does; else it is there for screen readers. unit: False
    leaves the unit to the column's head. pm: add half of the widest band, or that there is none, with the reason as of
    an Unknown. tone: "sign" colours by sign. after: words behind the figure.
    """
    read = numerals.read(q)
    if isinstance(read, Unknown):
        return {"unknown": dates.named(read.reason), "why": why}
    worded = numerals.word(read, signed=signed, scale=scale, places=places)
    if tone == "sign":
        blank = not worded.number.strip("+0.,")
        tone = "" if blank else "bad" if worded.number.startswith(numerals.MINUS) else "good"
    return {
        "text": str(worded) if unit else worded.number,
        "pm": numerals.half_width(read, worded) if pm else "",
        "no_band": read.no_band if pm else "",
        "why": why,
        "tone": tone,
        "receipt": receipt,
        "after": after,
    }


@register.simple_tag
def verdict(kind: str, words: str) -> SafeString:
    """Sign, word and tint: good ✓, warn !, bad ×, same =, info • (waits for someone); any other kind is Unknown (?)."""
    return format_html('<span class="verdict {}">{}</span>', kind if kind in VERDICTS else "unknown", words)


@register.simple_tag
def grade(letter: str | None) -> SafeString:
    """The evidence grade in a box and its word; "–, not graded" for none."""
    letter = str(letter or "").upper()
    if letter not in GRADES:
        return format_html('<span class="grade"><b>–</b>{}</span>', "not graded")
    return format_html('<span class="grade"><b><span class="sr">Grade </span>{}</b>{}</span>', letter, GRADES[letter])


@register.filter
def money(q: Any, scale_and_unit: str = "") -> str:
    """A quantity as "0.66 M EUR"; the argument forces a scale and names a plain number's unit: "k", "EUR", "k EUR"."""
    head, _, rest = scale_and_unit.strip().partition(" ")
    scale = cast("numerals.Scale", head) if head in numerals.SCALES and head else None
    unit = rest if scale else scale_and_unit.strip()
    read = numerals.read(q)
    if isinstance(read, Unknown):
        return "Unknown"
    return str(numerals.word(Figure(read.point, read.unit or unit, read.bands), scale=scale))


@register.filter
def number(q: Any, places: int | None = None) -> str:
    """The number without its unit, with the digits that its band allows, or with so many decimals."""
    read = numerals.read(q)
    if isinstance(read, Unknown):
        return "Unknown"
    return numerals.word(Figure(read.point, "", read.bands), places=places).number


@register.filter
def share(q: Any, places: int | None = None) -> str:
    """0.123 as "12.3 %"."""
    read = numerals.read(q, "share")
    return "Unknown" if isinstance(read, Unknown) else str(numerals.word(read, places=places))


@register.filter
def chance(q: Any) -> str:
    """A probability: "66 %", "99.7 %", ">99.9 %"; an Unknown or None as "–"."""
    read = numerals.read(q)
    return "–" if isinstance(read, Unknown) else numerals.chance(read.point)


@register.filter
def signed(q: Any) -> str:
    """A plus before what is above zero: after another filter (`q|money|signed`) or on a quantity itself."""
    text = q if isinstance(q, str) else number(q)
    leading = text.split(NBSP)[0]
    return f"+{text}" if leading[:1].isdigit() and leading.strip("0.,") else text


@register.filter
def band(q: Any) -> str:
    """ "0.50 – 0.86 M" of a quantity, "" where no spread is known."""
    read = numerals.read(q)
    if isinstance(read, Unknown):
        return ""
    words = numerals.band_text(read, numerals.word(read))
    return "" if words is None else NBSP.join(part for part in words[1:] if part)


@register.filter
def mail_breaks(name: Any) -> SafeString:
    """A name that may be a mail address: a narrow place breaks it behind its @, not in the middle of a word."""
    before, at, after = str(name).partition("@")
    return format_html("{}{}<wbr>{}", before, at, after) if at else format_html("{}", before)


register.filter("counted", counted)
for words in (dates.period, dates.named, dates.day, dates.ago, numerals.digest, unit_names.unit_words, sentence):
    register.filter(words)
