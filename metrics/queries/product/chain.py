"""The chain of the audit: what an entry's digest is over, and whether every entry is still what was linked.

An entry carries the platform's seal from the moment it is written. A link gives it a number, names the digest of the
link before, and is digested with all that the entry says; an anchor holds the newest link of a day outside the
database.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from metrics.models.product import AuditEntry, AuditLink

SALT = "metrics.audit"
AT_ONCE = 1000
EXACT = 2**53  # whole numbers beyond are written as databases hand them back: as floats


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """What stood at the end of the chain on a day."""

    day: date
    number: int
    digest: str


def content(entry: AuditEntry) -> dict[str, Any]:
    """All that an entry says, as plain JSON that is alike from every database."""
    detail = json.loads(json.dumps(entry.detail), parse_int=_number, parse_float=_number, parse_constant=str)
    return {
        "id": entry.pk,
        "at": entry.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "product": entry.product,
        "action": entry.action,
        "subject": entry.subject,
        "detail": detail,
    }


def _number(text: str) -> Any:
    value = float(text)
    if not math.isfinite(value):
        return text
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def text(said: dict[str, Any]) -> bytes:
    """The one text of plain JSON that seals and digests are over: keys sorted, no blanks, ASCII."""
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


def seal(entry: AuditEntry) -> str:
    """By the secret key of the installation, so that whoever writes into the database alone makes no entry."""
    return salted_hmac(SALT, text(content(entry)), algorithm="sha256").hexdigest()


def sealed(entry: AuditEntry) -> bool:
    return constant_time_compare(entry.seal, seal(entry))


def linked(entry: AuditEntry, *, number: int, previous: str) -> dict[str, Any]:
    """An entry as a line of the chain, with the digest of all the rest."""
    said = content(entry) | {"seal": entry.seal, "number": number, "previous": previous}
    return said | {"digest": hashlib.sha256(text(said)).hexdigest()}


def unlinked() -> QuerySet[AuditEntry]:
    """Entries that are in no chain yet, as they came."""
    links = AuditLink.objects.filter(entry=OuterRef("pk"))
    return AuditEntry.objects.filter(~Exists(links)).order_by("created_at", "pk")


def last() -> AuditLink | None:
    return AuditLink.objects.order_by("-number").first()


def walked(*, after: int = 0) -> Iterator[tuple[AuditLink, AuditEntry | None]]:
    """The links behind a number in their order, each with its entry, or None where that is gone."""
    while links := list(AuditLink.objects.filter(number__gt=after).order_by("number")[:AT_ONCE]):
        entries = AuditEntry.objects.in_bulk([link.entry for link in links])
        yield from ((link, entries.get(link.entry)) for link in links)
        after = links[-1].number


def faults(*, after: Anchor | None = None) -> Iterator[str]:
    """Where the chain does not hold, a sentence each; after: what is behind an anchor alone, and the anchor itself."""
    number, previous = (after.number, after.digest) if after else (0, "")
    for link, entry in walked(after=number):
        if link.number != number + 1:
            yield f"{_numbers(number + 1, link.number - 1)} removed from the chain"
        elif link.previous != previous:
            yield f"number {link.number} does not follow number {number}: the link was changed or put in"
        if entry is None:
            yield f"number {link.number}: its entry {link.entry} was removed"
        elif linked(entry, number=link.number, previous=link.previous)["digest"] != link.digest:
            yield f"number {link.number}: {_named(entry)} was changed since it was linked, or put in another's place"
        number, previous = link.number, link.digest


def foreign(*, after: int) -> Iterator[str]:
    """Entries that the platform did not write: those in no chain, and those linked behind a number."""
    for entry in unlinked().iterator(AT_ONCE):
        if not sealed(entry):
            yield f"no number: {_named(entry)} was put in, and not by the platform"
    for link, held in walked(after=after):
        if held is not None and not sealed(held):
            yield f"number {link.number}: {_named(held)} was put in, and not by the platform"


def unanchored(anchors: Iterable[Anchor]) -> Iterator[str]:
    """Where the chain is not the one that was anchored."""
    end = last()
    for anchor in anchors:
        link = AuditLink.objects.filter(number=anchor.number).first()
        if link is None and (end is None or anchor.number > end.number):
            gone = _numbers(end.number + 1 if end else 1, anchor.number)
            yield f"{gone} removed from the end: the anchor of {anchor.day} holds number {anchor.number}"
        elif link is None:
            yield f"number {anchor.number} is gone, which the anchor of {anchor.day} holds"
        elif link.digest != anchor.digest:
            yield f"number {anchor.number} is not that of the anchor of {anchor.day}: the chain was written anew"


def _numbers(first: int, end: int) -> str:
    return f"number {first} was" if first == end else f"numbers {first} to {end} were"


def _named(entry: AuditEntry) -> str:
    return f"entry {entry.pk} ({entry.actor} {entry.action} {entry.subject})"
