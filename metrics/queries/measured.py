"""What was measured of a run, read from the store: its cube or its sums, kept in memory by the file's digest."""

from __future__ import annotations

from functools import lru_cache

from metrics import store
from metrics.core.evaluation.cube import Cube
from metrics.core.evaluation.sums import Sums
from metrics.core.evaluation.tasks import TASKS
from metrics.models.evaluation import Artifact, EvaluationRun
from metrics.queries import documents

HELD = 16  # in each process


def artifact_file(digest: str) -> str:
    """The file of an artifact, or "" where it is not stored (yet)."""
    found = Artifact.objects.filter(digest=digest).values_list("file", flat=True).first()
    return found if found and store.path(found).exists() else ""


def cube_file(run: EvaluationRun) -> str:
    """The file that holds what was measured of a run, or "" while there is none."""
    if not run.rows:
        return ""
    return artifact_file(documents.cube(documents.Book(), run))


@lru_cache(maxsize=HELD)
def read(file: str, task: str) -> Cube | Sums:
    """What a file of the store holds, as its task reads it."""
    return TASKS[task].read(store.get(file))


def of_run(run: EvaluationRun) -> Cube | Sums | None:
    """What was measured of a run; None while there is nothing."""
    file = cube_file(run)
    return read(file, run.task) if file else None


def groups(found: Cube | Sums) -> list[tuple[str, str]]:
    """Every (column, group name) that has rows, months as ("month", "2016-10")."""
    return found.groups() if isinstance(found, Cube) else [group for group in found.groups if group[0]]
