"""What a change would move, as a table and as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue import impact as queries
from metrics.queries.revenue.impact import Impact, Moved, Regraded
from reports.words.dates import named
from reports.words.phrases import Verdict, beside, count, shows, span, worded

KINDS = {"kpi": "KPI", "realised": "Realised", "projected": "Projected"}
NAMED = 2  # quarters that a sentence names
ROUNDING = 1e-6  # of a figure: what stored draws and new ones may differ by


@dataclass(frozen=True)
class ImpactLine:
    what: str
    name: str
    note: str
    url: str
    before: Quantity
    after: Quantity
    difference: Quantity


@dataclass(frozen=True)
class GradeLine:
    """Figures that go from one grade to another, and why."""

    verdict: Verdict
    text: str


@dataclass(frozen=True)
class ImpactPage:
    """sentence: what moves by how much; "" where nothing is known to. note: what the figures were made with."""

    lines: tuple[ImpactLine, ...]
    sentence: str
    note: str
    grades: tuple[GradeLine, ...] = ()


def assumption_impact(
    of: Any, distribution: Mapping[str, Any], known: Known, *, source: str, valid_until: date | None
) -> ImpactPage:
    found = queries.of_assumption(of, distribution, known, source=source, valid_until=valid_until)
    return impact_page(found, known, "Saving it")


def version_impact(version: Any, known: Known) -> ImpactPage:
    return impact_page(queries.of_version(version, known), known, "Approving it")


def impact_page(found: Impact, known: Known, doing: str, verb: str = "restates") -> ImpactPage:
    """The table and the sentence of an impact; doing, verb: "Approving it", "restates"."""
    return ImpactPage(
        lines=tuple(_line(row, known.product) for row in found.rows if not _stays(row)),
        sentence=" ".join(filter(None, (_sentence(found, doing, verb), _lost(found)))),
        note=_note(found),
        grades=_grades(found.grades),
    )


def _stays(row: Moved) -> bool:
    """Whether a quarter stays as it is, in every draw but for rounding: it is counted in the note, not shown."""
    if row.kind != "realised" or not isinstance(row.difference, Estimate) or not isinstance(row.before, Estimate):
        return False
    parts = [row.difference.point] if row.difference.draws is None else [row.difference.point, *row.difference.draws]
    return bool(np.max(np.abs(parts)) <= ROUNDING * max(1.0, abs(row.before.point)))


def _grades(found: tuple[Regraded, ...]) -> tuple[GradeLine, ...]:
    """ "Value and the projection: grade C → D, opinion. Offer: no source. They enter no total." """
    together: dict[tuple[str, str], list[Regraded]] = {}
    for row in found:
        together.setdefault((row.before.letter, row.after.letter), []).append(row)
    lines = []
    for (before, after), rows in together.items():
        names = ["the projection" if row.kind == "projected" else row.name for row in rows]
        joined = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        new = rows[0].after
        reasons = dict.fromkeys(reason for row in rows for reason in row.after.reasons)
        text = f"{joined[:1].upper()}{joined[1:]}: grade {before} → {after}, {new.word}."
        text += "".join(f" {reason[:1].upper()}{reason[1:]}." for reason in reasons)
        if not new.counts:
            text += " What is graded D enters no total."
        elif not rows[0].before.counts:
            text += " It enters the totals again."
        kind = "good" if after < before else "warn" if new.counts else "bad"
        lines.append(GradeLine(Verdict(kind, "Better grade" if after < before else "Lower grade"), text))
    return tuple(lines)


def _line(row: Moved, product: Any) -> ImpactLine:
    url = reverse("kpi", args=[product.slug, row.key]) if row.kind == "kpi" else ""
    note = f"{row.months} of 3 months" if row.kind == "realised" and row.months < 3 else ""
    name = f"total of {span(row.projected)}" if row.kind == "projected" else row.name
    return ImpactLine(KINDS[row.kind], name, note, url, row.before, row.after, row.difference)


def _sentence(found: Impact, doing: str, verb: str) -> str:
    """ "Approving it restates Q1 2017 by −1.2 k EUR and the projection by −120 k EUR." """
    money = [*found.of("realised")[-NAMED:], *found.of("projected")]
    known = [row for row in money if isinstance(row.difference, Estimate)] or [
        row for row in found.of("kpi") if isinstance(row.difference, Estimate)
    ]
    moved = [row for row in known if isinstance(row.difference, Estimate) and shows(_amount(row))]
    if moved:
        parts = [f"{_name(row)} by {_amount(row)}" for row in moved]
        joined = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
        return f"{doing} {verb} {joined}."
    if known:
        return f"{doing} moves no figure." if len(known) == len(found.rows) else ""
    if found.rows:
        first = next((row for row in found.rows if isinstance(row.after, Estimate)), None)
        return f"{doing} gives {first.name} its first figure." if first else ""
    return f"{doing} moves no figure." if found.still else ""


def _lost(found: Impact) -> str:
    """ "The projection of 0.75 M EUR and Value of 1.2 EUR become Unknown: no approved mapping."; "" where none does."""
    lost = [row for row in found.rows if isinstance(row.before, Estimate) and isinstance(row.after, Unknown)]
    told = [row for row in lost if row.kind != "realised"] or lost[-NAMED:]
    if not told:
        return ""
    told.sort(key=lambda row: row.kind != "projected")
    parts = [f"{_name(row)} of {worded(row.before)}" for row in told]
    joined = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    reason = next(row.after.reason for row in told if isinstance(row.after, Unknown))
    verb = "becomes" if len(parts) == 1 else "become"
    return f"{joined[:1].upper()}{joined[1:]} {verb} Unknown: {named(reason)}."


def _name(row: Moved) -> str:
    return "the projection" if row.kind == "projected" else row.name


def _amount(row: Moved) -> str:
    """The difference in the scale and the digits of what it changes."""
    assert isinstance(row.difference, Estimate)
    return beside(row.difference.point, row.difference, signed=True)


def _note(found: Impact) -> str:
    parts = []
    if found.held:
        parts.append("Priced on the decisions in force; each case’s own are computed once it is saved.")
    if found.still and found.rows:
        words = "One other KPI does" if found.still == 1 else f"{count(found.still, 'other KPI')} do"
        parts.append(f"{words[:1].upper()}{words[1:]} not move.")
    stay = sum(map(_stays, found.rows))
    if stay:
        parts.append(f"{count(stay, 'quarter').capitalize()} {'stays' if stay == 1 else 'stay'} as now.")
    return " ".join(parts)
