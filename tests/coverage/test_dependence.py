"""The committed section on dependence has every cell, keeps its promises, and is what the present code gives."""

import numpy as np
import pytest

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics import forecast
from tests.coverage.dependence import DESIGNS, QUANTITIES, REPEATS, TITLE, Cell, read, sample, simulated, written
from tests.coverage.table import PATH, sections

QUICK = 40


@pytest.fixture(scope="module")
def section() -> str:
    return sections(PATH.read_text(encoding="utf-8"))[TITLE]


@pytest.fixture(scope="module")
def table(section: str) -> list[Cell]:
    return read(section)


def test_the_section_has_every_cell_with_at_least_2000_repeats(table: list[Cell]) -> None:
    assert [(cell.design, cell.quantity) for cell in table] == [
        (design, quantity) for design in DESIGNS for quantity in QUANTITIES
    ]
    assert REPEATS >= 2000
    for process, series in (("AR(1) 0.8", 1), ("independent", 20), ("AR(1) 0.8", 20)):
        weeks = [design.times for design in DESIGNS if (design.process, design.series) == (process, series)]
        assert weeks == [52, 104]


def test_every_promise_is_held(table: list[Cell]) -> None:
    for cell in table:
        long = cell.design.times >= 104 and cell.design.step == "week"
        assert cell.coverage >= (0.93 if long else 0.91), (cell.design.name, cell.design.process, cell.quantity)
        if cell.design.process == "independent":
            assert cell.coverage <= 0.98, (cell.design.name, cell.quantity)
            assert cell.printed == 1
        assert cell.holds


def test_mean_errors_are_always_printed_from_104_weeks(table: list[Cell]) -> None:
    assert all(cell.printed > 0.99 for cell in table if cell.design.times >= 104 and cell.quantity == "MAE")


def test_the_section_is_read_as_it_was_written(table: list[Cell], section: str) -> None:
    assert written(table) == section


@pytest.mark.parametrize("name", ["52 weeks", "52 weeks, 20 series"])
def test_the_present_code_gives_the_section_within_its_monte_carlo_error(table: list[Cell], name: str) -> None:
    design = next(one for one in DESIGNS if one.name == name and one.process == "AR(1) 0.8")
    committed = {cell.quantity: cell for cell in table if cell.design == design}
    for cell in simulated(design, repeats=QUICK, processes=1):
        expected = committed[cell.quantity]
        error = np.sqrt(expected.coverage * (1 - expected.coverage) / (QUICK * expected.printed))
        assert abs(cell.coverage - expected.coverage) <= 4 * error, cell
        assert abs(cell.printed - expected.printed) <= 4 * np.sqrt(0.25 / QUICK), cell
        assert cell.width == pytest.approx(expected.width, rel=0.3), cell


def test_the_errors_have_the_figures_that_are_called_true() -> None:
    random = np.random.default_rng(3)
    for design in DESIGNS:
        tables = [sample(random, design) for _ in range(12_000 // design.times)]
        for model, sigma in enumerate((10.0, 9.0)):
            errors = np.concatenate([one[model]["y_pred"].to_numpy() - 100 for one in tables])
            assert np.abs(errors).mean() == pytest.approx(sigma * np.sqrt(2 / np.pi), rel=0.1)
            assert abs(errors.mean()) < 1.2


def test_series_taken_as_independent_would_show() -> None:
    """Where each week of each series is a cluster of its own, the promise is left far behind."""
    design = next(one for one in DESIGNS if one.series == 20 and one.process == "AR(1) 0.8" and one.times == 104)
    held = 0
    for repeat in range(QUICK):
        rows, _ = sample(np.random.default_rng([77, repeat]), design)
        alone = rows.append_column("cluster_id", rows["example_id"])
        figure = forecast.evaluate(forecast.scan(alone), seed=repeat, keys=["mae"])["mae"]
        assert isinstance(figure, Estimate)
        low, high = figure.band() or (0.0, 0.0)
        held += low <= 10 * np.sqrt(2 / np.pi) <= high
    assert held < 0.5 * QUICK


def test_a_repeat_is_the_same_whatever_the_processes() -> None:
    alone, again = (simulated(DESIGNS[0], repeats=4, processes=processes) for processes in (1, 2))
    assert alone == again
