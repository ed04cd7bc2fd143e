"""What goes out to a person: deliveries with their last and next, what failed first, and the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from metrics.core.unit_names import NBSP
from metrics.services.delivery.webhook import BODIES
from reports.pages.deliveries.letter import short
from reports.words.dates import MONTHS
from reports.words.phrases import Verdict, count, in_words

if TYPE_CHECKING:
    from metrics.models.delivery import Delivery, Subscription

STATES = {
    "due": Verdict("unknown", "Waiting"),
    "sending": Verdict("unknown", "Being sent"),
    "sent": Verdict("good", "Delivered"),
    "kept": Verdict("warn", "In a file"),
    "failed": Verdict("bad", "Failed"),
    "not_sent": Verdict("same", "Not sent"),
    "uncertain": Verdict("warn", "May have arrived"),
}
RETRY = Verdict("warn", "Retry")
NOTHING_YET = Verdict("unknown", "Nothing yet")
CALLED = {"portfolio": "Portfolio", "product": "Outlook", "decisions": "Decisions"}
SAYS = {
    "portfolio": "three figures, what waits, what moved",
    "product": "three figures, what waits, what moved",
    "decisions": "what waits for an answer or a signature",
}


@dataclass(frozen=True)
class SubscriptionLine:
    id: str
    name: str
    detail: str
    to: str
    when: str
    zone: str
    verdict: Verdict
    last: str
    next: str
    paused: bool


@dataclass(frozen=True)
class LedgerLine:
    """again: whether it may be sent once more; asks: whether somebody has to say if it arrived."""

    id: str
    when: str
    name: str
    to: str
    verdict: Verdict
    how: str
    content: str
    again: bool
    asks: bool


@dataclass(frozen=True)
class Trouble:
    """What failed, or may have: first on the page."""

    id: str
    verdict: Verdict
    text: str
    detail: str
    asks: bool


@dataclass(frozen=True)
class HookLine:
    id: str
    name: str
    detail: str


@dataclass(frozen=True)
class DeletedLine:
    id: str
    kind: str
    name: str


@dataclass(frozen=True)
class DeliveriesPage:
    title: str
    trouble: tuple[Trouble, ...]
    subscriptions: tuple[SubscriptionLine, ...]
    subscriptions_title: str
    alerts: tuple[Any, ...]
    alerts_title: str
    webhooks: tuple[HookLine, ...]
    may_mail: bool
    may_alert: bool
    may_hook: bool
    ledger: tuple[LedgerLine, ...]
    zone: str
    deleted: tuple[DeletedLine, ...]

    @property
    def empty(self) -> bool:
        return not (self.subscriptions or self.ledger or self.alerts or self.webhooks)


def deliveries_page(
    *,
    subscriptions: Sequence[Subscription],
    last: Mapping[str, Delivery],
    wrong: Sequence[Delivery],
    rows: Sequence[Delivery],
    deleted: Sequence[Any],
    alerts: Sequence[Any] = (),
    alerts_title: str = "",
    webhooks: Sequence[Any] = (),
    may: Collection[str] = (),
) -> DeliveriesPage:
    """last: id of a subscription → its newest row. wrong: what failed lately. rows: of the ledger."""
    zone = subscriptions[0].time_zone if subscriptions else "UTC"
    lines = tuple(_line(one, last.get(one.pk)) for one in subscriptions)
    return DeliveriesPage(
        title=title(subscriptions, last, wrong, alerts_title if alerts else ""),
        alerts=tuple(alerts),
        alerts_title=alerts_title,
        webhooks=tuple(_hook(one) for one in webhooks),
        may_mail="report.schedule_mail" in may,
        may_alert="alert.subscribe" in may,
        may_hook="webhook.create" in may,
        trouble=tuple(_trouble(row) for row in wrong),
        subscriptions=lines,
        subscriptions_title=_fine(subscriptions, last),
        ledger=tuple(_entry(row, zone) for row in rows),
        zone=zone,
        deleted=tuple(_gone(one) for one in deleted),
    )


def title(subscriptions: Sequence[Any], last: Mapping[str, Any], wrong: Sequence[Any], alerts: str = "") -> str:
    """What failed is in it; else how many arrived, or when the first goes. alerts: what is said of these alone."""
    went = [last[one.pk].state for one in subscriptions if one.pk in last]
    if not subscriptions and not wrong:
        return alerts or "Nothing goes out yet"
    if wrong:
        failed = sum(1 for row in wrong if row.state == "failed")
        said = [f"{count(failed, 'delivery')} failed"] if failed else []
        open_ = len(wrong) - failed
        said += (
            [f"of {count(open_, 'delivery')} it is not known whether {'it' if open_ == 1 else 'they'} arrived"]
            if open_
            else []
        )
        told = " and ".join(said)
        return told[:1].upper() + told[1:]
    if not went:
        running = [one for one in subscriptions if one.paused_at is None]
        first = min(running, key=lambda one: one.next_at, default=None)
        return (
            f"The first goes out on {stamp(first.next_at, first.time_zone)}" if first else "All deliveries are paused"
        )
    arrived, kept = (sum(1 for state in went if state == wanted) for wanted in ("sent", "kept"))
    if kept == len(went):
        return "No mail server is set: letters are kept as files, and reach nobody"
    if arrived == len(went):
        return "The last delivery arrived" if arrived == 1 else f"The last of all {count(arrived, 'delivery')} arrived"
    if len(went) == 1:
        return "The last delivery was not sent" if went[0] == "not_sent" else "The last delivery is on its way"
    silent = sum(1 for state in went if state == "not_sent")
    told = f"{arrived} of {len(went)} deliveries arrived" + (f", {in_words(kept)} kept as files" if kept else "")
    return f"{told}, {in_words(silent)} {'was' if silent == 1 else 'were'} not sent" if silent else told


def _fine(subscriptions: Sequence[Any], last: Mapping[str, Any]) -> str:
    bad = [one for one in subscriptions if one.pk in last and last[one.pk].state in ("failed", "uncertain")]
    paused = sum(1 for one in subscriptions if one.paused_at is not None)
    said = count(len(subscriptions), "delivery").capitalize()
    parts = [f"{len(bad)} in trouble"] if bad else []
    parts += [f"{paused} paused"] if paused else []
    return f"{said}, {', '.join(parts)}" if parts else said


def _line(one: Subscription, last: Delivery | None) -> SubscriptionLine:
    retry = last is not None and last.state == "due" and last.tries
    verdict = NOTHING_YET if last is None else RETRY if retry else STATES[last.state]
    next_at = "–" if one.paused_at else stamp(one.next_at, one.time_zone)
    return SubscriptionLine(
        id=one.pk,
        name=name_of(one),
        detail=SAYS[one.what],
        to=str(one.receiver),
        when=one.when.words(),
        zone=one.time_zone,
        verdict=verdict,
        last=f"{stamp(last.due_at, one.time_zone)}{tries(last)}" if last else "",
        next=f"paused since {stamp(one.paused_at, one.time_zone)}" if one.paused_at else next_at,
        paused=one.paused_at is not None,
    )


def name_of(one: Any) -> str:
    """ "Portfolio", "Outlook of Cancellation calls"."""
    return f"{CALLED[one.what]} of {one.product}" if one.product else CALLED[one.what]


def called(row: Delivery) -> str:
    """What a row of the ledger is of."""
    if row.subscription is not None:
        found = name_of(row.subscription)
    elif row.ring is not None:
        found = f"Alert of {row.ring.alert.product}"
    else:
        found = "Notices"
    return f"{found}, test" if row.test else found


def _entry(row: Delivery, zone: str) -> LedgerLine:
    retry = row.state == "due" and row.tries > 0
    how = row.why or (count(row.tries, "try") if row.state == "sent" else "")
    if retry and row.next_try:
        how = f"{row.why}; again {stamp(row.next_try, zone)}"
    return LedgerLine(
        id=row.pk,
        when=stamp(row.settled_at or row.due_at, zone),
        name=called(row),
        to=str(row.webhook or row.receiver),
        verdict=RETRY if retry else STATES[row.state],
        how=how + (tries(row) if row.state == "failed" else ""),
        content=short(row.content) or "–",
        again=row.state in ("failed", "not_sent", "uncertain", "kept"),
        asks=row.state == "uncertain",
    )


def tries(row: Any) -> str:
    return f", {count(row.tries, 'try')}" if row.tries > 1 else ""


def _trouble(row: Delivery) -> Trouble:
    zone = row.subscription.time_zone if row.subscription else "UTC"
    did = "did not reach" if row.state == "failed" else "may have reached"
    text = f"{called(row)} {did} {row.webhook or row.receiver}, due {stamp(row.due_at, zone)}."
    held = row.subscription
    follows = (
        f" The next goes {stamp(held.next_at, zone)}." if held and not held.paused_at and not held.deleted_at else ""
    )
    said = f"{row.why[:1].upper()}{row.why[1:]}"
    return Trouble(row.pk, STATES[row.state], text, f"{said}{tries(row)}.{follows}", row.state == "uncertain")


def _hook(one: Any) -> HookLine:
    made = f"secret of {stamp(one.rotated_at, one.product.time_zone)}"
    host = one.url.partition("://")[2].partition("/")[0]
    return HookLine(one.pk, one.name, f"{one.product}, {BODIES[one.kind].label} at {host}, {made}")


def _gone(one: Any) -> DeletedLine:
    kind = type(one).__name__.lower()
    name = name_of(one) if kind == "subscription" else f"Alert of {one.product}" if kind == "alert" else str(one)
    return DeletedLine(one.pk, kind, name)


def stamp(at: datetime | None, zone: str) -> str:
    """ "28 Nov, 16:41" at a place."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day}{NBSP}{MONTHS[local.month - 1][:3]},{NBSP}{local:%H:%M}"
