"""When an alert would have rung: its condition at the moments of the past year at which it may have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from metrics.queries.delivery.alerts.kind import Kind, Slots
from metrics.queries.documents.known import Known

YEAR = timedelta(days=365)
MOST = 400  # moments that are looked at, the newest


@dataclass(frozen=True)
class Rang:
    at: datetime
    text: str


@dataclass(frozen=True)
class History:
    """rings: ascending. since: from when on it is known; None where nothing is, why: the reason. cut: whether more
    moments were there than are looked at."""

    rings: tuple[Rang, ...]
    since: datetime | None
    why: str = ""
    whole: bool = True


def history(kind: Kind, known: Known, slots: Slots, until: datetime) -> History:
    """Over the year before a moment, or since anything is known."""
    if kind.no_history:
        return History((), None, kind.no_history)
    first = kind.since(known)
    if first is None or first >= until:
        return History((), None, "nothing is known of it yet")
    since = max(first, until - YEAR)
    held = {at for at in kind.moments(known, slots, since, until) if since < at <= until}
    moments = [since, *sorted(held)[-MOST:]]
    rings: list[Rang] = []
    on: set[str] = {state.subject for state in kind.then(known, slots, moments[0]) if state.on}
    if first == since:  # what was so from the first moment that anything was known rang then
        rings += [Rang(since, state.text) for state in kind.then(known, slots, since) if state.on]
    for at in moments[1:]:
        seen: set[str] = set()
        for state in kind.then(known, slots, at):
            seen.add(state.subject)
            if state.on and state.subject not in on:
                rings.append(Rang(at, state.text))
                on.add(state.subject)
            elif state.on is False:
                on.discard(state.subject)
        on &= seen
    return History(tuple(rings), since, whole=len(held) <= MOST and first <= until - YEAR)
