"""The committed section of what scores foretell is whole, keeps its promise, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.cbpe import DESIGNS, FIGURES, REPEATS, TITLE, Cell, read, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 40


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_and_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert [(cell.design, cell.figure) for cell in table] == [(one, name) for one in DESIGNS for name in FIGURES]
    assert REPEATS >= 2000
    assert written(table) == section


def test_every_promise_is_held(table: list[Cell]) -> None:
    for cell in table:
        assert cell.coverage >= cell.design.least, cell
        assert cell.alarms <= 0.03, cell


def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell]) -> None:
    for cell in simulated(DESIGNS[0], repeats=QUICK, processes=1):
        (expected,) = [one for one in table if (one.design, one.figure) == (cell.design, cell.figure)]
        error = np.sqrt(max(expected.coverage * (1 - expected.coverage), 0.01) / QUICK)
        assert abs(cell.coverage - expected.coverage) <= 4 * error
        assert cell.width == pytest.approx(expected.width, rel=0.2)
