"""make coverage: simulate every design and write docs/coverage.md; an hour or two on two cores.

`python -m tests.coverage calibration` makes the section of that NAME alone, and leaves the rest as it is; so does the
name of every other module of SECTIONS, and several names make several. Without a name all is made.
"""

import os
import sys
import time
from types import ModuleType

# A process a core, and one thread in each.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

from tests.coverage import (
    calibration,
    cbpe,
    dependence,
    experiments,
    hard,
    months,
    projections,
    simulation,
    table,
    winners,
)
from tests.coverage.table import PATH, joined, sections

# In the order of the document: a module that has NAME, TITLE, DESIGNS, REPEATS, simulated and written.
SECTIONS = (
    calibration,
    experiments,
    projections,
    months,
    dependence,
    hard,
    cbpe,
    winners,
)


def main(asked: list[str]) -> None:
    """Make all sections, or those asked for."""
    unknown = set(asked) - {module.NAME for module in SECTIONS}
    if unknown:
        sys.exit(f"no section is called {', '.join(sorted(unknown))}: {', '.join(one.NAME for one in SECTIONS)}")
    found = sections(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    if not asked:
        found[""] = table.written(_cells(simulation))
    for module in SECTIONS:
        if not asked or module.NAME in asked:
            found[module.TITLE] = module.written(_cells(module))
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(joined(found), encoding="utf-8")
    print(f"written to {PATH.relative_to(PATH.parents[1])}")


def _cells(module: ModuleType) -> list[object]:
    """What a module finds of each of its designs, one cell or several."""
    cells: list[object] = []
    for design in module.DESIGNS:
        start = time.monotonic()
        made = module.simulated(design)
        cells += made if isinstance(made, list) else [made]
        print(f"{design}: {module.REPEATS:,} repeats in {time.monotonic() - start:.0f} s", flush=True)
    return cells


if __name__ == "__main__":
    main(sys.argv[1:])
