"""The committed section of the chosen one has every cell, keeps its promises, and is what the present code gives."""

import numpy as np
import pytest

from tests.coverage.table import PATH, sections
from tests.coverage.winners import DESIGNS, REPEATS, TITLE, Cell, read, sample, simulated, written

QUICK = 40  # repeats of the reduced version


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_with_at_least_1000_worlds(table: list[Cell]) -> None:
    assert [cell.design for cell in table] == list(DESIGNS)
    assert REPEATS >= 1000
    usual = {(one.truths, one.k) for one in DESIGNS if one.promise == (0.93, 0.97)}
    assert {(truths, k) for truths in ("equal", "scattered") for k in (2, 5, 14, 50)} <= usual
    assert {one.truths for one in DESIGNS if one.promise[0] == 0.9} == {"ahead", "equal", "scattered"}


def test_every_promise_is_held_by_the_corrected_band_and_not_by_the_naive_one(table: list[Cell]) -> None:
    for cell in table:
        assert cell.holds, cell
    naive = {(cell.design.truths, cell.design.k, cell.design.correlation): cell.naive for cell in table}
    assert naive["equal", 50, 0.0] < 0.5


def test_the_section_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert written(table).strip() == section.strip()


@pytest.mark.parametrize(
    "design", [DESIGNS[2], DESIGNS[-1]], ids=lambda one: f"{one.truths}, the {one.chosen} of {one.k}"
)
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], design) -> None:
    committed = next(cell for cell in table if cell.design == design)
    cell = simulated(design, repeats=QUICK, processes=1)
    for mine, its in ((cell.coverage, committed.coverage), (cell.naive, committed.naive)):
        assert abs(mine - its) <= 4 * np.sqrt(max(its * (1 - its), 0.004) / QUICK)
    assert cell.width == pytest.approx(committed.width, rel=0.15)
    assert cell.bias == pytest.approx(committed.bias, abs=4 * 1.5 / np.sqrt(QUICK))


@pytest.mark.parametrize("design", DESIGNS[::5], ids=str)
def test_worlds_have_the_noise_and_the_correlation_that_they_say(design) -> None:
    truths, errors, points, draws = sample(design, np.random.default_rng(5))
    assert truths.shape == errors.shape == points.shape == (design.k,)
    np.testing.assert_allclose(draws.std(axis=1), errors, rtol=0.1)
    correlations = np.corrcoef(draws)[np.triu_indices(design.k, 1)]
    np.testing.assert_allclose(correlations, design.correlation, atol=0.12)
    np.testing.assert_allclose(draws.mean(axis=1), points, atol=0.15)
