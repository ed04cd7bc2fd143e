"""The page of a product's risks: what could take money away, cause by cause, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.calendar import later
from metrics.queries.product import owners
from metrics.queries.revenue.risks import Expiring, Risk, Risks
from reports.words.dates import day, period
from reports.words.phrases import noun_of, span

LEVEL = 0.8
COLUMNS = {"y_score": "What the model expects", "y_pred": "What the model expects", "y_true": "What comes of it"}
HAPPENS = "How often it happens"
NUMBER = re.compile(r"\d[\d.]*(?:e[+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One cause. effect: its change and band in the form of a figure; None where a day, not a number, is told."""

    title: str
    text: str
    effect: Mapping[str, Any] | None
    url: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class RisksPage:
    product: Any
    title: str
    lines: tuple[Line, ...]
    warnings: tuple[Line, ...]
    scale: tuple[float, float]
    nothing: Mapping[str, Any]
    basis: str
    why: str
    unseen: str
    value: str
    grade: str
    receipt: str


def risks_page(product: Any, found: Risks) -> RisksPage:
    """`found` in words, and on one scale."""
    lines = tuple(_line(product, one, found.two_outcomes) for one in found.causes)
    ends = [end for one in found.causes for end in (one.low, one.high) if end is not None] or [0.0]
    return RisksPage(
        product=product,
        title=_title(product, found),
        lines=lines,
        warnings=tuple(_expiring(product, one) for one in found.expiring),
        scale=(min(0.0, *ends), max(0.0, *ends)),
        nothing=_figure(0.0, None, None, product.currency),
        basis=f"{found.cases:,.0f} {numerals.plural(noun_of(product))}, {span(found.year)}",
        why=found.why,
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


def _title(product: Any, found: Risks) -> str:
    if not found.causes:
        return f"Risks of {product.name}"
    worst = found.causes[0]
    if worst.amount <= 0 and (found.unseen or any(one.low is None for one in found.causes)):
        return f"Nothing that was looked at takes money away from {product.name}; not all could be"
    if worst.amount <= 0:
        return f"Nothing found that takes money away from {product.name}"
    amount = numerals.read(_figure(worst.amount, None, None, product.currency))
    assert isinstance(amount, numerals.Figure)
    return f"{_name(worst, found.two_outcomes)} could take up to {numerals.word(amount)} a year away"


def _name(one: Risk, two_outcomes: bool) -> str:
    match one.key:
        case "recent":
            until = one.facts["until"]
            return f"The newest months, {span((later(until, 1 - one.facts['months']), until))}"
        case "drift" if one.name == "y_true" and two_outcomes:
            return HAPPENS
        case "drift":
            return COLUMNS.get(one.name, f"The mix by {one.name.replace('_', ' ')}")
        case "maturity":
            return "What is still to become known"
    return "Labels that are in dispute"


def _line(product: Any, one: Risk, two_outcomes: bool) -> Line:
    cases = numerals.plural(noun_of(product))
    return Line(
        title=_name(one, two_outcomes),
        text=_text(one, cases, two_outcomes) + (f" Its band is unknown: {one.why}." if one.why else ""),
        effect=_figure(one.change, one.low, one.high, product.currency),
    )


def _text(one: Risk, cases: str, two_outcomes: bool) -> str:
    facts = one.facts
    match one.key:
        case "recent":
            return f"If all {cases} were worth what these {facts['rows']:,} were: everything else here, together."
        case "drift":
            lately, share = _apart(facts["lately"], facts["share"])
            now = f"{lately} of the {cases} up to {_month(one)}"
            if one.name == "y_true" and two_outcomes:
                return f"It happened in {now}, and in {share} when measured."
            if one.name in ("y_score", "y_pred"):
                said = _in_percent(facts["bin"]) if two_outcomes and one.name == "y_score" else facts["bin"]
                return f"It says {said} of {now}; of {share} when measured."
            return f"“{facts['bin']}” is {now}, and was {share} when measured."
        case "maturity":
            known, so_far, all_in = (numerals.percent(facts[key]) for key in ("in", "so_far", "completed"))
            said = f"{known} of the outcomes are known: {so_far} of them positive; {all_in} are expected once all are."
            never = facts["never"]
            return f"{said} {numerals.percent(never)} of the {cases} never have one." if never else said
    return "Those who label disagree. This is the spread if each dispute fell the other way as often as it may."


def _in_percent(ends: str) -> str:
    """A bin of chances: "0.378 to 0.626" as "37.8 to 62.6 %"."""
    told = NUMBER.sub(lambda at: numerals.stated(float(at[0]), "share"), ends)
    return told.replace(f"{numerals.NBSP}% to", " to")


def _apart(lately: float, share: float) -> tuple[str, str]:
    """Both in percent, with a decimal where whole percents would not tell them apart."""
    places = 0 if round(100 * lately) != round(100 * share) else 1
    return numerals.percent(lately, places), numerals.percent(share, places)


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
    return Line(title=one.name, text=text, effect=None, url=url, action="Assumptions")


def _figure(point: float, low: float | None, high: float | None, unit: str) -> Mapping[str, Any]:
    return {"point": point, "low": low, "high": high, "level": LEVEL, "unit": unit}
