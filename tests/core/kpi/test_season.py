"""Seasons of value: what noise explains is shrunk, by quadrature of the posterior; the rest is drawn with the rows."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from metrics.core.calendar import later
from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.kpi.by_month import differences
from metrics.core.kpi.season import YEAR, Differences, Season, shrunk
from metrics.core.kpi.value import CellValue, value
from metrics.core.revenue.projection import Projection, project
from tests.coverage.months import Design, sample
from tests.coverage.populations import CELLS

SEED = 11
KNOWN = {"seed": SEED, "baseline": "act_on_none"}


def found_of(measured: Sequence[float], errors: Sequence[float], rows: Sequence[float] | None = None) -> Differences:
    """Measured differences, with draws about them of exactly these standard errors."""
    at = np.asarray(measured)
    random = np.random.default_rng(1).standard_normal((len(at), K))
    random = (random - random.mean(axis=1, keepdims=True)) / random.std(axis=1, ddof=1, keepdims=True)
    by_rows = at[:, None] + np.asarray(errors)[:, None] * random
    weight = np.asarray(rows if rows is not None else 1 / np.square(errors), dtype=float)
    return Differences(YEAR[: len(at)], weight, at, by_rows, np.broadcast_to(at[:, None], (len(at), K)))


@cache
def shapes(told: int) -> list[tuple[float, np.ndarray]]:
    """Chance and covariance of each shape of a year with spread 1, by the spectrum; a peak is of a told month."""
    apart = 2 * np.pi * np.subtract.outer(np.arange(12), np.arange(12)) / 12
    peaks = np.eye(12) - 1 / 12
    found = []
    for power in (0, 2):
        waves = sum((1 if k == 6 else 2) * np.cos(k * apart) / k**power for k in range(1, 7))
        waves = waves * 12 / np.trace(waves)
        found.append((1 / 6, waves))
        for share in (0.5, 0.9):
            for peak in peaks[:told]:
                alone = np.outer(peak, peak) * 12 / (peak @ peak)
                found.append((1 / 6 / told, (1 - share) * waves + share * alone))
    return found


def posterior_means(measured: Sequence[float], errors: Sequence[float]) -> list[float]:
    """E of the season given the first months over the posterior of τ and the shape: by Gauss–Legendre quadrature."""
    y, noise = np.asarray(measured), np.diag(np.square(errors))
    widest = 6 * float(np.sqrt(np.mean(y**2 + np.square(errors))))
    whole, mean = 0.0, np.zeros(len(y))
    for node, weight in zip(*np.polynomial.legendre.leggauss(300), strict=True):
        tau = widest * (1 + node) / 2
        for chance, shape in shapes(len(y)):
            own = tau**2 * shape[: len(y), : len(y)]
            total = own + noise
            solved = np.linalg.solve(total, y)
            density = weight * chance * np.linalg.det(total) ** -0.5 * np.exp(-(y @ solved) / 2)
            whole += density
            mean += density * (own @ solved)
    return (mean / whole).tolist()


@pytest.mark.parametrize(
    ("measured", "errors"),
    [
        ([0.3, -0.2, 0.1, -0.1, 0.05, -0.15], [0.1] * 6),
        ([0.3, -0.2, 0.1, -0.1, 0.05, -0.15], [0.3, 0.1, 0.05, 0.2, 0.1, 0.4]),
        ([0.02, -0.03, 0.01, 0.0, -0.01, 0.01], [0.1] * 6),
        ([0.4, -0.4], [0.1, 0.1]),
    ],
)
def test_a_month_is_shrunk_by_the_posterior_mean(measured, errors) -> None:
    season = shrunk(found_of(measured, errors), seed=SEED, sampled=True)
    points = [season.point[name] - 1 for name in YEAR[: len(measured)]]
    assert points == pytest.approx(posterior_means(measured, errors), rel=2e-3, abs=1e-6)


def test_what_noise_explains_is_shrunk_and_what_it_does_not_explain_stays() -> None:
    """Twelve months whose spread is that of their errors; and the same months with a hundredth of the error."""
    measured = 0.1 * np.array([1.5, -1.2, 0.3, -0.4, 0.8, -0.9, 0.1, -0.2, 0.6, -0.7, 1.0, -0.9])
    noise = shrunk(found_of(measured, [0.1] * 12), seed=SEED, sampled=True)
    sure = shrunk(found_of(measured, [0.001] * 12), seed=SEED, sampled=True)
    for at, name in enumerate(YEAR):
        assert abs(noise.point[name] - 1) < 0.4 * abs(measured[at])
        assert sure.point[name] - 1 == pytest.approx(measured[at], rel=1e-3)
        assert noise.measured[name] == pytest.approx(1 + measured[at])


def test_a_month_surer_than_the_others_by_its_own_rows_alone_is_as_unsure_as_they() -> None:
    """The variance a row is at least that of all months: own errors of 0.02 among 0.1, of equally many rows."""
    measured, errors = [-0.1, 0.1, 0.05, -0.05], [0.02, 0.1, 0.1, 0.1]
    found = shrunk(found_of(measured, errors, rows=[100.0] * 4), seed=SEED, sampled=True)
    alike = float(np.sqrt(np.mean(np.square(errors))))
    expected = posterior_means(measured, [alike, 0.1, 0.1, 0.1])
    assert [found.point[name] - 1 for name in YEAR[:4]] == pytest.approx(expected, rel=2e-3)


def test_a_month_without_rows_stands_at_the_whole_and_differs_by_what_months_differ() -> None:
    found = shrunk(found_of([0.3, -0.3, 0.2, -0.2, 0.1, -0.1], [0.01] * 6), seed=SEED, sampled=True)
    assert (found.measured["12"], found.point["12"]) == (1.0, 1.0)
    spread = float(np.std(found.drawn["12"]))
    assert 0.15 < spread < 0.5  # the six differ by 0.24
    assert abs(np.corrcoef(found.drawn["11"], found.drawn["12"])[0, 1]) < 0.3


def test_without_the_rows_drawn_a_season_has_no_spread() -> None:
    found = shrunk(found_of([0.3, -0.3, 0.1], [0.1] * 3), seed=SEED, sampled=False)
    for name in YEAR:
        assert found.drawn[name] == pytest.approx(np.full(K, found.point[name] - 1), abs=1e-12)


def test_a_month_moves_with_its_assumptions_where_they_move_it_otherwise_than_all() -> None:
    """Gains scale with an uncertain rate; months with higher amounts move more: by hand, v = rate · amount − 5."""
    decisions, _, _ = sample(np.random.default_rng(5), Design(60_000, "waves"))
    rate = 0.3 * (1 + 0.2 * np.linspace(-1, 1, K))
    drawn = {**CELLS, "tp": CellValue(-5.0, rate, "amount")}
    found = differences(decisions, CELLS, drawn, **KNOWN)
    assert found is not None
    for at, month in enumerate(decisions.months()):
        (here, all_rows) = (decisions.dense(group).sum(axis=0) for group in (("month", month), None))

        def worth(dense, r):
            earned = r * dense[1, 1, 1] - 5 * dense[:, 1, 0].sum()
            return earned / dense[..., 0].sum()

        expected = (worth(here, rate) - worth(all_rows, rate)) / worth(all_rows, 0.3)
        assert found.by_assumptions[at] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def projection(decisions, season: Season | None, months: int = 12) -> Projection:
    worth = value(decisions, CELLS, CELLS, per="case", unit="EUR", **KNOWN)
    random = np.random.default_rng(9)
    volume = [(later("2020-01", at), 1000 * float(np.exp(0.1 * random.standard_normal()))) for at in range(48)]
    found = project(value=worth, volume=volume, months=months, growth=None, seed=SEED, unit="EUR", season=season)
    assert isinstance(found, Projection)
    return found


def test_at_the_point_a_month_without_rows_stands_at_the_value_over_all_rows() -> None:
    """And its band is wider than that value's: it may differ as the others do."""
    season = shrunk(found_of([0.3, -0.3, 0.2, -0.2, 0.1, -0.1], [0.02] * 6), seed=SEED, sampled=True)
    worth = Estimate(5.0, "EUR", np.full(K, 5.0))
    volume = [(later("2020-01", at), 1000.0 + 100 * (at % 12)) for at in range(48)]
    found = project(value=worth, volume=volume, months=12, growth=None, seed=SEED, unit="EUR", season=season)
    assert isinstance(found, Projection)
    money, cases = found.months["2024-11"], found.volume["2024-11"]
    assert isinstance(money, Estimate)
    assert isinstance(cases, Estimate)
    assert money.point == pytest.approx(5 * cases.point, rel=1e-9)
    low, high = money.band() or (0.0, 0.0)
    assert high - low > 0.5 * money.point  # two standard deviations of the six others, each way


