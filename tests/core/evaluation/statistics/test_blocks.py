"""Blocks of weeks: their length against the published algorithm, their weights, and what they make of figures."""

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import signal, special

from metrics.core.draws import SMALL_BUCKETS, bucket_weights
from metrics.core.evaluation.metrics.forecast import evaluate, scan
from metrics.core.evaluation.statistics.blocks import FEW, Blocks, block_length, politis_white
from metrics.core.evaluation.statistics.long_run import half_width, weighed
from metrics.core.evaluation.statistics.sums import DAY, WEEK
from metrics.core.selection.compare import compare
from tests.core.tables import SEED, estimate, forecasts

WEEKLY = 7 * 24


def lasting(persistence: float, n: int, seed: int = 5) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=n) * np.sqrt(1 - persistence**2)
    steps[0] /= np.sqrt(1 - persistence**2)
    return signal.lfilter([1.0], [1.0, -persistence], steps)


def weekly(error: np.ndarray, **more) -> pa.Table:
    """A forecast a week whose errors are these."""
    return forecasts(np.full(len(error), 50.0), 50 + error, half_width=None, every=WEEKLY, **more)


def copies(error: np.ndarray, times: int) -> pa.Table:
    """So many series with the same errors in the same weeks."""
    rows = weekly(error)
    parts = [
        rows.set_column(0, "example_id", pa.array([f"{at}-{one}" for one in range(len(error))])).append_column(
            "series", pa.array([str(at)] * len(error))
        )
        for at in range(times)
    ]
    return pa.concat_tables(parts)


# --- the length of blocks ------------------------------------------------------------------------------------------


def published(values: list[float]) -> float:
    """Politis, White 2004, section 3.2, with the constant of Patton, Politis, White 2009, in plain loops."""
    n = len(values)
    mean = sum(values) / n
    run, limit = max(5, math.ceil(math.log10(n) ** 0.5)), 2 * (math.log10(n) / n) ** 0.5
    most = min(math.ceil(n**0.5) + run, n - 1)
    r = [sum((values[t] - mean) * (values[t + k] - mean) for t in range(n - k)) / n for k in range(most + 1)]
    m_hat = None
    for m in range(most - run + 1):
        if all(abs(r[m + k] / r[0]) < limit for k in range(1, run + 1)):
            m_hat = m
            break
    if m_hat is None:
        m_hat = max((k for k in range(1, most + 1) if abs(r[k] / r[0]) >= limit), default=0)
    window = min(2 * max(m_hat, 1), most)
    g = g_zero = 0.0
    for k in range(-window, window + 1):
        t = abs(k) / window
        flat_top = 1.0 if t <= 0.5 else 2 * (1 - t)
        g += flat_top * abs(k) * r[abs(k)]
        g_zero += flat_top * r[abs(k)]
    best = (2 * g**2 / (4 / 3 * g_zero**2)) ** (1 / 3) * n ** (1 / 3)
    return min(max(best, 1.0), math.ceil(min(3 * n**0.5, n / 3)))


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [9, 52, 104, 400])
def test_the_length_is_that_of_the_published_algorithm(persistence: float, n: int) -> None:
    for seed in range(5):
        values = lasting(persistence, n, seed)
        assert politis_white(values) == pytest.approx(published(values.tolist()), rel=1e-9)


@pytest.mark.parametrize("persistence", [0.3, 0.7])
def test_the_length_for_a_long_autoregression_is_the_best_one_in_closed_form(persistence: float) -> None:
    """G = 2 φ / (1 − φ)² and g(0) = (1 + φ) / (1 − φ) at variance 1 … of φ / (1 − φ²) times two in their ratio."""
    n = 50_000
    best = (1.5 * (2 * persistence / (1 - persistence**2)) ** 2 * n) ** (1 / 3)
    assert politis_white(lasting(persistence, n)) == pytest.approx(best, rel=0.1)


def test_blocks_are_at_least_twice_as_long_as_the_cube_root_of_weeks() -> None:
    assert block_length(lasting(0.95, 400)) == round(politis_white(lasting(0.95, 400))) > 20
    assert block_length(np.random.default_rng(0).normal(size=104)) == math.ceil(2 * 104 ** (1 / 3)) == 10
    assert (block_length(np.ones(1)), block_length(np.ones(3)), block_length(np.ones(8))) == (1, 3, 4)


# --- draws ---------------------------------------------------------------------------------------------------------


def blocks(weeks: list[int], whole: list[int]) -> Blocks:
    numbers = (np.array(one, dtype=np.int64) for one in (weeks, whole))
    return Blocks(*numbers, seed=SEED, n_buckets=SMALL_BUCKETS, word="week")


