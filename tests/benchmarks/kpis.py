"""A thousand different KPIs over 10,000 draws each: python -m tests.benchmarks.kpis.

800 formulas, no two alike, over 24 quantities with units (metrics, assumptions, a KPI), and 200 value matrices with
cells over the same assumptions, on the sums of one run's decisions. Each is a KPI as the product makes it: read with
its units checked, its point, and a value in every draw. Printed: seconds of reading them all, and of giving all their
values with the readings remembered, as a worker does (held to 1 s, the median of 5).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from metrics.core.estimate import Estimate, made
from metrics.core.formula import estimate, parse
from metrics.core.kpi.matrix import Matrix, cells_at, parse_matrix
from metrics.core.kpi.value import Means

DRAWS, FORMULAS, MATRICES = 10_000, 800, 200
LIMIT, REPEATS, SEED = 1.0, 5, 20_261_123
SHARES = [f"share_{number}" for number in range(10)]
COUNTS = [f"cases_{number}" for number in range(7)]
AMOUNTS = [f"amount_{number}" for number in range(7)]
UNITS = (
    dict.fromkeys(SHARES, "") | dict.fromkeys(COUNTS, "case/month") | dict.fromkeys(AMOUNTS, "EUR/case")
)  # fmt: skip
# p, q: shares; n: cases a month; v, w: money a case; c: a written number, another in each KPI.
TEXTS = (
    "{n} * ({p} * ({v} * (1 - {q})) - {c} * {w})",
    "{n} * {v} * {p} * {c}",
    "{n} * clip({v} * {p} - {w}, 0 * {w}, {c} * {v})",
    "{n} * {v} * ({p} if {q} > {c} else {p} * {q})",
    "min({n} * {v} * {p}, {n} * {w} * {c})",
    "{n} * ({v} * sqrt({p} * {q}) + {w} * {c})",
    "{n} * max({v} * {p} / ({q} + {c}), {w})",
    "({n} * {v} * {p} - {n} * {w}) * (1 - {q}) ** 2 + {c} * {n} * {w}",
)


def main() -> None:
    generator = np.random.default_rng(SEED)
    values = quantities(generator)
    means = decided(generator)
    start = time.perf_counter()
    formulas = [parse(text, UNITS) for text in texts(generator)]
    matrices = [parse_matrix(one, UNITS, "EUR", case="case") for one in definitions(generator)]
    read = time.perf_counter() - start
    assert len({formula.text for formula in formulas}) == FORMULAS
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = [estimate(formula, values) for formula in formulas]
        found += [priced(matrix, means, values) for matrix in matrices]
        seconds.append(time.perf_counter() - start)
        assert all(isinstance(one, Estimate) and one.draws is not None and one.draws.shape == (DRAWS,) for one in found)
    took = float(np.median(seconds))
    print(
        f"{FORMULAS + MATRICES:,} KPIs x {DRAWS:,} draws: read {read:.2f} s; values {took:.2f} s "
        f"({', '.join(f'{one:.2f}' for one in seconds)})"
    )
    sys.exit(took > LIMIT)


def quantities(generator: np.random.Generator) -> dict[str, Estimate]:
    centre = {name: at for names, at in ((SHARES, 0.6), (COUNTS, 4000.0), (AMOUNTS, 30.0)) for name in names}
    return {
        name: Estimate(at, UNITS[name], at * (1 + 0.05 * generator.standard_normal(DRAWS)))
        for name, at in centre.items()
    }


def texts(generator: np.random.Generator) -> list[str]:
    found: list[str] = []
    for number in range(FORMULAS):
        (p, q), (v, w) = generator.permutation(SHARES)[:2], generator.permutation(AMOUNTS)[:2]
        names = {"p": p, "q": q, "v": v, "w": w, "n": generator.choice(COUNTS)}
        found.append(TEXTS[number % len(TEXTS)].format(**names, c=f"{0.2 + number / 10_000:.4f}"))
    return found


def definitions(generator: np.random.Generator) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for number in range(MATRICES):
        v, w = generator.permutation(AMOUNTS)[:2]
        (p,) = generator.permutation(SHARES)[:1]
        cells = {"tp": f"{v} * {p} - {w} * {0.1 + number / 1000:.3f}", "fp": f"-{w}", "tn": "0", "fn": f"-{v} * {p}"}
        found.append({
            "kind": "value_matrix", "cells": {name: {"base": text} for name, text in cells.items()},
            "threshold": {"kind": "fixed", "at": 0.5}, "baseline": ("act_on_none", "act_on_all", "none")[number % 3],
        })  # fmt: skip
    return found


def decided(generator: np.random.Generator) -> Means:
    """Shares of the four outcomes of a run of 20,000 rows, and in each draw."""
    whole = np.array([[0.62, 0.08], [0.1, 0.2]])
    drawn = generator.multinomial(20_000, whole.ravel(), size=DRAWS).reshape(DRAWS, 2, 2, 1) / 20_000
    of_buckets = generator.multinomial(200, whole.ravel(), size=100).reshape(100, 2, 2, 1) / 200
    apart = (of_buckets - whole[..., None]) / 20_000
    return Means((), 20_000.0, whole[..., None], drawn, apart, tails={})


def priced(matrix: Matrix, means: Means, values: dict[str, Estimate]) -> object:
    """A value matrix at its point, and in every draw, as `metrics.core.kpi.value.value` has it."""
    at_points = cells_at(matrix, {name: values[name].point for name in matrix.names})
    at_draws = cells_at(matrix, {name: values[name].draws for name in matrix.names})
    assert means.drawn is not None
    point = float(means.gain(means.whole, at_points, baseline=matrix.baseline, per=matrix.per))
    return made(point, means.gain(means.drawn, at_draws, baseline=matrix.baseline, per=matrix.per), matrix.unit)


if __name__ == "__main__":
    main()
