"""How fast a formula is answered: python -m tests.benchmarks.formula.

Printed: reading a formula, and its value over 2,000 draws (held to 1 ms, median).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.formula import estimate, parse
from metrics.core.formula.parsing import _parsed

DRAWS_LIMIT = 0.001
UNITS = {
    "recall": "",
    "precision": "",
    "volume": "booking/month",
    "value": "EUR/booking",
    "offer": "",
    "call_cost": "EUR/booking",
}
TEXTS = (
    "volume * value * recall",
    "volume * (recall * (value * (1 - offer)) - call_cost / precision)",
    "volume * clip(value * recall - call_cost, 0 * call_cost, value) if precision > 0.5 else 0",
    "min(volume * value, volume * call_cost * 40) * sqrt(recall * precision) + 0",
)


def timed(act, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def formulas():
    generator = np.random.default_rng(3)
    draws = {name: 0.6 + 0.05 * generator.standard_normal(K) for name in UNITS}
    values = {name: Estimate(0.6, unit, draws[name]) for name, unit in UNITS.items()}
    held = True
    for text in TEXTS:
        formula = parse(text, UNITS)
        read = timed(lambda text=text: _parsed.__wrapped__(text, tuple(UNITS.items()), ()), 200)
        over = timed(lambda formula=formula: formula.evaluate(draws), 500)
        whole = timed(lambda formula=formula: estimate(formula, values), 200)
        held &= bool(np.median(over) <= DRAWS_LIMIT)
        print(
            f"{text}\n  read {1e3 * np.median(read):.2f} ms; {K:,} draws: median {1e3 * np.median(over):.3f} ms, "
            f"p99 {1e3 * np.quantile(over, 0.99):.3f} ms; as an estimate {1e3 * np.median(whole):.3f} ms"
        )
    return held


if __name__ == "__main__":
    sys.exit(0 if formulas() else 1)
