"""Choosing among many candidates: python -m tests.benchmarks.selection.

Printed, as seconds of the wall and of one processor, medians of 3: of 100 and of 1,000 candidates with 4 objectives and
2,000 draws all that is known of the choice (front, chances, best, compromise), held to 0.5 s and 10 s; the
acceptabilities of three roles over 100 candidates, 5 objectives and 10,000 draws, held to 1 s; and of a desk of 14
candidates with 3 objectives everything, with acceptabilities, shares, stability and the next question. On a machine
that has other work, the seconds of the processor are the ones to read.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial

# As in a worker: one thread, so that the figure does not hang on the machine's cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from metrics.core.estimate import Estimate
from metrics.core.selection.answers import standing
from metrics.core.selection.best import p_best
from metrics.core.selection.candidates import Candidate, Field, gathered
from metrics.core.selection.close_calls import close_call
from metrics.core.selection.compromise import reversals
from metrics.core.selection.dominance import front, front_chances
from metrics.core.selection.information import information
from metrics.core.selection.objectives import Objective
from metrics.core.selection.questions import next_question
from metrics.core.selection.recommendation import recommended
from metrics.core.selection.selected_winner import chosen
from metrics.core.selection.simplex import order, region
from metrics.core.selection.smaa import acceptability
from metrics.core.selection.stability import nearest_change
from metrics.core.selection.weights import partial_values, winners

REPEATS = 3


def candidates(n: int, m: int, k: int) -> tuple[list[Candidate], list[Objective]]:
    """Candidates that trade one objective for another, as models do, with joint draws."""
    random = np.random.default_rng([n, m, k])
    points = random.dirichlet(np.ones(m), n) * m + 0.3 * random.normal(size=(n, 1))
    shared = random.normal(size=(m, k))
    units = ["EUR", *[""] * (m - 1)]
    objectives = [Objective(key=str(at), direction="up", unit=units[at], smallest=0.02) for at in range(m)]
    made = []
    for at in range(n):
        draws = points[at][:, None] + 0.1 * shared + 0.03 * random.normal(size=(m, k))
        figures = {one.key: Estimate(float(points[at, j]), one.unit, draws[j]) for j, one in enumerate(objectives)}
        made.append(Candidate(name=str(at), figures=figures))
    return made, objectives


def known(given: list[Candidate], objectives: list[Objective]) -> Field:
    """What is known of a choice, from the candidates' figures."""
    field = gathered(given, objectives, champion="0")
    front(field)
    front_chances(field)
    for one in objectives:
        p_best(field, one.key)
    recommended(field)
    return field


def desk(given: list[Candidate], objectives: list[Objective]) -> None:
    """Everything that a desk shows."""
    field = known(given, objectives)
    values, whole = partial_values(field), region(len(objectives))
    winners(values.points, whole)
    acceptability(values, whole)
    nearest_change(values.points, [1 / len(objectives)] * len(objectives))
    reversals(field)
    next_question(values.points, values.range, objectives, standing(values.points, values.range, []), [])
    for one in objectives:
        close_call(field, one.key)
        information(field, one.key)
    chosen({one.name: one.figures["0"] for one in given}, "0", "up")  # type: ignore[misc]


def timed(what: str, work: Callable[[], object], limit: float) -> bool:
    seconds = []
    for _ in range(REPEATS):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        seconds.append((time.process_time() - processor, time.perf_counter() - wall))
    processor, wall = sorted(seconds)[REPEATS // 2]
    print(f"{what}: {processor:.3f} s of the processor, {wall:.3f} s of the wall (limit {limit:g} s)")
    return processor <= limit


def main() -> None:
    held = []
    for n, limit in ((100, 0.5), (1000, 10.0)):
        given, objectives = candidates(n, 4, 2000)
        held.append(timed(f"{n:,} candidates, 4 objectives, 2,000 draws", partial(known, given, objectives), limit))
    given, objectives = candidates(100, 5, 10_000)
    values = partial_values(gathered(given, objectives))
    roles = [region(5), region(5, order(5, [0, 1, 2])), region(5, order(5, [4, 3]))]
    what = "acceptabilities of 3 roles, 100 candidates, 5 objectives, 10,000 draws"
    held.append(timed(what, lambda: [acceptability(values, one) for one in roles], 1.0))
    given, objectives = candidates(14, 3, 2000)
    held.append(timed("a desk of 14 candidates, 3 objectives, 2,000 draws", partial(desk, given, objectives), 0.3))
    sys.exit(not all(held))


if __name__ == "__main__":
    main()
