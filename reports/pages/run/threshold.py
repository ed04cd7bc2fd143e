"""The threshold explorer as a page: the curve with its marks, what the present threshold costs in words, and advice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.numerals import Figure
from metrics.core.unit_names import NBSP
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board
from metrics.queries.kpi.threshold import Asked, Explorer, advice_without_outcomes, of_run
from metrics.queries.kpi.waiting import thing
from reports.addresses import address
from reports.charts import shapes
from reports.charts.parts import Mark
from reports.words.phrases import noun_of, span

MOST_POINTS = 120


@dataclass(frozen=True)
class Answer:
    """What changes with what is asked."""

    title: str
    chart: Any
    sub: str
    loss: str
    loss_note: str
    rows: tuple[tuple[str, str, str, str], ...]
    limited: bool


def asked_of(given: Mapping[str, Any]) -> tuple[Asked, dict[str, str], dict[str, str]]:
    """What was asked, the fields as they were typed, and what is wrong with them by field."""
    typed = {name: str(given.get(name, "")).strip()[:40] for name in ("capacity", "budget", "at")}
    faults: dict[str, str] = {}
    found: dict[str, float] = {}
    limits = {
        "capacity": (0.0, 100.0, "a share from 0 to 100"),
        "budget": (0.0, 1e15, "an amount of 0 or more"),
        "at": (0.0, 1.0, "a number from 0 to 1"),
    }
    for name, (low, high, words) in limits.items():
        if not typed[name]:
            continue
        try:
            number = float(typed[name].replace(",", ""))
        except ValueError:
            number = math.nan
        if low <= number <= high:
            found[name] = number
        else:
            faults[name] = f"Write {words}."
    by = "share" if given.get("by") == "share" else "threshold"
    asked = Asked(found.get("capacity", 100.0) / 100, found.get("budget", math.inf), found.get("at"), by)
    return asked, typed | {"by": by}, faults


def threshold_page(run: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The context of the page; `empty` says the next step where there is no curve."""
    asked, typed, faults = asked_of(given)
    known = Known(run.product)
    context: dict[str, Any] = {
        "typed": typed,
        "faults": faults,
        "noun": noun_of(run.product),
        "nouns": unit_names.plural(noun_of(run.product)),
        "currency": run.product.currency,
        "url": reverse("run-threshold", args=[run.product.slug, run.pk]),
    }
    if board.in_money(run, known, acts=True) is None:
        return context | _without_outcomes(run, known)
    answer = of_run(run, asked, known)
    if isinstance(answer, Unknown):
        return context | {
            "empty": "There is no curve to explore",
            "why": f"{answer.reason[:1].upper()}{answer.reason[1:]}.",
        }
    figure, found = answer
    context |= {
        "kpi": figure.kpi,
        "grade": figure.grade.letter,
        "receipt": reverse("receipt", args=[figure.receipt]) if figure.receipt else "",
        "mapping_url": address(thing(figure.version)) if figure.version else "",
        "answer": _answer(run, found, asked),
        "present": "" if found.present is None else _cut(found, found.present),
        "advice": found.advice if not isinstance(found.advice, Unknown) else None,
        "no_advice": found.advice.reason if isinstance(found.advice, Unknown) else "",
        "by_rows": found.rule["kind"] == "per_row",
    }
    return context


def _without_outcomes(run: Any, known: Known) -> dict[str, Any]:
    """A run that is not of two outcomes has no threshold, but may have advice."""
    for version in known.approved.values():
        advice = advice_without_outcomes(version, known) if not TASKS[run.task].two_outcomes else None
        if advice is not None:
            kept = None if isinstance(advice, Unknown) else advice
            reason = advice.reason if isinstance(advice, Unknown) else ""
            return {"advice": kept, "no_advice": reason, "empty": "A run of this task has no threshold", "why": ""}
    if not TASKS[run.task].two_outcomes:
        why = "Thresholds are for runs with two outcomes. A cost of errors in force would give advice for training."
        return {"empty": "A run of this task has no threshold", "why": why}
    why = "A value matrix in force says what each outcome is worth; the curve follows from it."
    return {"empty": "No value matrix is in force", "why": why, "next": reverse("mappings", args=[run.product.slug])}


def _answer(run: Any, found: Explorer, asked: Asked) -> Answer:
    nouns = unit_names.plural(noun_of(run.product))
    best = found.best
    top = _money(found.curve.point[best], found)
    limited = asked.capacity < 1 or math.isfinite(asked.budget)
    acted = numerals.percent(float(found.curve.share_acted[best]), 1)
    where = f"acting above {_cut(found, best)}, on {acted} of the {nouns}"
    title = f"{'Within the limits, at' if limited else 'At'} most {top}: {where}"
    if best == len(found.curve.threshold) - 1:
        title = f"{'Within the limits, acting' if limited else 'Acting'} on no {noun_of(run.product)} is best here"
    return Answer(
        title=title,
        chart=_chart(found, asked, title),
        sub=f"In {unit_names.unit_words(found.curve.unit)} over the {found.n:,.0f} {nouns} of the test, "
        f"against {_against(found)}; shaded: the {numerals.percent(found.curve.level)} band.",
        loss=_loss(found),
        loss_note=_loss_note(found),
        rows=tuple(_rows(found, asked, limited)),
        limited=limited,
    )


def _against(found: Explorer) -> str:
    ends = found.curve.point
    if abs(float(ends[-1])) < 1e-9:
        return "acting on none"
    return "acting on all" if abs(float(ends[0])) < 1e-9 else "nothing"


def _cut(found: Explorer, position: int) -> str:
    return _three(float(found.curve.threshold[position]))