def drawn(made: Blocks, values: np.ndarray, of_whole: np.ndarray | None = None) -> np.ndarray:
    """Draws of the mean of a value a week, beside that of the whole where it is needed."""
    tables = [np.column_stack([one, np.ones(len(one))]) for one in (values, of_whole) if one is not None]
    sums = made.summed(*tables)
    draws, _ = made.draws(sums[:, 0] / sums[:, 1], (-math.inf, math.inf))
    assert draws is not None
    return draws


def test_a_week_weighs_the_mean_of_the_blocks_that_begin_up_to_it() -> None:
    """The reference: moving averages of the weights of weeks, and the band of the long-run variance."""
    values, weeks = lasting(0.5, 60), np.arange(2000, 2060)
    length = block_length(values)
    begins = bucket_weights(SEED, SMALL_BUCKETS, np.arange(2000 - length + 1, 2060))
    weights = np.stack([begins[:, at : at + length].mean(axis=1) for at in range(60)], axis=1)
    deviations = (weights - 1) @ (values - values.mean())
    made = drawn(blocks(weeks.tolist(), weeks.tolist()), values) - values.mean()
    assert np.corrcoef(made, deviations)[0, 1] > 1 - 1e-9
    half = half_width(values, weighed(values))
    assert np.quantile(made, [0.025, 0.975]) == pytest.approx([-half, half], rel=0.08)


def test_a_group_has_the_weights_that_the_whole_has_of_its_weeks() -> None:
    """Blocks of twenty of sixty weeks begin before the first of them, in a week that the group has no rows of."""
    values, whole = np.random.default_rng(5).normal(size=60), list(range(500, 560))
    own, length = values[20:40], block_length(values[20:40])
    begins = bucket_weights(SEED, SMALL_BUCKETS, np.arange(520 - length + 1, 540))
    weights = np.stack([begins[:, at : at + length].mean(axis=1) for at in range(20)], axis=1)
    made = blocks(whole[20:40], whole)
    assert made.borrows
    assert np.corrcoef(drawn(made, own, values), (weights - 1) @ (own - own.mean()))[0, 1] > 1 - 1e-9


def test_weeks_without_rows_do_not_part_those_before_and_after() -> None:
    """Rows of months are as much alike as those of weeks."""
    values = lasting(0.8, 60)
    weekly_, monthly = (drawn(blocks(at, at), values) for at in (list(range(60)), list(range(0, 240, 4))))
    assert monthly.std() == pytest.approx(weekly_.std(), rel=0.08)


# --- figures -------------------------------------------------------------------------------------------------------


def test_weeks_are_numbered_in_order_over_the_ends_of_years_and_before_1970() -> None:
    for start in ("1964-12-07", "2023-11-27", "2027-01-04"):
        times = np.datetime64(start, "us") + np.arange(12) * np.timedelta64(7, "D")
        rows = weekly(np.arange(12.0))
        place = rows.schema.get_field_index("event_time")
        made = scan(rows.set_column(place, "event_time", pa.array(times, pa.timestamp("us", tz="UTC"))))
        assert made.unit == WEEK
        assert np.diff(made.buckets).tolist() == [1] * 11
        assert made.dense()[:, made.names.index("error")] == pytest.approx(np.arange(12.0))


def test_days_are_numbered_in_order_too() -> None:
    made = scan(forecasts(np.zeros(240), np.arange(240.0)))
    assert (made.unit, np.diff(made.buckets).tolist()) == (DAY, [1] * 9)


def test_twenty_series_with_the_same_errors_tell_what_one_does() -> None:
    error = lasting(0.5, 60)
    one, twenty = (scan(copies(error, times)) for times in (1, 20))
    for key in ("mae", "rmse", "bias"):
        first, second = (estimate(evaluate(made, seed=SEED, keys=[key])[key]) for made in (one, twenty))
        assert first.draws is not None
        np.testing.assert_allclose(first.draws, second.draws, rtol=1e-9, atol=1e-11)


def test_the_band_is_as_wide_as_the_long_run_variance_asks_for() -> None:
    """Blocks of 1,000 weeks are too short for φ = 0.9; what they lack is added."""
    error = lasting(0.9, 1000)
    bias = estimate(evaluate(scan(weekly(error)), seed=SEED, keys=["bias"])["bias"])
    low, high = bias.band() or (0.0, 0.0)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(19 / 1000), rel=0.35)
    assert low < bias.point < high


