"""The files of the store against the rows that name them: what is missing, changed, or named by nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from metrics import jobs, store
from metrics.models.evaluation import Artifact, DataSet, EvaluationRun, RemovedRows
from metrics.models.work import Work
from metrics.queries.delivery import packs
from metrics.queries.evaluation import uploads
from metrics.queries.selection import record

TOLD = 20  # files that damage names one by one


@dataclass(frozen=True)
class Checked:
    """named: how many files rows name. missing, changed: of those, a sentence each. unnamed: files that no row names,
    and their bytes; the sweep deletes them once they are a day old."""

    named: int
    missing: list[str]
    changed: list[str]
    unnamed: tuple[int, int]

    @property
    def damage(self) -> list[str]:
        return [*self.missing, *self.changed]


def named_files() -> Iterable[str]:
    """Digests of the files in the store that a row names, and that retention did not remove."""
    removed = set(RemovedRows.objects.values_list("digest", flat=True))
    for rows, columns in (
        (Artifact.objects.all(), ["file"]),
        (EvaluationRun.objects.filter(source=""), ["rows", "reference_rows"]),
        (DataSet.objects.all(), ["rows", "votes"]),
    ):
        for named in rows.values_list(*columns).iterator():
            yield from (digest for digest in named if digest and digest not in removed)
    yield from uploads.named_files()
    yield from record.named_files()
    yield from packs.named_files()


def check(*, contents: bool = False) -> Checked:
    """Hold the store against its rows; contents: every file's bytes against its digest too."""
    before = {file.name: file.size for file in store.files()}
    named = set(named_files())
    missing = sorted(digest for digest in named if digest not in before and not store.has(digest))
    changed = sorted(digest for digest in named.difference(missing) if contents and not store.intact(digest))
    unnamed = {name: size for name, size in before.items() if name not in named and store.has(name)}
    return Checked(
        len(named),
        [f"{digest}, {_whose(digest)}, is missing; restore it from a backup" for digest in missing],
        [f"{digest}, {_whose(digest)}, is not what was stored; restore it from a backup" for digest in changed],
        (len(unnamed), sum(unnamed.values())),
    )


def _whose(digest: str) -> str:
    """What a file is to the rows that name it."""
    runs = EvaluationRun.objects.filter(Q(rows=digest) | Q(reference_rows=digest)).select_related("product")
    sets = DataSet.objects.filter(Q(rows=digest) | Q(votes=digest)).select_related("product")
    for kind, found in (("run", runs.first()), ("data set", sets.first())):
        if found is not None:
            return f"rows of the {kind} {found} of {found.product}"
    made = Artifact.objects.filter(file=digest).first()
    if made is not None:
        return f"{made.document['kind']} of the document {made.digest[:12]}, which is made again when it is asked for"
    return "of a decision or a pack"


def check_due(work: Work) -> None:
    """Damage is told at /work/, where this is parked with it."""
    found = check()
    if found.damage:
        raise store.Missing(f"the store is damaged: {'; '.join(found.damage[:TOLD])}")
    with transaction.atomic():
        jobs.finish(work, result={"named": found.named, "unnamed": found.unnamed[0]})
