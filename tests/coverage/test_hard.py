"""The committed section of hard cases is whole, keeps its promises, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.hard import DESIGNS, FIGURES, REPEATS, TITLE, Cell, Design, read, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 40
QUICKLY = (
    Design("KS", "informative", 100),
    Design("ECE", "calibrated", 500),
    Design("value", "4.0% positive", 500),
    Design("value", "Pareto 1.1", 500),
)


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


def test_every_band_holds_what_it_promises_or_is_refused(table: list[Cell]) -> None:
    for cell in table:
        assert cell.holds, cell
        assert cell.refused > 0.5 or cell.held >= cell.design.promise, cell


def test_what_has_no_variance_is_refused_and_what_has_one_is_not(table: list[Cell]) -> None:
    refused = {(cell.design.case, cell.design.rows): cell.refused for cell in table if cell.design.figure == "value"}
    assert refused["Pareto 1.1", 5000] > 0.99
    assert refused["lognormal 1", 5000] < 0.01


@pytest.mark.parametrize("design", QUICKLY, ids=lambda one: f"{one.figure}, {one.case}, {one.rows} rows")
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design: Design) -> None:
    expected = next(cell for cell in table if cell.design == design)
    cell = simulated(design, repeats=QUICK, processes=1)
    assert abs(cell.refused - expected.refused) <= 4 * np.sqrt(
        max(expected.refused * (1 - expected.refused), 0.01) / QUICK
    )
    assert abs(cell.kept - expected.kept) <= 4 * np.sqrt(max(expected.kept * (1 - expected.kept), 0.01) / QUICK)
    if expected.refused < 0.5:
        assert cell.width == pytest.approx(expected.width, rel=0.3)


def test_the_truth_is_that_of_many_samples() -> None:
    """Points of many samples lie about what is called true; only KS and ECE are raised by chance, and little here."""
    for design, within in (
        (Design("KS", "informative", 5000), 0.02),
        (Design("ECE", "too steep", 5000), 0.01),
        (Design("value", "4.0% positive", 500), 0.25),
        (Design("value", "lognormal 1", 5000), 0.02),
    ):
        points, truth = [], 0.0
        for repeat in range(12):
            random = np.random.default_rng([5, repeat])
            quantity, truth = FIGURES[design.figure](design, random, repeat)
            points.append(quantity.point)
        assert np.mean(points) == pytest.approx(truth, abs=within), design
