"""How fast a new value matrix redraws the profit curve, with its band, on the cube of a million rows.

    python -m tests.benchmarks.profit_curve [rows]

Printed: sweeping the cube once, then the median and 99th percentile of redrawing for matrices that have never been
seen: constants, an amount of the row, and assumptions with draws. Held to 50 ms (median) a redraw.
"""

import sys
import time

import numpy as np
import pyarrow as pa

from metrics.core.draws import K
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.sweep import Sweep
from metrics.core.kpi.threshold import curve_of

LIMIT = 0.050
REPEATS = 60
SEED = 11


def cube_of(rows):
    generator = np.random.default_rng(SEED)
    truth = generator.random(rows) < 0.3
    table = pa.table(
        {
            "example_id": np.arange(rows).astype(str),
            "y_true": truth.astype(float),
            "y_score": np.clip(0.4 * truth + 0.6 * generator.random(rows), 0, 1),
            "amount": generator.lognormal(3, 0.7, rows).round(2),
        }
    )
    return scan(table, segments=[], amounts=["amount"])


def matrices(generator, amount, drawn):
    """Another value matrix each time: base and rate of the cells, as numbers or as draws."""

    def number(centre):
        spread = generator.standard_normal(K) if drawn else generator.standard_normal()
        return centre + 0.1 * abs(centre) * spread

    column = "amount" if amount else None
    rate = (lambda centre: number(centre)) if amount else (lambda centre: 0.0)
    while True:
        yield {
            "tp": CellValue(number(-3.0), rate(0.2), column),
            "fp": CellValue(number(-3.0), rate(-0.05), column),
            "tn": CellValue(0.0, 0.0, None),
            "fn": CellValue(0.0, rate(-0.1), column),
        }


def at_points(cells):
    return {name: CellValue(float(np.mean(c.base)), float(np.mean(c.rate)), c.column) for name, c in cells.items()}


def main(rows=1_000_000):
    cube = cube_of(rows)
    start = time.perf_counter()
    sweep = Sweep.of(cube, ("amount",), seed=SEED)
    print(f"{rows:,} rows, {len(sweep.threshold)} thresholds, {K:,} draws")
    print(f"sweeping the cube, once for all matrices: {1e3 * (time.perf_counter() - start):.0f} ms")
    held = True
    for words, amount, drawn in (
        ("constants", False, False),
        ("an amount of the row", True, False),
        ("an amount, assumptions with draws", True, True),
    ):
        source, seconds = matrices(np.random.default_rng(SEED), amount, drawn), []
        for _ in range(REPEATS):
            cells = next(source)
            start = time.perf_counter()
            curve_of(sweep, at_points(cells), cells_draws=cells, unit="EUR")
            seconds.append(time.perf_counter() - start)
        median, worst = np.median(seconds), np.quantile(seconds, 0.99)
        held &= bool(median <= LIMIT)
        print(f"redraw, {words}: median {1e3 * median:.1f} ms, p99 {1e3 * worst:.1f} ms")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:2])))
