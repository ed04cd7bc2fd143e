"""How past projections turned out: how many months fell inside the band, and what was corrected."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.estimate import Estimate
from metrics.core.revenue.track_record import LEAST_SCORES, PROVEN, Past, Record
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.track_record import TrackRecord, track_record
from reports.charts.change import met
from reports.charts.drawing import Chart
from reports.words.dates import period
from reports.words.phrases import beside, count, shows, span

LEVEL = 0.8
ABOUT_RIGHT = 0.005
MOST_MONTHS = 18


@dataclass(frozen=True)
class RecordCard:
    title: str
    texts: tuple[str, ...]
    chart: Chart | None


def record_card(one: Outlook, known: Known) -> RecordCard | None:
    """None where there is no figure whose past could be told."""
    found = track_record(known)
    if found is None or not isinstance(one.total, Estimate):
        return None
    if not found.record.scores:
        first = f"The first, for {period(found.first)}, is scored" if found.first else "The first is scored"
        text = f"{first} when the money of that month is known."
        return RecordCard("No projection has met its month yet", (text, *_corrected(found, one)), None)
    months = _one_a_month(found.record.scores)
    return RecordCard(_title(found), (*_texts(found), *_corrected(found, one)), _chart(months, one))


def _title(found: TrackRecord) -> str:
    bias = found.record.bias
    if found.correction is not None:
        return f"Past projections ran {_off(1 / found.correction.factor - 1)}; corrected"
    if not isinstance(bias, Estimate):
        return "How past projections turned out"
    if abs(bias.point) < ABOUT_RIGHT:
        return "Past projections were right on average"
    return f"Past projections ran {_off(bias.point)}"


def _off(bias: float) -> str:
    whole = numerals.percent(abs(bias))
    size = whole if shows(whole) else numerals.percent(abs(bias), 1)
    return f"{size} {'high' if bias > 0 else 'low'}"


def _texts(found: TrackRecord) -> list[str]:
    record, texts = found.record, []
    if LEVEL in record.inside:
        inside = record.inside[LEVEL]
        expected = round(inside.expected)
        texts.append(
            f"{inside.inside} of {inside.of} projected months fell inside the 80\u00a0% band; "
            f"{expected} {'was' if expected == 1 else 'were'} expected."
        )
    if ahead := _ahead(found.record):
        texts.append(ahead)
    if isinstance(record.mase, Estimate):
        share = numerals.percent(record.mase.point)
        texts.append(f"They were off by {share} of what repeating the year before would have been off by.")
    if found.correction is None and isinstance(record.bias, Estimate) and abs(record.bias.point) >= ABOUT_RIGHT:
        texts.append(_unproven(found))
    return texts


def _ahead(record: Record) -> str:
    """The bias of the nearest and of the farthest horizon, where they are not one and print apart."""
    ends = [
        (one.horizon, one.bias.point) for one in (record.ahead[0], record.ahead[-1]) if isinstance(one.bias, Estimate)
    ]
    told = [f"ran {_off(bias)}" if abs(bias) >= ABOUT_RIGHT else "were right on average" for _, bias in ends]
    if len(set(told)) < 2:
        return ""
    near, far = (count(horizon, "month") for horizon, _ in ends)
    return f"{near.capitalize()} ahead they {told[0]}, {far} ahead they {told[1]}."


def _unproven(found: TrackRecord) -> str:
    if found.record.apart < LEAST_SCORES:
        independent = count(found.record.apart, "independent month")
        return f"That is not corrected: {independent} {'is' if found.record.apart == 1 else 'are'} too few to prove it."
    if found.record.p is None or found.record.p >= PROVEN:
        return "That may be chance, and is not corrected."
    return "That is proven, and is corrected when the figures are next computed."


def _corrected(found: TrackRecord, one: Outlook) -> list[str]:
    if found.correction is None or not isinstance(one.total, Estimate):
        return []
    effect = one.total.point * (1 - 1 / found.correction.factor)
    amount = beside(abs(effect), one.total)
    if not shows(amount):
        return []
    way = f"takes {amount} off" if effect < 0 else f"adds {amount} to"
    return [f"The correction {way} the coming months."]


def _one_a_month(scores: tuple[Past, ...]) -> list[Past]:
    """The latest projection of each month, which knew most."""
    latest: dict[str, Past] = {}
    for past in sorted(scores, key=lambda held: -held.horizon):
        latest[past.month] = past
    return [latest[month] for month in sorted(latest)][-MOST_MONTHS:]


def _chart(months: list[Past], one: Outlook) -> Chart | None:
    if len(months) < 2:
        return None
    bands = [past.projected.band(LEVEL) for past in months]
    names = [past.month for past in months]
    return met(
        months=names,
        projected=[past.projected.point for past in months],
        low=[band[0] if band else None for band in bands],
        high=[band[1] if band else None for band in bands],
        actual=[past.actual for past in months],
        unit=one.product.currency,
        says=f"Projected and actual value by month in {one.product.currency}, {span(names)}.",
    )
