"""What was measured of a run, read from the store: its cube or its sums, kept in memory by the file's digest."""

from __future__ import annotations

from collections.abc import Iterable

from metrics import store
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.sums import ROWS, Sums
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import evaluation, source
from metrics.queries.documents.book import Book


def artifact_files(digests: Iterable[str]) -> dict[str, str]:
    """Digest → the file of the artifact, or "" where it is not stored (yet); in one query."""
    wanted = list(digests)
    found = dict(source.FILES(wanted))
    files = {digest: found.get(digest, "") for digest in wanted}
    return {digest: file if file and store.has(file) else "" for digest, file in files.items()}


def cube_file(run: EvaluationRun) -> str:
    """The file that holds what was measured of a run, or "" while there is none."""
    return cube_files([run])[run.pk]


def cube_files(runs: Iterable[EvaluationRun]) -> dict[str, str]:
    """Run id → the file that holds what was measured of it, or "" while there is none; in one query."""
    book = Book()
    digests = {run.pk: evaluation.cube(book, run) if run.rows else "" for run in runs}
    files = artifact_files(filter(None, digests.values()))
    return {key: files.get(digest, "") for key, digest in digests.items()}


def read(file: str, task: str) -> Cube | Sums:
    """What a file of the store holds, as its task reads it."""
    return source.read(file, TASKS[task].read)


def of_run(run: EvaluationRun) -> Cube | Sums | None:
    """What was measured of a run; None while there is nothing."""
    file = cube_file(run)
    return read(file, run.task) if file else None


def groups(found: Cube | Sums) -> list[tuple[str, str]]:
    """Every (column, group name) that has rows, months as ("month", "2016-10")."""
    return found.groups() if isinstance(found, Cube) else [group for group in found.groups if group[0]]


def labelled(found: Cube | Sums, group: tuple[str, str]) -> int:
    """How many labelled rows a group has."""
    if isinstance(found, Sums):
        return round(found.total(ROWS, group))
    part = found.part(group)
    return int(part.totals[0]) if part else 0