def _three(threshold: float) -> str:
    """A threshold within 0 to 1, to three decimals at most."""
    return f"{min(max(threshold, 0), 1):.3f}".rstrip("0").rstrip(".")


def _money(amount: float, found: Explorer) -> str:
    return str(numerals.word(Figure(float(amount), found.curve.unit)))


def _chart(found: Explorer, asked: Asked, says: str) -> Any:
    curve, by_share = found.curve, asked.by == "share"
    x = curve.share_acted if by_share else np.clip(curve.threshold, 0, 1)
    order = np.arange(len(x))[::-1] if by_share else np.arange(1, len(x))
    kept = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_POINTS)).round().astype(int))]
    banded = bool(np.isfinite(curve.low).all())
    marks = []
    if found.present is not None and found.present != found.best:
        at = found.present
        words = f"now {_cut(found, at)}"
        marks.append(Mark(x=float(x[at]), y=float(curve.point[at]), words=words, kind="ink", above=False))
    marks.append(
        Mark(x=float(x[found.best]), y=float(curve.point[found.best]), words=f"best {_cut(found, found.best)}")
    )
    return shapes.curve(
        x=x[kept].tolist(),
        y=curve.point[kept].tolist(),
        band=(curve.low[kept].tolist(), curve.high[kept].tolist()) if banded else None,
        marks=marks,
        x_title="share acted upon" if by_share else "threshold: act above",
        x_is="share" if by_share else "number",
        of="money",
        unit=found.curve.unit,
        says=f"Money by {'share acted upon' if by_share else 'threshold'}. {says}.",
        height=300,
    )


def _loss(found: Explorer) -> str:
    """What running at the present threshold instead of the best loses, in a sentence."""
    if found.present is None or found.costs is None or isinstance(found.costs, Unknown):
        return ""
    here, best = _cut(found, found.present), _cut(found, found.best)
    if found.costs.point == 0:
        return f"Acting above {here} is the best there is on these rows."
    amount = _about(found.costs)
    if found.costs.point < 0:
        return f"Acting above {here} earns about {amount} more on these rows, but is outside the limits."
    over = f"at the volume of {span(found.year)}"
    year = f", or about {_about(found.a_year)} {over}" if isinstance(found.a_year, Estimate) else ""
    return f"Acting above {here} instead of {best} loses about {amount} on these rows{year}."


def _about(costs: Estimate) -> str:
    return str(numerals.word(_size(costs)))


def _size(costs: Estimate) -> Figure:
    return Figure(abs(costs.point), costs.unit)


def _loss_note(found: Explorer) -> str:
    if not isinstance(found.costs, Estimate) or found.costs.point == 0:
        return ""
    band = found.costs.band(0.8)
    if band is None:
        return ""
    unsure = " It holds 0: the two may be worth the same." if band[0] <= 0 <= band[1] else ""
    ends = numerals.span(*band, found.costs.unit, beside=_size(found.costs))
    return f"80{NBSP}% band {ends}, both on the same draws.{unsure}"


def _rows(found: Explorer, asked: Asked, limited: bool) -> Any:
    """(name, threshold, money, what to make of it) of the thresholds worth comparing."""
    curve, honest = found.curve, found.honest

    def line(name: str, position: int, why: str) -> tuple[str, str, str, str]:
        acted = numerals.percent(float(curve.share_acted[position]), 1)
        return (
            name,
            f"{_cut(found, position)}",
            _money(curve.point[position], found),
            f"Acts on {acted}. {why}".strip(),
        )

    if found.present is not None:
        whose = "the one asked for" if asked.at is not None else "in use"
        yield line("Present", found.present, f"The stored cut nearest to {_three(found.asked)}, which is {whose}.")
    if limited:
        yield line("Best within the limits", found.best, "Chosen on these rows, so it flatters.")
    free = curve.best()
    yield line("Best, in hindsight", free, "Chosen on the very rows that it is scored on, so it flatters.")
    value = honest.value
    halves = f"{_three(honest.even)} and {_three(honest.odd)}"
    worth = value.reason if isinstance(value, Unknown) else _money(value.point, found)
    yield (
        "Best, honestly",
        halves,
        worth,
        "Chosen on one half of the rows and scored on the other: the figure to plan with.",
    )
    yield (
        "Best, chosen anew",
        "various",
        _money(found.anew, found),
        "If the assumptions were known before choosing (expected maximum profit); in-sample by definition.",
    )
    believed = (
        ("Expected, by the rule in use", "as in use", found.believed, "of the decisions as they are"),
        ("Expected, row by row", "various", found.responding, "of deciding each by its own probability and amounts"),
    )
    one_rule = found.rule["kind"] == "per_row" and asked.at is None
    for name, cut, money, which in believed[: 1 if one_rule else 2]:
        worth = money.reason if isinstance(money, Unknown) else _money(money.point, found)
        yield name, cut, worth, f"If every probability were right: the mean over both outcomes {which}."
    yield from _published_rows(found)


def _published_rows(found: Explorer) -> Any:
    """The published measures, where the matrix fits their definition."""
    if found.published is None:
        return
    known = f"As published, with {found.published.share}"
    profits = (
        ("Maximum profit", "of all scores", found.published.maximum, f"{known} at its point"),
        ("Expected maximum profit", "various", found.published.expected, f"{known} known before choosing"),
    )
    for name, cut, profit, how in profits:
        if profit is not None:
            acted = numerals.percent(profit.share_acted, 1)
            money = _money(profit.per_case * found.n, found)
            yield name, cut, money, f"Acts on {acted}. {how}; in-sample by definition, so it ranks models, no more."
