"""Figures of what is not saved yet: the sums of the mapping in force stand in for those that are not computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from metrics import store
from metrics.core.kpi.kinds import kind_of
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import kpi
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import speaks_of, stands_on
from metrics.queries.documents.source import Shelf

NOT_COMPUTED = "not computed yet: that begins when it is saved"
StandIns = Mapping[str, tuple[str, bool]]


class Supposed(Shelf):
    """A Shelf that gives the sums in force for those that are not computed yet.

    instead: digest → that of the sums in force, and whether they are the very same. held: whether any that are not the
    very same were given.
    """

    def __init__(self, book: Book, instead: StandIns) -> None:
        super().__init__(book)
        self.instead = instead
        self.held = False

    def file(self, digest: str) -> str:
        try:
            return super().file(digest)
        except store.Missing:
            if digest not in self.instead:
                raise
        other, exact = self.instead[digest]
        self.held = self.held or not exact
        return super().file(other)


def instead(known: Known, versions: Iterable[MappingVersion]) -> dict[str, tuple[str, bool]]:
    """What may stand in for the sums that the champion would have under these versions, by the versions in force."""
    pairs: dict[str, tuple[str, bool]] = {}
    for version in versions:
        in_force = known.approved.get(version.mapping.kpi.key)
        champion = stands_on(version, known)
        if champion is None or in_force is None or not speaks_of(in_force, champion, known):
            continue
        if in_force.definition["kind"] == version.definition["kind"]:
            new, old = (kpi.kpi(known.book, champion, each, known) for each in (version, in_force))
            pairs |= stand_in(known.book, new, old)
    return pairs


def stand_in(book: Book, new: str, old: str) -> dict[str, tuple[str, bool]]:
    """Digest of the sums of one KPI document → that of another's that may stand in, and if it is the very same.

    None of another run: those are decisions on other cases, or of another model.
    """
    mine, theirs = book[new], book[old]
    if mine["run"] != theirs["run"]:
        return {}
    kind = kind_of(mine["definition"])
    if mine["definition"]["kind"] != theirs["definition"]["kind"] or not {kind.sums} <= mine.keys() & theirs.keys():
        return {}
    wanted, at_hand = mine[kind.sums], theirs[kind.sums]
    exact = kind.stands_in(mine, theirs, book[wanted], book[at_hand])
    return {} if exact is None else {wanted: (at_hand, exact)}
