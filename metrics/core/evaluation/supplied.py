"""A cube, or sums, that somebody else made of rows that are not here: held to what a scan can give before it is kept.

Whether it follows from the rows only who has them can tell; that it is whole, finite and of one piece is told here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from metrics.core.documents import digest as digest_of
from metrics.core.draws import BUCKETS, SMALL_BUCKETS
from metrics.core.evaluation.metrics.tasks import TASKS, Measured
from metrics.core.evaluation.statistics.container import ContainerError, claimed
from metrics.core.evaluation.statistics.cube import BINS, ROWS, WEIGHT, Breakdown, Cube
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.rows.groups import MAX_GROUPS, MAX_MONTHS, MONTH

MOST_BYTES = 256 << 20  # once it is unpacked
MOST_COLUMNS = 33  # of groups: 32 segments and the month


def name_of(source: str, *, n: int | None, digest: str | None, cube: str) -> str:
    """The digest that names rows elsewhere: where they lie, how many, that of their ids and labels, and the sha256 of
    their cube or sums. Another snapshot has another name."""
    return digest_of({"kind": "rows elsewhere", "source": source, "n": n, "digest": digest, "cube": cube})


def supplied(content: bytes, task: str) -> Measured:
    """What the bytes are of a task. Raises ContainerError for what no scan of its rows gives."""
    if claimed(content) > MOST_BYTES:
        raise ContainerError(f"it takes more than {MOST_BYTES >> 20} MB once it is unpacked")
    try:
        found = TASKS[task].read(content)
        _check(found, task)
        if found.to_bytes() != content:
            raise ContainerError("a scan of the same rows gives other bytes")
        TASKS[task].evaluate(found, seed=None)
    except ContainerError:
        raise
    except (ValueError, LookupError, TypeError, ArithmeticError, AttributeError) as error:
        raise ContainerError(f"no figure of the task {task} can be made of it") from error
    return found


def _check(found: Measured, task: str) -> None:
    if found.n_buckets not in (BUCKETS, SMALL_BUCKETS):
        raise ContainerError("rows are hashed into another number of buckets")
    if isinstance(found, Cube):
        _check_cube(found)
    else:
        _check_sums(found, task)


def _check_cube(cube: Cube) -> None:
    for name, values, most in (("edges", cube.edges, BINS - 1), ("distinct scores", cube.levels, None)):
        inside = bool(
            np.isfinite(values).all() and ((values >= 0) & (values <= 1)).all() and (np.diff(values) > 0).all()
        )
        if not inside or (most is not None and len(values) > most):
            raise ContainerError(f"its {name} are none of scores from 0 to 1")
    if cube.whole.groups != ("",) or len(cube.columns) > MOST_COLUMNS:
        raise ContainerError("its groups are none of a scan")
    whole = _of_groups(cube.whole)
    for column, part in cube.columns.items():
        if len(part.groups) > (MAX_MONTHS if column == MONTH else MAX_GROUPS) + 1 or len(set(part.groups)) != len(
            part.groups
        ):
            raise ContainerError(f"the column {column[:40]} has more groups than are kept apart")
        if not np.allclose(_of_groups(part), whole, rtol=1e-9):
            raise ContainerError(f"the groups of the column {column[:40]} do not add up to the whole")


def _of_groups(part: Breakdown) -> list[float]:
    """Rows, weight and rows without a label of all groups."""
    _sound(part.tallies())
    if part.figures.shape[0] != len(part.groups) or part.unlabelled.shape != (len(part.groups),):
        raise ContainerError("its groups and their figures do not fit")
    if np.isinf(part.figures).any() or (part.unlabelled < 0).any() or (part.sums.sums < 0).any():
        raise ContainerError("it holds counts below 0, or figures that are not finite")
    return [*part.sums.sums[:, [ROWS, WEIGHT]].sum(axis=0), float(part.unlabelled.sum())]


def _check_sums(sums: Sums, task: str) -> None:
    if sums.facts.get("task") != task:
        raise ContainerError(f"it is of the task {str(sums.facts.get('task'))[:40]}, not {task}")
    _sound([sums.terms, *sums.grids.values()])
    if any(not np.isfinite(cells.sums).all() for cells in sums.cells.values()) or (sums.unlabelled < 0).any():
        raise ContainerError("it holds sums that are not finite, or counts below 0")
    if len(set(sums.groups)) != len(sums.groups) or len(sums.groups) > 1 + MOST_COLUMNS * (MAX_MONTHS + 1):
        raise ContainerError("its groups are none of a scan")


def _sound(tallies: Iterable[Tally]) -> None:
    for tally in tallies:
        if not np.isfinite(tally.sums).all() or not (np.diff(tally.index) > 0).all():
            raise ContainerError("it holds sums that are not finite, or cells that come twice")
