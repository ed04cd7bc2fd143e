"""Alerts by the calendar: assumptions that expire, months that are not known yet, decisions that wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics.core.calendar import later, month_number
from metrics.models.kpi import KPI, Actual, AssumptionVersion
from metrics.models.selection import Decision
from metrics.queries.delivery.alerts.kind import Kind, Slot, Slots, State
from metrics.queries.documents.known import Known
from metrics.queries.revenue.rates import month_end
from metrics.things import Thing


def start_of(on: date, known: Known) -> datetime:
    """When a day begins where the product is."""
    return datetime.combine(on, time(), ZoneInfo(known.product.time_zone)).astimezone(UTC)


def told_day(on: date) -> str:
    return f"{on:%-d %b %Y}"


class Expires(Kind):
    key, label = "expires", "an assumption expires"
    words = ("an assumption expires within ", Slot("days", "within", "days", 30))

    def now(self, known: Known, slots: Slots) -> list[State]:
        return self._states(known, slots, known.assumptions.values(), known.today)

    def then(self, known: Known, slots: Slots, at: datetime) -> list[State]:
        newest: dict[str, AssumptionVersion] = {}
        for row in known.versions:
            if row.created_at <= at:
                newest[row.assumption.key] = row
        return self._states(known, slots, newest.values(), known.product.day(at))

    def moments(self, known: Known, slots: Slots, since: datetime, until: datetime) -> Iterable[datetime]:
        ends = [row.valid_until for row in known.versions if row.valid_until]
        rung = [start_of(end - timedelta(days=int(slots["days"])), known) for end in ends]
        return [*rung, *(row.created_at for row in known.versions)]

    def since(self, known: Known) -> datetime | None:
        return min((row.created_at for row in known.versions), default=None)

    def _states(self, known: Known, slots: Slots, rows: Iterable[AssumptionVersion], today: date) -> list[State]:
        return [self._state(known, slots, row, row.valid_until, today) for row in rows if row.valid_until]

    def _state(self, known: Known, slots: Slots, row: AssumptionVersion, until: date, today: date) -> State:
        left = (until - today).days
        verb = "expired on" if left < 0 else "holds until"
        held = row.assumption
        return State(
            subject=f"assumption {held.key}",
            on=left <= slots["days"],
            text=f"{held.name} {verb} {told_day(until)}.",
            thing=Thing("assumption", (known.product.slug, held.key)),
        )


class LateActuals(Kind):
    """Of the KPIs that the projection reads: the first month that is over and not known."""

    key, label = "late_actuals", "a month is not known yet"
    words = ("a month that is over is not known for ", Slot("days", "for", "days", 21))

    def now(self, known: Known, slots: Slots) -> list[State]:
        return self._states(known, known, slots, known.today)

    def then(self, known: Known, slots: Slots, at: datetime) -> list[State]:
        today = known.product.day(at)
        return self._states(known, Known(known.product, at=at, today=today), slots, today)

    def moments(self, known: Known, slots: Slots, since: datetime, until: datetime) -> Iterable[datetime]:
        month, days = f"{known.product.day(since):%Y-%m}", int(slots["days"])
        found: list[datetime] = []
        while (at := start_of(month_end(month) + timedelta(days=days), known)) <= until:
            found.append(at)
            month = later(month, 1)
        rows = Actual.objects.filter(kpi__in=self._kpis(known), known_at__gt=since, known_at__lte=until)
        return [*found, *rows.values_list("known_at", flat=True).distinct()]

    def since(self, known: Known) -> datetime | None:
        return (
            Actual.objects.filter(kpi__in=self._kpis(known))
            .order_by("known_at")
            .values_list("known_at", flat=True)
            .first()
        )

    def _kpis(self, known: Known) -> list[KPI]:
        projection = known.projection
        under = [projection.volume_kpi, projection.revenue_kpi] if projection else []
        return [kpi for kpi in dict.fromkeys(under) if kpi]

    def _states(self, known: Known, read: Known, slots: Slots, today: date) -> list[State]:
        found = []
        for kpi in self._kpis(known):
            full = read.actuals(kpi)
            if not full:
                continue
            month = later(max(full)[0], 1)
            late = (today - month_end(month)).days
            over = month_number(month) < month_number(f"{today:%Y-%m}")
            text = f"{kpi.name} of {date.fromisoformat(f'{month}-01'):%B %Y} is not known, {late} days after its end."
            thing = Thing("kpi", (known.product.slug, kpi.key))
            found.append(State(subject=f"{kpi.key} {month}", on=over and late >= slots["days"], text=text, thing=thing))
        return found


class DecisionWaits(Kind):
    key, label = "decision_waits", "a decision waits"
    words = ("a proposed decision waits for ", Slot("days", "for", "days", 3))

    def now(self, known: Known, slots: Slots) -> list[State]:
        rows = Decision.objects.filter(product=known.product, state=Decision.State.PROPOSED, proposed_at__isnull=False)
        return [self._state(known, slots, row, datetime.now(UTC)) for row in rows.defer("record")]

    def then(self, known: Known, slots: Slots, at: datetime) -> list[State]:
        rows = Decision.objects.filter(product=known.product, proposed_at__lte=at).exclude(signed_at__lte=at)
        rows = rows.exclude(state=Decision.State.WITHDRAWN)  # since when is not kept
        return [self._state(known, slots, row, at) for row in rows.defer("record")]

    def moments(self, known: Known, slots: Slots, since: datetime, until: datetime) -> Iterable[datetime]:
        rows = Decision.objects.filter(product=known.product)
        pairs = rows.values_list("proposed_at", "signed_at")
        wait = timedelta(days=int(slots["days"]))
        begun = [proposed + wait for proposed, _ in pairs if proposed]
        return [*begun, *(signed for _, signed in pairs if signed)]

    def since(self, known: Known) -> datetime | None:
        return known.product.created_at

    def _state(self, known: Known, slots: Slots, row: Decision, at: datetime) -> State:
        assert row.proposed_at is not None
        days = (at - row.proposed_at).days
        since = told_day(known.product.day(row.proposed_at))
        return State(
            subject=f"decision {row.number}",
            on=at - row.proposed_at >= timedelta(days=slots["days"]),
            text=f"Decision {row.number} waits for signatures since {since}, {days} {'day' if days == 1 else 'days'}.",
            thing=Thing("decision", (known.product.slug, str(row.number))),
        )
