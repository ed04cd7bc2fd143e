"""The page of a product's risks: what could take money away, cause by cause, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.calendar import later
from metrics.core.rows.refusal import capitalised
from metrics.queries.product import owners
from metrics.queries.revenue.risks import Expiring, Risk, Risks
from reports.words.dates import day, period
from reports.words.phrases import noun_of, sentence, span
from reports.words.scaled import Scaled

LEVEL = 0.8
COLUMNS = {"y_score": "What the model expects", "y_pred": "What the model expects", "y_true": "What comes of it"}
HAPPENS = "How often it happens"
NUMBER = re.compile(r"\d[\d.]*(?:e[+-]?\d+)?")
COMPUTING = "being computed"
KINDS = {
    "recent": "What everything together did in the last months",
    "drift": "Another mix of the {cases} than when it was measured",
    "maturity": "What is still to become known",
    "labels": "Labels that are in dispute",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One cause. effect: its change and band in the form of a figure; None where a day, not a number, is told.

    worst, expected, band: both ends of what it may do, in the scale and with the digits of the page; "" without.
    """

    title: str
    text: str
    effect: Mapping[str, Any] | None = None
    worst: str = ""
    expected: str = ""
    band: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class RisksPage:
    """lines: what could take money away; harmless: what was looked at and takes none; not_known: what could not be
    computed, and why. unit: of all numbers of the page, "k EUR".
    """

    product: Any
    title: str
    lines: tuple[Line, ...]
    harmless: tuple[Line, ...]
    not_known: tuple[Line, ...]
    warnings: tuple[Line, ...]
    unit: str
    scale: tuple[float, float]
    nothing: Mapping[str, Any]
    basis: str
    why: str
    computing: bool
    unseen: str
    value: str
    grade: str
    receipt: str


def _digits(found: Risks, currency: str) -> Scaled:
    """One scale and one precision for all numbers of the page, so that the title names what the table does."""
    sizes = [abs(end) for one in found.causes for end in (one.change, one.low, one.high) if end is not None]
    digits = Scaled.of(sizes, currency, millions=1e6)
    return digits if digits.scale or max(sizes, default=0.0) >= 100 else replace(digits, places=2)


def risks_page(product: Any, found: Risks) -> RisksPage:
    """`found` in words, and on one scale."""
    digits = _digits(found, product.currency)

    def line(one: Risk) -> Line:
        return _line(product, one, found.two_outcomes, digits)

    banded = [one for one in found.causes if one.low is not None]
    ends = [end for one in banded for end in (one.low, one.high) if end is not None] or [0.0]
    bandless = [line(one) for one in found.causes if one.low is None]
    return RisksPage(
        product=product,
        title=_title(product, found, digits),
        lines=tuple(line(one) for one in banded if one.amount > 0),
        harmless=tuple(line(one) for one in banded if one.amount <= 0),
        not_known=(*bandless, *_not_known(product, found)),
        warnings=tuple(_expiring(product, one) for one in found.expiring),
        unit=digits.unit,
        scale=(min(0.0, *ends), max(0.0, *ends)),
        nothing=_figure(0.0, None, None, product.currency),
        basis=f"{found.cases:,.0f} {unit_names.plural(noun_of(product))}, {span(found.year)}",
        why=sentence(found.why),
        computing=found.why == COMPUTING,
        unseen=_unseen(found.unseen),
        value=found.figure.kpi.name if found.figure else "",
        grade=found.figure.grade.letter if found.figure else "",
        receipt=reverse("receipt", args=[found.figure.receipt]) if found.figure and found.figure.receipt else "",
    )


def _unseen(models: Sequence[str]) -> str:
    """That the rows of further models are not looked at; "" where there is none."""
    if not models:
        return ""
    return f"The value is read from {' and '.join(models)} too: what may go wrong in their rows is not known."


def _not_known(product: Any, found: Risks) -> Iterator[Line]:
    """The kinds of which the rows tell nothing, those with one reason together."""
    cases = unit_names.plural(noun_of(product))
    for key, title in KINDS.items():
        if why := found.not_known.get(key):
            yield Line(title=title.format(cases=cases), text=sentence(why))


def _title(product: Any, found: Risks, digits: Scaled) -> str:
    """The worst cause with its amount, or what the absence of one means: nothing there, or nothing known."""
    name = product.name
    if found.why == COMPUTING:
        return f"The risks of {name} are being computed"
    expired = [one for one in found.expiring if one.expired]
    if expired:
        return f"{name} counts in no total: {expired[0].name} has expired"
    if not found.causes:
        return f"What could take money away from {name} is not known yet"
    worst = found.causes[0]
    called = _subject(product, worst, found)
    if worst.amount > 0:
        return f"{called} could take up to {digits.amount(worst.amount)} a year away"
    bandless = [one for one in found.causes if one.low is None and one.change < 0]
    if bandless:
        called = _subject(product, min(bandless, key=lambda one: one.change), found)
        return f"{called} could take money away from {name}; how much is not known"
    if found.expiring:
        return f"{found.expiring[0].name} runs out on {day(found.expiring[0].until)}: then {name} counts in no total"
    if found.unseen or found.not_known or any(one.low is None for one in found.causes):
        return f"Nothing that was looked at takes money away from {name}; the rest is not known yet"
    return f"Nothing found that takes money away from {name}"


