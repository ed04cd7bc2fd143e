"""make coverage: simulate every design and write docs/coverage.md; 15 to 25 minutes on two cores.

`python -m tests.coverage calibration` makes the section of calibrated mappings alone, `projections` that of
projections, `experiments` that of experiment mappings, `months` that of months of money, and leaves the rest as it is.
"""

import os
import sys
import time

# A process a core, and one thread in each.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

from tests.coverage import calibration, experiments, months, projections
from tests.coverage.simulation import DESIGNS, REPEATS, simulated
from tests.coverage.table import PATH, joined, sections, written


def main(asked: list[str]) -> None:
    """Make all sections, or those asked for."""
    found = sections(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    if not asked:
        found[""] = _rows()
    if not asked or calibration.NAME in asked:
        found[calibration.TITLE] = _calibrated()
    if not asked or experiments.NAME in asked:
        found[experiments.TITLE] = _experimented()
    if not asked or projections.NAME in asked:
        found[projections.TITLE] = _projected()
    if not asked or months.NAME in asked:
        found[months.TITLE] = _by_month()
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(joined(found), encoding="utf-8")
    print(f"written to {PATH.relative_to(PATH.parents[1])}")


def _calibrated() -> str:
    cells = []
    for design in calibration.DESIGNS:
        start = time.monotonic()
        cells.append(calibration.simulated(design))
        took = time.monotonic() - start
        print(f"{design.pairs} pairs, {design.curve}: {calibration.REPEATS:,} repeats in {took:.0f} s", flush=True)
    return calibration.written(cells)


def _experimented() -> str:
    cells = []
    for design in experiments.DESIGNS:
        start = time.monotonic()
        cells.append(experiments.simulated(design))
        print(f"{design}: {experiments.REPEATS:,} repeats in {time.monotonic() - start:.0f} s", flush=True)
    return experiments.written(cells)


def _projected() -> str:
    cells = []
    for design in projections.DESIGNS:
        start = time.monotonic()
        cells.append(projections.simulated(design))
        took = time.monotonic() - start
        print(f"{design.process}, {design.history} months: {projections.REPEATS:,} repeats in {took:.0f} s", flush=True)
    return projections.written(cells)


def _by_month() -> str:
    cells = []
    for design in months.DESIGNS:
        start = time.monotonic()
        cells += months.simulated(design)
        took = time.monotonic() - start
        print(f"months, {design.rows:,} rows: {months.REPEATS:,} repeats in {took:.0f} s", flush=True)
    return months.written(cells)


def _rows() -> str:
    cells = []
    for design in DESIGNS:
        start = time.monotonic()
        cells += simulated(design)
        print(f"{design.name}: {REPEATS:,} repeats in {time.monotonic() - start:.0f} s", flush=True)
    return written(cells)


if __name__ == "__main__":
    main(sys.argv[1:])
