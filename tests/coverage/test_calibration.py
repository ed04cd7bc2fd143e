"""The committed section of calibrated mappings is whole, keeps its promise, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.calibration import CURVES, DESIGNS, LEAST, REPEATS, TITLE, Cell, read, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 40


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_with_at_least_2000_repeats(table: list[Cell]) -> None:
    assert [cell.design for cell in table] == list(DESIGNS)
    assert REPEATS >= 2000
    assert {design.pairs for design in DESIGNS} >= {8, 20}
    assert {design.curve for design in DESIGNS} == set(CURVES)


def test_every_promise_is_held(table: list[Cell]) -> None:
    for cell in table:
        assert cell.coverage >= LEAST, cell
        assert cell.isotonic == 0 or cell.design.pairs >= 20


def test_the_section_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert written(table) == section


@pytest.mark.parametrize("design", DESIGNS[:3], ids=lambda design: f"{design.pairs} pairs, {design.curve}")
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design) -> None:
    expected = table[DESIGNS.index(design)]
    cell = simulated(design, repeats=QUICK, processes=1)
    error = np.sqrt(expected.coverage * (1 - expected.coverage) / QUICK)
    assert abs(cell.coverage - expected.coverage) <= 4 * error
    assert cell.width == pytest.approx(expected.width, rel=0.2)


def test_a_repeat_is_the_same_whatever_the_processes() -> None:
    alone, again = (simulated(DESIGNS[0], repeats=4, processes=processes) for processes in (1, 2))
    assert alone == again
