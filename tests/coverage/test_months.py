"""The committed section of months of money has every cell, keeps its promises, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.months import (
    DESIGNS,
    QUANTITIES,
    REPEATS,
    TITLE,
    Cell,
    Design,
    promise,
    read,
    sample,
    simulated,
    written,
)
from tests.coverage.populations import SHARE
from tests.coverage.table import PATH, sections

QUICK = 40  # repeats of the reduced version


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_with_at_least_2000_repeats(table: list[Cell]) -> None:
    assert [(cell.design, cell.quantity) for cell in table] == [(one, name) for one in DESIGNS for name in QUANTITIES]
    assert REPEATS >= 2000
    assert {design.season for design in DESIGNS} == {"none", "waves", "months", "peak"}


def test_every_promise_is_held(table: list[Cell]) -> None:
    for cell in table:
        least, most = promise(cell.design, cell.quantity)
        assert least <= cell.coverage <= most, (cell.design, cell.quantity)
        if (cell.design.season, cell.quantity) != ("peak", "the highest month"):
            assert least >= (0.93 if cell.design.rows >= 50_000 else 0.91)


def test_the_section_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert written(table).strip() == section.strip()


@pytest.mark.parametrize("design", DESIGNS[:2], ids=lambda one: f"{one.rows} rows, season {one.season}")
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design) -> None:
    committed = {cell.quantity: cell for cell in table if cell.design == design}
    for cell in simulated(design, repeats=QUICK, processes=1):
        expected = committed[cell.quantity]
        error = np.sqrt(max(expected.coverage * (1 - expected.coverage), 0.004) / QUICK)
        assert abs(cell.coverage - expected.coverage) <= 4 * error, cell
        assert cell.width == pytest.approx(expected.width, rel=0.25), cell


def test_the_truth_is_that_of_many_rows() -> None:
    decisions, cases, true = sample(np.random.default_rng(3), Design(2_000_000, "waves"))
    assert decisions.counts()["tp"] + decisions.counts()["fn"] == pytest.approx(SHARE * 2_000_000, rel=0.01)
    for at, month in enumerate(decisions.months()):
        (tp, fp), amounts = (decisions.counts(("month", month))[one] for one in ("tp", "fp")), decisions.dense
        earned = 0.3 * amounts(("month", month))[:, 1, 1, 1].sum() - 5 * (tp + fp)
        assert earned / decisions.n(("month", month)) == pytest.approx(true[at], rel=0.04)
    assert len(cases) == 12