def _subject(product: Any, one: Risk, found: Risks) -> str:
    """A cause as a sentence begins with it: months between two commas."""
    called = named_cause(product, one, found.two_outcomes)
    return f"{called}," if one.key == "recent" else called


def named_cause(product: Any, one: Risk, two_outcomes: bool) -> str:
    match one.key:
        case "recent":
            until = one.facts["until"]
            return f"The newest months, {span((later(until, 1 - one.facts['months']), until))}"
        case "drift" if one.name == "y_true" and two_outcomes:
            return HAPPENS
        case "drift" if one.name in COLUMNS:
            return COLUMNS[one.name]
        case "drift":
            facts, cases, column = one.facts, unit_names.plural(noun_of(product)), one.name.replace("_", " ")
            if _alike(facts):
                return f"{capitalised(cases)} by {column}, in the same shares"
            more = "More" if facts["lately"] >= facts["share"] else "Fewer"
            return f"{more} {cases} with {column} “{facts['bin']}”"
        case "maturity":
            return KINDS["maturity"]
    return KINDS["labels"]


def _line(product: Any, one: Risk, two_outcomes: bool, digits: Scaled) -> Line:
    cases = unit_names.plural(noun_of(product))
    ends = [end for end in (one.low, one.high) if end is not None]
    return Line(
        title=named_cause(product, one, two_outcomes),
        text=_text(one, cases, two_outcomes) + (f" Its band is unknown: {one.why}." if one.why else ""),
        effect=_figure(one.change, one.low, one.high, product.currency),
        worst=digits.number(one.low, signed=True) if one.low is not None else "",
        expected=digits.number(one.change, signed=True),
        band=" to ".join(digits.number(end, signed=True) for end in ends) if len(ends) == 2 else "",
    )


def _text(one: Risk, cases: str, two_outcomes: bool) -> str:
    facts = one.facts
    match one.key:
        case "recent":
            return f"If all {cases} were worth what these {facts['rows']:,} were. All else here is in it."
        case "drift":
            lately, share = numerals.percents(facts["lately"], facts["share"])
            now = f"{lately} of the {cases} up to {_month(one)}"
            if one.name == "y_true" and two_outcomes:
                return f"It happened in {now}, and in {share} when measured."
            if one.name in ("y_score", "y_pred"):
                if one.name == "y_score" and two_outcomes:
                    chance = _in_percent(facts["bin"])
                    return f"It gives a chance of {chance} to {now}, and gave it to {share} when measured."
                return f"It says {facts['bin']} of {now}; of {share} when measured."
            then = "as when measured" if lately == share else f"and was {share} when measured"
            told = f"“{facts['bin']}” is {now}, {then}"
            every = "; the other values, too, are taken at their latest shares"
            return f"{told}{'' if one.name in COLUMNS else every}."
        case "maturity":
            known, so_far, all_in = (numerals.percent(facts[key]) for key in ("in", "so_far", "completed"))
            said = f"{known} of the outcomes are known: {so_far} of them positive; {all_in} are expected once all are."
            never = facts["never"]
            return f"{said} {numerals.percent(never)} of the {cases} never have one." if never else said
    return "Those who label disagree. This is the spread if each dispute fell the other way as often as it may."


def _alike(facts: Mapping[str, Any]) -> bool:
    """Whether the two shares of a value read alike, so that there is no more and no fewer of it."""
    lately, share = numerals.percents(facts["lately"], facts["share"])
    return lately == share


def _in_percent(ends: str) -> str:
    """A bin of chances: "0.378 to 0.626" as "37.8 to 62.6 %"."""
    told = NUMBER.sub(lambda at: numerals.stated(float(at[0]), "share"), ends)
    return told.replace(f"{unit_names.NBSP}% to", " to")


def _month(one: Risk) -> str:
    return period(date.fromisoformat(f"{one.facts['until']}-01"), "long")


def _expiring(product: Any, one: Expiring) -> Line:
    left = frozenset({one.owner} if one.owner_left else ())
    until, owner = day(one.until), owners.worded(one.owner, left, without="no owner")
    if one.expired:
        text = f"Expired on {until} ({owner}). What rests on it counts in no total until it is renewed."
    else:
        text = f"Holds until {until} ({owner}). After that, what rests on it counts in no total."
    url = reverse("assumptions", args=[product.slug])
    return Line(title=one.name, text=text, url=url, action="Assumptions")


def _figure(point: float, low: float | None, high: float | None, unit: str) -> Mapping[str, Any]:
    return {"point": point, "low": low, "high": high, "level": LEVEL, "unit": unit}
