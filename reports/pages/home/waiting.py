"""What waits for a person: mapping versions to sign, with what they change, decisions and their terms, and notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.queries.documents.known import Known
from metrics.queries.kpi.waiting import thing
from metrics.things import Thing
from reports.addresses import address
from reports.pages.decision.asked import Asked
from reports.pages.mapping.diff import against_force
from reports.pages.mapping.impact import version_impact
from reports.pages.mapping.signatures import Action, actions
from reports.words.phrases import Verdict

PRICED = 10  # proposals whose impact is computed on the page; the others tell it on their own
KINDS = {
    "expires_30": Verdict("info", "30 days"),
    "expires_7": Verdict("warn", "7 days"),
    "expired": Verdict("bad", "Expired"),
    "commented": Verdict("info", "Comment"),
    "objected": Verdict("warn", "Objection"),
    "endorsed": Verdict("good", "Endorsed"),
    "approved": Verdict("good", "Approved"),
    "asked": Verdict("info", "Asked"),
    "decision": Verdict("info", "Decision"),
    "joined": Verdict("warn", "Joined"),
}


@dataclass(frozen=True)
class ProposalLine:
    """A version that waits; `sign`: the act that is asked of this person, `impact`: what it changes, in a line."""

    id: str
    title: str
    product: str
    author: str
    since: date
    note: str
    diff: str
    impact: str
    url: str
    digest: str
    sign: Action | None


@dataclass(frozen=True)
class NoticeLine:
    id: str
    text: str
    product: str
    url: str
    since: date
    verdict: Verdict
    read: bool


@dataclass(frozen=True)
class WaitingPage:
    title: str
    proposals: tuple[ProposalLine, ...]
    choices: tuple[Asked, ...]
    unread: tuple[NoticeLine, ...]
    earlier: tuple[NoticeLine, ...]


def waiting_page(user: Any, versions: Sequence[Any], notices: Sequence[Any], choices: tuple[Asked, ...]) -> WaitingPage:
    products = {version.mapping.product_id: version.mapping.product for version in versions}
    known = {each.product.pk: each for each in Known.of(products.values())}
    lines = tuple(
        _proposal(user, version, known[version.mapping.product_id], priced=place < PRICED)
        for place, version in enumerate(versions)
    )
    told = [_notice(row) for row in notices]
    unread = tuple(row for row in told if not row.read)
    waits = len(lines) + len(choices) + len(unread)
    title = f"{waits} {'thing waits' if waits == 1 else 'things wait'} for you" if waits else "Nothing waits for you"
    return WaitingPage(title, lines, choices, unread, tuple(row for row in told if row.read))


def _proposal(user: Any, version: Any, known: Known, *, priced: bool) -> ProposalLine:
    mapping = version.mapping
    found = [action for action in actions(user, version, mapping.product) if action.act in ("endorse", "approve")]
    return ProposalLine(
        id=f"{mapping.pk}-{version.number}",
        title=f"{mapping.name}, version {version.number}",
        product=mapping.product.name,
        author=str(version.author),
        since=mapping.product.day(version.created_at),
        note=version.note,
        diff=against_force(version, known),
        impact=version_impact(version, known).sentence if priced else "",
        url=address(thing(version)),
        digest=version.digest,
        sign=next(iter(found), None),
    )


def _notice(row: Any) -> NoticeLine:
    return NoticeLine(
        id=row.pk,
        text=row.text,
        product=row.product.name,
        url=address(Thing.read(row.thing)),
        since=row.product.day(row.created_at),
        verdict=KINDS[row.kind],
        read=row.read_at is not None,
    )
