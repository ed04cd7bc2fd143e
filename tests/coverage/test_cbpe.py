"""The committed section on performance without labels is whole, keeps its promises, and is what the code gives."""

import numpy as np
import pytest

from tests.coverage.cbpe import DESIGNS, FIGURES, REPEATS, TITLE, Cell, read, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 16


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_and_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert [cell.design for cell in table] == list(DESIGNS)
    assert REPEATS >= 2000
    assert written(table).strip() == section.strip()


def test_every_band_holds_what_it_promises(table: list[Cell]) -> None:
    for cell in table:
        assert cell.worst >= cell.design.least, cell


def test_inverted_labels_are_found_and_right_ones_are_not_accused(table: list[Cell]) -> None:
    for cell in table:
        assert cell.found > 0.99, cell
        assert cell.false <= 0.03, cell  # as the rule of the check says


@pytest.mark.parametrize("design", DESIGNS[1:2], ids=lambda one: f"{one.labels} labels, {one.scores}")
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design) -> None:
    expected = table[DESIGNS.index(design)]
    cell = simulated(design, repeats=QUICK, processes=1)
    for name in FIGURES:
        then = expected.coverage[name]
        assert abs(cell.coverage[name] - then) <= 4 * np.sqrt(max(then * (1 - then), 0.01) / QUICK), name
    assert cell.width == pytest.approx(expected.width, rel=0.3)
    assert cell.found == 1
