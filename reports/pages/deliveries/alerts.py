"""Alerts as sentences: what each watches, whom it tells, what it saw, and when it would have rung."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from metrics.queries.delivery.alerts.history import History
from metrics.queries.delivery.alerts.kind import Kind, Slot, State, whole
from metrics.queries.delivery.alerts.registry import KINDS
from reports.pages.deliveries.page import stamp
from reports.words.dates import day, named
from reports.words.phrases import Verdict, count, in_words, sentence

if TYPE_CHECKING:
    from metrics.models.delivery import Alert

SHOWN = 6  # days of a history that are named


@dataclass(frozen=True)
class Piece:
    """A part of a sentence; slot: whether it is one of those that it leaves open. end: what closes the sentence."""

    words: str
    slot: bool = False
    end: str = ""


@dataclass(frozen=True)
class AlertLine:
    id: str
    product: str
    pieces: tuple[Piece, ...]
    said: str
    off: bool
    muted: bool


@dataclass(frozen=True)
class Choice:
    key: str
    label: str
    sentence: str


@dataclass(frozen=True)
class HistoryCard:
    """title: the answer; lines: each ring; note: from when on it is known."""

    title: str
    lines: tuple[str, ...]
    note: str
    known: bool = True


@dataclass(frozen=True)
class NowLine:
    text: str
    verdict: Verdict


def alert_line(alert: Alert, user: Any) -> AlertLine:
    muted = alert.muted_until is not None and alert.muted_until > timezone.now()
    return AlertLine(
        id=alert.pk,
        product=str(alert.product),
        pieces=(
            Piece("Tell "),
            Piece("me" if alert.receiver_id == user.pk else str(alert.receiver), slot=True),
            Piece(" "),
            Piece(_how(alert), slot=True),
            Piece(" when "),
            *condition(KINDS[alert.kind], alert),
        ),
        said=_said(alert, muted),
        off=alert.paused_at is not None,
        muted=muted,
    )


def _how(alert: Alert) -> str:
    if alert.webhook is not None:
        return f"at once, through {alert.webhook.name},"
    return "in the next regular mail" if alert.digest else "at once"


def condition(kind: Kind, alert: Alert) -> list[Piece]:
    slots = whole(kind.slots, alert.slots)
    found = [
        Piece(part.words(slots[part.key], alert.product), slot=True) if isinstance(part, Slot) else Piece(part)
        for part in kind.words
    ]
    return [*found[:-1], replace(found[-1], end=".")]


def _said(alert: Alert, muted: bool) -> str:
    """When it last rang, or that it never did; and whether it is off or muted."""
    zone = alert.time_zone
    rings = sorted(alert.rings.all(), key=lambda ring: ring.created_at, reverse=True)
    last = f"Last rang on {stamp(rings[0].created_at, zone)}: {rings[0].text}" if rings else "Never rang."
    if rings and rings[0].recovered_at is None:
        last += " It is so still."
    before = f"Off since {stamp(alert.paused_at, zone)}. " if alert.paused_at else ""
    before += f"Muted until {stamp(alert.muted_until, zone)}. " if muted else ""
    return before + last


def alerts_title(alerts: Sequence[Alert]) -> str:
    """How many watch, and how many rang in the last 30 days."""
    watching = [one for one in alerts if one.paused_at is None]
    rang = [one for one in alerts if any((timezone.now() - ring.created_at).days < 30 for ring in one.rings.all())]
    said = f"{count(len(watching), 'alert')} {'watches' if len(watching) == 1 else 'watch'}"
    said = said[:1].upper() + said[1:]
    return f"{said}; {in_words(len(rang))} rang in the last 30 days" if rang else f"{said}; none rang lately"


def choices(product: Any) -> tuple[Choice, ...]:
    """The kinds that are offered, each with its sentence."""
    return tuple(Choice(kind.key, kind.label, kind.sentence(product, whole(kind.slots, {}))) for kind in KINDS.values())


def history_card(found: History) -> HistoryCard:
    """ "Would have rung three times in the past year: 4 Mar 2026, …"."""
    if found.since is None:
        return HistoryCard("It cannot be tried on the past", (), sentence(named(found.why)), known=False)
    span = "in the past year" if found.whole else f"since {day(found.since)}"
    note = "" if found.whole else f"Nothing is known of it before {day(found.since)}."
    if not found.rings:
        return HistoryCard(f"It would not have rung {span}", (), note)
    times = {1: "once", 2: "twice"}.get(len(found.rings), count(len(found.rings), "time"))
    lines = [f"{day(ring.at)}: {named(ring.text)}" for ring in found.rings[-SHOWN:]]
    more = len(found.rings) - SHOWN
    lines = [f"{count(more, 'earlier time').capitalize()}", *lines] if more > 0 else lines
    return HistoryCard(f"It would have rung {times} {span}", tuple(lines), note)


def now_lines(states: Sequence[State]) -> tuple[NowLine, ...]:
    """What it sees now; what would ring at once first."""
    verdicts: Mapping[bool | None, Verdict] = {
        True: Verdict("warn", "Rings"),
        False: Verdict("good", "Quiet"),
        None: Verdict("unknown", "Unknown"),
    }
    ordered = sorted(states, key=lambda state: (state.on is not True, state.on is None, state.subject))
    return tuple(NowLine(named(state.text), verdicts[state.on]) for state in ordered)
