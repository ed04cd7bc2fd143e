"""The manager's pages: KPI boards, one KPI with its targets and actuals, the register of assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from metrics import access
from metrics.core import distributions
from metrics.core.estimate import Estimate, Quantity
from metrics.core.numerals import stated
from metrics.core.rows.refusal import counted
from metrics.core.unit_names import unit_words
from metrics.queries.comments import threads
from metrics.queries.documents.known import Known
from metrics.queries.kpi import against_target, restatement
from metrics.queries.kpi import catalogue as kpi_queries
from metrics.queries.kpi.board import BoardRow
from metrics.queries.kpi.months import Observed, observed
from metrics.queries.kpi.waiting import thing
from metrics.queries.product import owners
from metrics.queries.revenue.drivers import drivers
from metrics.queries.revenue.outlook import outlook
from metrics.things import Thing
from reports.addresses import address
from reports.pages.outlook.drivers import share_of
from reports.words.dates import day, period
from reports.words.phrases import Verdict, count, goal_words, span, status, worded

SOON = 60  # days before an expiry that are worth a warning


@dataclass(frozen=True)
class Seen:
    """What was observed, in words. months: of the figure. of: how many months that is of those of the target, "" where
    it is all of them, or there is none. running: the month that is not over, and what is known of it."""

    months: str
    of: str
    running: str


@dataclass(frozen=True)
class Trend:
    """The observed months as a line: its points in a box of 100 by 24, and the same in words."""

    points: str
    says: str


@dataclass(frozen=True)
class BoardLine:
    """rows: the months of the rows that the value is measured on, where a mapping gives it and they have times. said:
    how many comments of it are open, "" for none."""

    name: str
    meaning: str
    url: str
    value: Quantity
    receipt: str
    target: str
    goal: float | None
    target_url: str
    chance: float | None
    status: Verdict
    grade: str
    reasons: tuple[str, ...]
    mapping: str
    mapping_url: str
    waiting: str
    waiting_url: str
    no_chance: str
    seen: Seen | None
    trend: Trend | None
    rows: str
    said: str = ""

    @property
    def banded(self) -> bool:
        """Whether there is a band to draw."""
        return isinstance(self.value, Estimate) and self.value.draws is not None


@dataclass(frozen=True)
class Board:
    product: Any
    url: str
    lines: tuple[BoardLine, ...]
    computing: bool
    may_create: bool


def comments_on(found: Iterable[Any]) -> dict[str, int]:
    """KPI, as a thing → its open comments, of several boards at once."""
    several = list(found)
    things = [_thing(one.product, row) for one in several for row in one.rows]
    return threads.counts([one.product for one in several], things)


def _thing(product: Any, row: BoardRow) -> str:
    return str(Thing("kpi", (product.slug, row.figure.kpi.key)))


def board(user: Any, product: Any, rows: Sequence[BoardRow], *, computing: bool, comments: Mapping[str, int]) -> Board:
    """comments: see `comments_on`."""
    drafts = access.may(user, "mapping.preview", product) or user.is_staff
    return Board(
        product=product,
        url=reverse("kpis", args=[product.slug]),
        lines=tuple(
            replace(_line(product, row, drafts=drafts), said=_said(comments.get(_thing(product, row), 0)))
            for row in rows
        ),
        computing=computing,
        may_create=access.may(user, "kpi.create", product),
    )


def _said(open_threads: int) -> str:
    return f"{count(open_threads, 'open comment')}" if open_threads else ""


def _line(product: Any, row: BoardRow, *, drafts: bool) -> BoardLine:
    figure, kpi = row.figure, row.figure.kpi
    version, opened = figure.version, row.open_version if drafts else None

    return BoardLine(
        name=kpi.name,
        meaning=kpi.meaning,
        url=reverse("kpi", args=[product.slug, kpi.key]),
        value=figure.quantity,
        receipt=reverse("receipt", args=[figure.receipt]) if figure.receipt else "",
        target=target_words(row.target, kpi.unit, figure.quantity) if row.target else "",
        goal=float(row.target.value) if row.target else None,
        target_url=f"{reverse('target-new', args=[product.slug])}?kpi={kpi.key}",
        chance=row.chance,
        status=status(row.chance, target=row.target is not None, reached=row.met),
        grade=figure.grade.letter if isinstance(figure.quantity, Estimate) and version else "",
        reasons=figure.grade.reasons,
        mapping=f"version {version.number}" if version else "",
        mapping_url=address(thing(version)) if version else "",
        waiting=f"version {opened.number}, {opened.get_state_display()}" if opened else "",
        waiting_url=address(thing(opened)) if opened else "",
        no_chance=row.no_chance,
        seen=_seen(row.observed, kpi.unit) if row.observed else None,
        trend=_trend(row.trend, kpi.unit),
        rows=span(figure.run.months) if version and figure.run else "",
    )


def _trend(months: Sequence[tuple[str, float]], unit: str) -> Trend | None:
    """None of fewer than two months, which show no way."""
    if len(months) < 2:
        return None
    values = [value for _, value in months]
    low, spread = min(values), max(values) - min(values)
    step = 96 / (len(values) - 1)
    points = [
        f"{2 + at * step:.1f},{22 - 20 * ((value - low) / spread if spread else 0.5):.1f}"
        for at, value in enumerate(values)
    ]
    first, last = (f"{worded(Estimate(value, unit))} in {period(month)}" for month, value in (months[0], months[-1]))
    return Trend(" ".join(points), f"from {first} to {last}")


def _seen(found: Observed, unit: str) -> Seen:
    together = found.together
    few = found.of_target and together.lacking
    running = ""
    if found.running is not None:
        month, value, why = found.running
        running = f"{period(month)} so far: {worded(Estimate(value, unit))}, {why}"
    return Seen(
        months=span(together.counted or together.wanted),
        of=f"{len(together.counted)} of the target’s {count(len(together.wanted), 'month')}" if few else "",
        running=running,
    )


def target_words(target: Any, unit: str, found: Quantity) -> str:
    return goal_words(float(target.value), unit, found)


@dataclass(frozen=True)
class TargetLine:
    id: str
    what: str
    value: Quantity
    months: str
    by: str
    since: datetime
    reached: Quantity | None
    status: Verdict | None


def target_lines(targets: Sequence[Any], known: Known) -> list[TargetLine]:
    """reached: what was observed over a target's months, of which its status speaks; None of the product's value."""
    return [
        TargetLine(
            row.pk,
            row.kpi.name if row.kpi else "The product’s value",
            Estimate(float(row.value), row.kpi.unit if row.kpi else known.product.currency),
            span([f"{row.from_period:%Y-%m}", f"{row.until_period:%Y-%m}"]),
            row.set_by.username,
            row.created_at,
            *_reached(row, known),
        )
        for row in targets
    ]


def _reached(target: Any, known: Known) -> tuple[Quantity | None, Verdict | None]:
    seen = observed(known, target.kpi, target) if target.kpi else None
    if seen is None or not seen.of_target:
        return None, None
    met = against_target.met(target.kpi, target, seen)
    return seen.together.whole, status(None, reached=met) if met is not None else None


@dataclass(frozen=True)
class RestatedLine:
    """A figure as known then, by what, and as restated now."""

    what: str
    note: str
    then: Quantity
    now: Quantity
    difference: Quantity


def restated_lines(kpi: Any, now: Quantity, receipt: str) -> list[RestatedLine]:
    """What was in force at earlier moments, then observed months that were corrected, beside what they are now."""
    found = [
        RestatedLine(
            f"As known on {moment_words(one.since, kpi.product)}",
            f"version {one.version.number}" if one.version else "no figure",
            one.then,
            one.now,
            one.difference,
        )
        for one in restatement.of_kpi(kpi, now, receipt)
    ]
    for month in restatement.of_months(kpi):
        if month.last is not None:
            ends = f"restated on {day(month.last.known_at)}"
        else:
            ends = f"taken back on {day(month.until)}" if month.until else ""
        note = f"known on {day(month.first.known_at)}, {ends}"
        found.append(RestatedLine(str(period(month.period, "long")), note, month.then, month.now, month.difference))
    return found


def moment_words(at: datetime, product: Any) -> str:
    """A moment with its hour, where the product is."""
    return f"{at.astimezone(ZoneInfo(product.time_zone)):%-d %b %Y, %H:%M}"


@dataclass(frozen=True)
class AssumptionLine:
    key: str
    name: str
    url: str
    unit: str
    now: str
    says: str
    owner: str
    source: str
    until: date | None
    left: str
    state: Verdict
    share: str
    version: int


def assumption_lines(product: Any, known: Known, today: date) -> list[AssumptionLine]:
    """The register, those first that cause most of the projection's band."""
    moved, left = {driver.key: driver for driver in drivers(outlook(known)).drivers}, owners.left(known)
    found: list[tuple[float, AssumptionLine]] = []
    for row in kpi_queries.assumptions(product):
        version = next(iter(row.versions.all()), None)
        if version is None:
            continue
        held = distributions.parse(version.distribution)
        line = AssumptionLine(
            key=row.key,
            name=row.name,
            url=reverse("assumption", args=[product.slug, row.key]),
            unit=unit_words(row.unit),
            now=stated(held.point, row.unit),
            says=held.describe(row.unit),
            owner=owners.worded(version.owner, left),
            source=version.source,
            until=version.valid_until,
            left=days_left(version.valid_until, today),
            state=standing(version, today, left),
            share=share_of(moved[row.key]) if row.key in moved else "",
            version=version.number,
        )
        found.append((moved[row.key].share if row.key in moved else 0.0, line))
    return [line for _, line in sorted(found, key=lambda pair: (-pair[0], pair[1].name))]


def days_left(until: date | None, today: date) -> str:
    """ "in 45 days", "today", "45 days ago"; "" without an end."""
    if until is None:
        return ""
    days = (until - today).days
    if days == 0:
        return "today"
    words = f"{abs(days):,} {'day' if abs(days) == 1 else 'days'}"
    return f"in {words}" if days > 0 else f"{words} ago"


def standing(version: Any, today: date, left: frozenset[str]) -> Verdict:
    """Whether an assumption version may be built upon today."""
    if not version.source:
        return Verdict("bad", "No source")
    if version.valid_until and version.valid_until < today:
        return Verdict("bad", "Expired")
    if version.valid_until and (version.valid_until - today).days <= SOON:
        return Verdict("warn", f"Expires in {counted((version.valid_until - today).days, 'day')}")
    if version.owner in left:
        return Verdict("warn", "Owner left")
    return Verdict("good", "Holds") if version.owner else Verdict("warn", "No owner")


def describe(version: Any) -> str:
    """What is known, in one phrase, with the single value where it is another than the middle."""
    held, unit = distributions.parse(version.distribution), version.assumption.unit
    best = f", best single value {stated(held.point, unit)}" if "point" in version.distribution else ""
    return held.describe(unit) + best