@pytest.mark.parametrize("months", [12, 24])
def test_a_years_total_is_what_it_is_by_the_measured_months_point_and_band(months: int) -> None:
    """The reference: each month's measured multiple as a number, as the total was computed before it was drawn."""
    decisions, _, _ = sample(np.random.default_rng(6), Design(5_000, "waves"))
    found = differences(decisions, CELLS, CELLS, **KNOWN)
    assert found is not None
    season = shrunk(found, seed=SEED, sampled=True)
    drawn, plain = projection(decisions, season, months), projection(decisions, None, months)
    worth = value(decisions, CELLS, CELLS, per="case", unit="EUR", **KNOWN)
    assert isinstance(worth, Estimate)
    expected = sum(worth.draws * season.measured[name[5:]] * cases.draws for name, cases in plain.volume.items())
    assert np.allclose(drawn.total.draws, expected, rtol=1e-9)
    point = sum(worth.point * season.measured[name[5:]] * cases.point for name, cases in plain.volume.items())
    assert drawn.total.point == pytest.approx(point, rel=1e-11)
    assert np.allclose(drawn.total.draws, sum(one.draws for one in drawn.months.values()))
    assert drawn.total.point == pytest.approx(sum(one.point for one in drawn.months.values()), rel=1e-10)


def test_months_beyond_a_whole_year_stand_as_they_are_believed() -> None:
    decisions, _, _ = sample(np.random.default_rng(6), Design(5_000, "waves"))
    found = differences(decisions, CELLS, CELLS, **KNOWN)
    assert found is not None
    season = shrunk(found, seed=SEED, sampled=True)
    worth = value(decisions, CELLS, CELLS, per="case", unit="EUR", **KNOWN)
    assert isinstance(worth, Estimate)
    short = projection(decisions, season, 3)
    for name, money in short.months.items():
        assert money.point == pytest.approx(worth.point * season.point[name[5:]] * short.volume[name].point)


def test_a_season_needs_two_months_with_rows_and_a_value_above_0() -> None:
    decisions, _, _ = sample(np.random.default_rng(2), Design(1_000, "none"))
    losing = {name: CellValue(-50.0, 0.0, None) for name in CELLS}
    assert differences(decisions, losing, losing, seed=SEED, baseline="none") is None
    one, _, _ = sample(np.random.default_rng(2), Design(60, "none"))
    assert differences(one, CELLS, CELLS, **KNOWN) is None