def test_draws_of_a_positive_figure_lie_about_its_point_on_the_logarithm() -> None:
    error = 5 * lasting(0.8, 60, seed=11)
    mae = estimate(evaluate(scan(weekly(error)), seed=SEED, keys=["mae"])["mae"])
    assert mae.draws is not None
    assert mae.draws.min() > 0
    low, high = np.log(mae.band() or (1.0, 1.0)) - np.log(mae.point)
    assert low == pytest.approx(-high, rel=0.25)
    assert high - low > 0.4


def test_figures_that_do_not_vary_have_draws_at_their_point() -> None:
    mae = estimate(evaluate(scan(weekly(np.full(60, 2.0))), seed=SEED, keys=["mae"])["mae"])
    assert mae.band() == (2.0, 2.0)


def test_what_lasts_in_a_difference_is_held_though_neither_run_shows_it() -> None:
    """Errors that both share are independent, their own last: the difference has the band of what lasts."""
    noise, own = 3 * np.random.default_rng(2).normal(size=400), lasting(0.8, 400)
    runs = [scan(weekly(noise + own)), scan(weekly(noise))]
    (row,) = compare(*runs, evaluate=evaluate, seed=SEED, directions={"bias": "down"}, keys=["bias"])
    low, high = estimate(row.difference).band() or (0.0, 0.0)
    assert high - low == pytest.approx(2 * half_width(own, weighed(own)), rel=0.35)
    assert high - low > 1.5 * 2 * 1.96 * own.std() / 20


def test_two_runs_are_drawn_in_the_same_weeks() -> None:
    common, own = lasting(0.8, 104), np.random.default_rng(4).normal(0, 0.2, 104)
    runs = [scan(weekly(5 * common)), scan(weekly(5 * (common + own)))]
    ways = {"bias": "down"}
    (row,) = compare(*runs, evaluate=evaluate, seed=SEED, directions=ways, keys=["bias"])
    each, both = (estimate(one).standard_error() or 0.0 for one in (row.a, row.difference))
    assert both < each / 3


def test_sums_of_two_spans_are_drawn_as_those_of_both_together() -> None:
    error = lasting(0.5, 80)
    rows = weekly(error)
    parts = [scan(rows.slice(0, 50)), scan(rows.slice(50))]
    together, added = (estimate(evaluate(one, seed=SEED)["mae"]) for one in (scan(rows), parts[0] + parts[1]))
    assert together.draws is not None
    np.testing.assert_allclose(added.draws, together.draws, rtol=1e-9)


def test_a_month_takes_the_dependence_of_the_whole() -> None:
    """Five weeks cannot tell how much alike they are; a year in which weeks are alike can."""
    widths = []
    for persistence in (0.0, 0.9):
        error = lasting(persistence, 150, seed=2)
        made = scan(weekly(error, segments=["month_of"], month_of=pa.array([f"m{at // 5}" for at in range(150)])))
        whole = made.dense(("month_of", "m3"))[:, made.names.index("error")]
        bias = evaluate(made, seed=SEED, keys=["bias"], group=("month_of", "m3"))["bias"]
        band = estimate(bias).band()
        widths.append(math.inf if band is None else (band[1] - band[0]) / whole.std())
    assert widths[1] > 2 * widths[0]


def test_where_weeks_are_nearly_one_no_band_is_printed_and_the_reason_is() -> None:
    slow = 10 + lasting(0.995, 52)
    for error, said in ((slow, "52 weeks are so much alike"), (slow[:5], "5 days are too few")):
        bias = estimate(evaluate(scan(weekly(error)), seed=SEED, keys=["bias"])["bias"])
        assert bias.draws is None
        assert said in (bias.no_band or "")
    assert FEW == 8


def test_draws_are_the_same_each_time_and_others_for_another_product() -> None:
    made = scan(weekly(lasting(0.5, 60)))
    first, again, other = (estimate(evaluate(made, seed=seed)["mae"]).draws for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_the_widening_of_few_weeks_is_students() -> None:
    """Of four weeks that whole years tell to be independent: t with 3 degrees of freedom."""
    random = np.random.default_rng(8)
    error = random.normal(size=400)
    names = pa.array(["few" if at % 100 == 7 else "other" for at in range(400)])
    made = scan(weekly(error, segments=["part"], part=names))
    bias = estimate(evaluate(made, seed=SEED, keys=["bias"], group=("part", "few"))["bias"])
    own = made.dense(("part", "few"))[:, made.names.index("error")]
    own = own[made.dense(("part", "few"))[:, 0] > 0]
    assert len(own) == 4
    low, high = bias.band() or (0.0, 0.0)
    expected = 2 * special.stdtrit(3, 0.975) * own.std(ddof=1) / 2
    assert high - low == pytest.approx(expected, rel=0.3)
