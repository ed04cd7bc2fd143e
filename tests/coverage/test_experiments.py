"""The committed section of experiment mappings is whole, keeps its promise, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.experiments import DESIGNS, LEAST, REPEATS, TITLE, Cell, read, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 40


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_and_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert [cell.design for cell in table] == list(DESIGNS)
    assert REPEATS >= 2000
    assert written(table) == section


def test_every_promise_is_held_where_a_slope_is_printed(table: list[Cell]) -> None:
    for cell in table:
        assert min(cell.slope, cell.kpi) >= LEAST, cell


def test_mostly_noise_is_hardly_ever_printed_as_causal(table: list[Cell]) -> None:
    hopeless = table[DESIGNS.index(next(one for one in DESIGNS if one.reliability < 0.2))]
    assert hopeless.printed < 0.4
    assert hopeless.graded < 0.05


@pytest.mark.parametrize("design", DESIGNS[:1], ids=str)
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design) -> None:
    expected = table[DESIGNS.index(design)]
    cell = simulated(design, repeats=QUICK, processes=1)
    for now, then in ((cell.slope, expected.slope), (cell.kpi, expected.kpi)):
        assert abs(now - then) <= 4 * np.sqrt(max(then * (1 - then), 0.01) / QUICK)
    assert cell.plain == pytest.approx(expected.plain, rel=0.1)
