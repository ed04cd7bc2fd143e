"""make coverage: simulate every design and write docs/coverage.md; 10 to 20 minutes on two cores."""

import os
import time

# A process a core, and one thread in each.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

from tests.coverage.simulation import DESIGNS, REPEATS, simulated
from tests.coverage.table import PATH, written


def main() -> None:
    cells = []
    for design in DESIGNS:
        start = time.monotonic()
        cells += simulated(design)
        print(f"{design.name}: {REPEATS:,} repeats in {time.monotonic() - start:.0f} s", flush=True)
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(written(cells), encoding="utf-8")
    print(f"written to {PATH.relative_to(PATH.parents[1])}")


if __name__ == "__main__":
    main()
