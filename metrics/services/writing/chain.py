"""Keeping the chain of the audit: linking what was committed, anchoring it once a day, verifying the whole."""

from __future__ import annotations

import fcntl
import os
from datetime import date
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from metrics import jobs
from metrics.models.product import AuditLink
from metrics.models.work import Work
from metrics.queries.product import chain
from metrics.queries.product.chain import Anchor

AT_ONCE = 500
LOCK = 0x6175646974  # of PostgreSQL's advisory locks: who links is alone; SQLite has one writer anyway


class Broken(Exception):
    """The audit is not what was linked and anchored; the message has the faults."""


class NoAnchors(Exception):
    """The file of anchors cannot be read; the message names the line."""


def place() -> Path:
    """The file of anchors: a line a day of date, number and digest. A copy of it belongs on another machine."""
    return Path(settings.VAR_DIR) / "audit" / "ANCHORS"


def link() -> int:
    """Link the sealed entries that are committed, in the order in which they came; give how many."""
    count = 0
    while linked := _link_some():
        count += linked
    return count


def _link_some() -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        end = chain.last()
        number, previous = (end.number, end.digest) if end else (0, "")
        links = []
        for entry in chain.unlinked().iterator(AT_ONCE):
            if not chain.sealed(entry):
                continue  # `verify` names it
            number += 1
            digest = chain.linked(entry, number=number, previous=previous)["digest"]
            links.append(AuditLink(number=number, entry=entry.pk, previous=previous, digest=digest))
            previous = digest
            if len(links) == AT_ONCE:
                break
        AuditLink.objects.bulk_create(links)
    return len(links)


def anchors(path: Path | None = None) -> list[Anchor]:
    """What was anchored, oldest first; nothing where there is no file of the installation's own. Raises NoAnchors."""
    try:
        lines = (path or place()).read_text().splitlines()
    except FileNotFoundError:
        if path is None:
            return []
        raise NoAnchors(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise NoAnchors(f"{path or place()}: {error}") from error
    found = [_anchor(line, at) for at, line in enumerate(lines, 1)]
    if any(later.number < earlier.number for earlier, later in pairwise(found)):
        raise NoAnchors("the anchors do not ascend: a line was changed or put in")
    return found


def _anchor(line: str, at: int) -> Anchor:
    try:
        day, number, digest = line.split()
        return Anchor(day=date.fromisoformat(day), number=int(number), digest=digest)
    except ValueError:
        raise NoAnchors(
            f"line {at} of the anchors is none: “{line[:120]}”; it is a date, a number and a digest"
        ) from None


def anchor(*, today: date) -> Anchor | None:
    """Write the end of the chain into the file, once a day, on the disk when this returns; None where there is nothing.

    What was linked since the last anchor is verified first: what the platform did not write is never anchored.
    Raises Broken.
    """
    place().parent.mkdir(parents=True, exist_ok=True)
    with place().open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = anchors()
        newest, end = before[-1] if before else None, chain.last()
        found = [*chain.unanchored(before[-1:]), *chain.faults(after=newest)]
        found += chain.foreign(after=newest.number if newest else 0)
        if found:
            raise Broken(f"the audit does not hold: {'; '.join(found)[:800]}")
        if end is None or (newest is not None and newest.day >= today):
            return newest
        file.write(f"{today} {end.number} {end.digest}\n")
        file.flush()
        os.fsync(file.fileno())
    return Anchor(day=today, number=end.number, digest=end.digest)


def verified(held: list[Anchor]) -> list[str]:
    """Link what waits, and give every fault of the whole chain, held against anchors; none where it is as written."""
    link()
    return [*chain.faults(), *chain.unanchored(held), *chain.foreign(after=held[-1].number if held else 0)]


def link_due(work: Work) -> None:
    found = {"linked": link()}
    with transaction.atomic():
        jobs.finish(work, result=found)


def anchor_due(work: Work) -> None:
    link()
    made = anchor(today=timezone.now().date())
    with transaction.atomic():
        jobs.finish(work, result={"number": made.number if made else 0})
