"""Why a product's headline moved between two moments: a bridge over what differs between the documents of both.

What does not count in a total at one of the moments (grade D, expired, retired) is a part of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from metrics import store
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.bridge import Bridge, Coalition, bridge, counted
from metrics.memory import MEMORY
from metrics.models.revenue import RevenueResult
from metrics.models.work import NO_FIGURE, Change
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.grade import Grade, Grader, grader
from metrics.queries.kpi.then import in_force
from metrics.queries.revenue.bridge_factors import ASSUMPTION, DIGEST
from metrics.queries.revenue.bridge_moments import Mixed, Mixing, Moved, Side
from metrics.queries.revenue.changes import recent
from metrics.queries.revenue.outlook import why_not

OTHERS = "assumptions"
# Each factor more doubles the work; assumptions beyond these, by what they do alone, stand together.
MOST_IN_A_REQUEST = 8
SETTLED = 20  # changes that are looked through for the last one that is known


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Why a figure is in no total, before the change or after it, and since when that is known to be so."""

    reasons: tuple[str, ...]
    since: date | None
    letter: str
    before: bool
    after: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Explained:
    """A change of the headline and its bridge; before and after: the figures, and the digests of their receipts.

    after is Unknown where the mapping was retired. left_out: what the bridge's part "left out" stands for.
    counts_otherwise: whether its part "definition" is another way to count, and nothing else.
    """

    at: datetime
    receipts: tuple[str, str]
    before: Quantity
    after: Quantity
    bridge: Bridge | Unknown
    moved: Mapping[str, Moved]
    mix: Mixed | None = None
    left_out: LeftOut | None = None
    counts_otherwise: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Taken:
    """A change taken apart, whatever of it counts."""

    bridge: Bridge | Unknown
    moved: Mapping[str, Moved]
    mix: Mixed | None = None
    counts_otherwise: bool = True


def last_explained(known: Known) -> Explained | None:
    """The newest change that led from one known headline to another, or to none; None where there is none.

    A figure that stopped counting since, with no other change, has its bridge too.
    """
    settled = [change for change in recent(known) if change.after][:SETTLED]
    for change in settled:
        gone = change is settled[0] and change.after == NO_FIGURE
        if change.before != change.after and len(change.before) == DIGEST and (gone or len(change.after) == DIGEST):
            found = explained(change, known)
            if found is not None:
                return found
    if not settled or len(settled[0].after) != DIGEST:
        return None
    held = Change(
        product=known.product, before=settled[0].after, after=settled[0].after, created_at=settled[0].created_at
    )
    found = explained(held, known)
    return found if found is not None and found.left_out is not None and found.left_out.before else None


def explained(change: Change, known: Known) -> Explained | None:
    """A change with its bridge of what counts; None where a headline is not stored or Unknown."""
    receipts = (change.before, change.after)
    rows = known.money([digest for digest in receipts if len(digest) == DIGEST])
    retired = change.after == NO_FIGURE
    ends = [quantity(rows.get(digest)) for digest in receipts[: 1 if retired else 2]]
    estimates = [end for end in ends if isinstance(end, Estimate)]
    if len(estimates) < len(ends):
        return None
    start, end = estimates[0], estimates[-1]
    try:
        last = rows[receipts[0] if retired else receipts[1]]
        taken = MEMORY.made(("bridge", receipts[0], last.digest), lambda: _between(rows[receipts[0]], last))
    except store.Missing as missing:
        taken = Taken(bridge=Unknown(str(missing)), moved={})
    left_out = _left_out(change, rows, known)
    found = taken.bridge
    if left_out is not None and isinstance(found, Bridge):
        found = counted(found, start, end, before=left_out.before, after=left_out.after)
    return Explained(
        at=change.created_at,
        receipts=receipts,
        before=start,
        after=Unknown(left_out.reasons[0]) if retired and left_out else end,
        bridge=found,
        moved=taken.moved,
        mix=taken.mix,
        counts_otherwise=taken.counts_otherwise,
        left_out=left_out,
    )


def _left_out(change: Change, rows: Mapping[str, RevenueResult], known: Known) -> LeftOut | None:
    """Why a headline does not count; None where both do. That before is judged on the day of the change."""
    day = known.product.day(change.created_at)
    before = Grader(known, today=day).of(rows[change.before].document)
    if change.after == NO_FIGURE:
        then = in_force(known, None, known.at) if known.at else None
        reason = (then.reason if then else why_not(known)) or "there is no figure"
        return LeftOut(reasons=(reason,), since=day, letter="", before=before.counts, after=False)
    after = grader(known).of(rows[change.after].document)
    if before.counts and after.counts:
        return None
    wanting: Grade = before if after.counts else after
    return LeftOut(
        reasons=wanting.reasons, since=wanting.since, letter=wanting.letter, before=before.counts, after=after.counts
    )


def _between(before: RevenueResult, after: RevenueResult) -> Taken:
    """The bridge between two stored headlines; their documents never change."""
    rows = (before, after)
    ends = [quantity(row) for row in rows]
    if before.digest == after.digest:
        return Taken(bridge=bridge(lambda _: ends[0], ()), moved={})
    sides = [Side.of(row.document) for row in rows]
    mixing = Mixing(sides[0], sides[1], ends[0], ends[1])
    grouped = _few(mixing)
    value_of = lambda coalition: mixing.value_of(_spread(coalition, grouped))  # noqa: E731
    found = bridge(value_of, list(grouped))
    moved = {name: mixing.moved(name) for name in grouped}
    otherwise = mixing.differing.counts_otherwise
    return Taken(bridge=found, moved=moved, mix=mixing.split(), counts_otherwise=otherwise)


def _few(mixing: Mixing) -> dict[str, tuple[str, ...]]:
    """Name → factors under it: each alone, or the assumptions that move least together."""
    factors = mixing.factors
    over = len(factors) - MOST_IN_A_REQUEST
    if over <= 0:
        return {name: (name,) for name in factors}
    start = mixing.ends[0]

    def alone(name: str) -> float:
        found = mixing.value_of(frozenset({name}))
        known = isinstance(found, Estimate) and isinstance(start, Estimate)
        return abs(found.point - start.point) if known else float("inf")  # type: ignore[union-attr]

    least = sorted((name for name in factors if name.startswith(ASSUMPTION)), key=alone)[: over + 1]
    return {name: (name,) for name in factors if name not in least} | {OTHERS: tuple(least)}


def _spread(coalition: Coalition, grouped: Mapping[str, tuple[str, ...]]) -> Coalition:
    return frozenset(factor for name in coalition for factor in grouped[name])
