"""Runs are compared pair by pair of draws, refused where they saw other data, and judged by what is worth having."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics.binary import DEFINITIONS, evaluate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.rows.table import data_digest, with_kinds
from metrics.core.selection.compare import (
    Difference,
    Facts,
    compare,
    compare_all,
    differences,
    refusal,
    same_predictions,
    ways,
)
from metrics.core.selection.delong import PairedAucs, paired
from tests.places import SHARED

SEED = 11
DIRECTIONS = {key: definition.direction for key, definition in DEFINITIONS.items()}


def cube(label: object, score: object, segment: object = None) -> Cube:
    columns = {
        "example_id": [str(one) for one in range(len(label))],  # type: ignore[arg-type]
        "y_true": np.asarray(label, dtype=float),
        "y_score": np.asarray(score, dtype=float),
    }
    if segment is not None:
        columns["segment"] = pa.array(segment, pa.string())
    return scan(pa.table(columns), segments=[] if segment is None else ["segment"], amounts=[])


def two_runs(n: int, *, noise: float = 0.5, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, a good score, and the same score with noise."""
    random = np.random.default_rng(seed)
    signal = random.normal(size=n)
    label = (signal + random.normal(size=n) > 0.5).astype(float)
    score = 1 / (1 + np.exp(-signal))
    return label, score, 1 / (1 + np.exp(-(signal + noise * random.normal(size=n))))


def compared(a: Cube, b: Cube, **others: object) -> dict[str, Difference]:
    rows = compare(a, b, evaluate=evaluate, seed=SEED, directions=DIRECTIONS, **others)  # type: ignore[arg-type]
    return {row.key: row for row in rows}


def about(center: float, spread: float, *, seed: int = 1) -> Estimate:
    """An estimate with normal draws."""
    return Estimate(center, "", center + spread * np.random.default_rng(seed).normal(size=2000))


def judged(a: Estimate, b: Estimate, *, smallest: float = 0.0, direction: str | float = "up") -> Difference:
    rows = differences({"it": a}, {"it": b}, directions={"it": direction}, smallest={"it": smallest})  # type: ignore[dict-item]
    return rows[0]


ZERO = Estimate(0.0, "", np.zeros(2000))


# --- differences ---------------------------------------------------------------------------------------------------


def test_a_difference_is_paired_draw_by_draw() -> None:
    label, better, worse = two_runs(5000)
    row = compared(cube(label, better), cube(label, worse))["roc_auc"]
    assert isinstance(row.difference, Estimate)
    assert isinstance(row.a, Estimate)
    assert isinstance(row.b, Estimate)
    np.testing.assert_array_equal(row.difference.draws, row.a.draws - row.b.draws)
    assert row.difference.point == pytest.approx(row.a.point - row.b.point, abs=1e-12)
    assert row.probability == 1
    assert row.verdict == "better"
    unpaired = np.hypot(row.a.standard_error(), row.b.standard_error())
    assert row.difference.standard_error() < 0.6 * unpaired


@pytest.mark.parametrize("noise", [0.2, 1.0])
def test_the_band_of_an_auc_difference_agrees_with_delong(noise: float) -> None:
    label, one, other = two_runs(20_000, noise=noise)
    row = compared(cube(label, one), cube(label, other), keys=["roc_auc"])["roc_auc"]
    test = paired(label, one, other)
    assert isinstance(test, PairedAucs)
    assert isinstance(row.difference, Estimate)
    assert row.difference.point == pytest.approx(test.difference, abs=1e-11)
    assert row.difference.standard_error() == pytest.approx(test.standard_error, rel=0.15)


def test_exchanging_the_runs_turns_every_row_about() -> None:
    label, one, other = two_runs(3000, noise=0.05)
    forth, back = (
        compared(*pair) for pair in ((cube(label, one), cube(label, other)), (cube(label, other), cube(label, one)))
    )
    turned = {"better": "worse", "worse": "better"}
    for key, row in forth.items():
        mirror = back[key]
        assert mirror.verdict == turned.get(row.verdict, row.verdict)
        assert mirror.probability == pytest.approx(1 - row.probability)
        np.testing.assert_array_equal(mirror.difference.draws, -row.difference.draws)


def test_a_loss_is_better_when_it_is_lower() -> None:
    label, better, worse = two_runs(5000)
    row = compared(cube(label, better), cube(label, worse))["log_loss"]
    assert row.difference.point < 0
    assert (row.direction, row.verdict, row.probability) == ("down", "better", 1)


def test_each_group_is_compared_on_its_own_rows() -> None:
    label, better, worse = two_runs(4000)
    segment = np.where(np.arange(4000) % 2 == 0, "even", "odd")
    mixed = np.where(segment == "even", better, worse)
    runs = (cube(label, mixed, segment), cube(label, worse, segment))
    groups = (None, ("segment", "even"), ("segment", "odd"), ("segment", "none"))
    rows = compare(*runs, evaluate=evaluate, seed=SEED, directions=DIRECTIONS, keys=["roc_auc", "brier"], groups=groups)
    assert [(row.group, row.key) for row in rows] == [(group, key) for group in groups for key in ("roc_auc", "brier")]
    verdicts = [row.verdict for row in rows if row.key == "brier"]
    assert verdicts == ["better", "better", "alike", "cannot tell"]
    assert rows[4].difference.point == 0
    assert rows[-1].difference == Unknown("no labelled rows where segment is none")


def test_many_runs_are_set_against_one() -> None:
    label, best, middling = two_runs(3000)
    _, _, poor = two_runs(3000, noise=2.0)
    runs = {"best": cube(label, best), "middling": cube(label, middling), "poor": cube(label, poor)}
    table = compare_all(runs, "middling", evaluate=evaluate, seed=SEED, directions=DIRECTIONS, keys=["brier"])
    assert {name: [row.verdict for row in rows] for name, rows in table.items()} == {
        "best": ["better"],
        "poor": ["worse"],
    }
    single = compare(
        runs["poor"], runs["middling"], evaluate=evaluate, seed=SEED, directions=DIRECTIONS, keys=["brier"]
    )
    np.testing.assert_array_equal(table["poor"][0].difference.draws, single[0].difference.draws)
    with pytest.raises(KeyError):
        compare_all(runs, "absent", evaluate=evaluate, seed=SEED, directions=DIRECTIONS)


# --- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("center", "smallest", "verdict"),
    [
        (5.0, 0.0, "better"),
        (-5.0, 0.0, "worse"),
        (1.0, 0.0, "cannot tell"),
        (5.0, 2.0, "better"),
        (3.0, 2.0, "cannot tell"),
        (0.5, 4.0, "alike"),
        (-0.5, 4.0, "alike"),
        (-9.0, 4.0, "worse"),
    ],
)
def test_a_verdict_says_where_the_band_lies(center: float, smallest: float, verdict: str) -> None:
    row = judged(about(center, 1.0), ZERO, smallest=smallest)
    assert row.verdict == verdict
    assert judged(about(-center, 1.0), ZERO, smallest=smallest, direction="down").verdict == verdict


def test_nearer_to_the_aim_is_better_from_either_side() -> None:
    low, high, near = about(0.8, 0.01), about(0.97, 0.01, seed=2), about(0.91, 0.01, seed=3)
    assert judged(near, low, direction=0.9).verdict == "better"
    assert judged(near, high, direction=0.9).verdict == "better"
    assert judged(low, near, direction=0.9).verdict == "worse"
    assert judged(about(0.1, 0.01), about(-0.1, 0.01, seed=2), direction=0.0).verdict == "cannot tell"


def test_every_metric_of_every_task_says_which_way_is_better() -> None:
    for task in TASKS.values():
        directions = ways(task.definitions, {"interval": 0.9})
        assert directions.keys() == task.definitions.keys()
        for key, definition in task.definitions.items():
            assert directions[key] == definition.direction or definition.aim
    assert ways(TASKS["forecast"].definitions, {"interval": 0.9})["interval_coverage"] == 0.9
    assert ways(TASKS["forecast"].definitions, {})["interval_coverage"] in ("up", "down")
    assert ways(TASKS["regression"].definitions, {})["bias"] == 0
    assert ways(DEFINITIONS, {}) == DIRECTIONS


def test_a_sure_but_small_gain_is_better_yet_not_worth_having() -> None:
    row = judged(about(1.0, 0.1), ZERO, smallest=3.0)
    assert (row.probability, row.worth_having, row.verdict) == (1, 0, "alike")


def test_draws_without_a_difference_count_half() -> None:
    draws = np.repeat([-1.0, 0.0, 1.0, 1.0], 500)
    row = judged(Estimate(0.25, "", draws), ZERO)
    assert row.probability == 0.5 + 0.25 / 2
    assert judged(ZERO, ZERO).probability == 0.5
    assert judged(ZERO, ZERO).verdict == "alike"


def test_without_draws_there_is_a_point_and_no_probability() -> None:
    row = judged(Estimate(0.9), about(0.5, 0.1))
    assert isinstance(row.difference, Estimate)
    assert row.difference.point == pytest.approx(0.4)
    assert (row.difference.draws, row.probability, row.worth_having) == (None, None, None)
    assert row.verdict == "cannot tell"


def test_an_unknown_side_makes_the_difference_unknown_for_its_reason() -> None:
    rows = differences({"it": Unknown("no labels")}, {"it": ZERO}, directions={"it": "up"})
    assert rows[0].difference == Unknown("no labels")
    assert (rows[0].probability, rows[0].verdict) == (None, "cannot tell")
    both = differences({"it": Unknown("no labels")}, {"it": Unknown("no labels")}, directions={"it": "up"})
    assert both[0].difference == Unknown("no labels")


@pytest.mark.parametrize("smallest", [-1.0, float("nan")])
def test_a_smallest_difference_below_zero_is_refused(smallest: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        judged(ZERO, ZERO, smallest=smallest)


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0, 4), st.floats(0, 4))
def test_asking_for_more_never_makes_it_more_probable(center: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    a = about(center, 1.0)
    less, more = judged(a, ZERO, smallest=low), judged(a, ZERO, smallest=high)
    assert more.worth_having <= less.worth_having <= less.probability


# --- what may be compared ------------------------------------------------------------------------------------------


def facts(name: str = "a", **changed: object) -> Facts:
    return Facts(**{"name": name, "task": "binary", "n_rows": 5000, "data_digest": "d" * 32, **changed})  # type: ignore[arg-type]


def test_runs_on_the_same_data_may_be_compared() -> None:
    assert refusal(facts("a"), facts("b", rows_digest="other")) is None


def test_other_data_are_refused_with_rows_and_digests() -> None:
    said = refusal(facts("a"), facts("b", n_rows=2500, data_digest="e" * 32))
    assert said is not None
    for part in ("“a”", "“b”", "5,000 rows", "2,500 rows", "d" * 12, "e" * 12, "same examples"):
        assert part in said


def test_other_tasks_and_runs_without_rows_are_refused() -> None:
    assert "regression" in (refusal(facts(), facts("b", task="regression")) or "")
    for pair in ((facts(), facts("b", n_rows=0, data_digest="")), (facts("b", n_rows=0), facts())):
        assert (refusal(*pair) or "").startswith("“b” has no rows")


def test_the_same_predictions_under_two_names_are_recognised() -> None:
    assert same_predictions(facts(rows_digest="r"), facts("b", rows_digest="r"))
    assert same_predictions(facts(measured_digest="m"), facts("b", rows_digest="r", measured_digest="m"))
    assert not same_predictions(facts(), facts("b"))
    assert not same_predictions(facts(rows_digest="r", measured_digest="m"), facts("b", rows_digest="s"))


def test_equal_predictions_measure_alike_and_other_ones_do_not() -> None:
    label, one, other = two_runs(2000)
    assert cube(label, one).to_bytes() == cube(label, one).to_bytes()
    assert cube(label, one).to_bytes() != cube(label, other).to_bytes()
    rows = compared(cube(label, one), cube(label, one))
    assert {row.verdict for row in rows.values()} == {"alike"}
    assert {row.probability for row in rows.values()} == {0.5}


@pytest.mark.shared
def test_the_hotel_run_scored_on_half_the_examples_is_refused() -> None:
    def run(name: str) -> Facts:
        table = pq.read_table(SHARED / "data/hotel_cancel/predictions" / f"{name}.parquet")
        table = table.filter(pc.equal(table["split"].cast(pa.string()), "test"))
        ids, labels = table["example_id"].cast(pa.string()), table["y_true"].cast(pa.float64())
        digest = data_digest(pa.table({"example_id": ids, "y_true": labels}))
        return facts(name, n_rows=table.num_rows, data_digest=digest)

    whole, other, half = (run(name) for name in ("hotel-06-hgb-mid", "hotel-01-logreg-c1", "hotel-14-hgb-mid-5pct"))
    assert refusal(whole, other) is None
    assert f"{half.n_rows:,} rows" in (refusal(whole, half) or "")


def demand(name: str) -> pa.Table:
    """A run of the demand data as canonical rows."""
    table = pq.read_table(SHARED / "data/elec_demand/predictions" / f"{name}.parquet")
    table = table.filter(pc.equal(table["split"].cast(pa.string()), "test"))
    columns = {
        "example_id": table["example_id"].cast(pa.string()),
        "event_time": table["event_time"].cast(pa.timestamp("us", tz="UTC")),
        "series": table["series"].cast(pa.string()),
        "y_true": table["y_true"],
        "y_pred": table["y_pred"],
        "y_low": table["lo90"],
        "y_high": table["hi90"],
    }
    return with_kinds(pa.table(columns), segments=[], amounts=[], task="forecast", interval=0.9)


@pytest.mark.shared
def test_the_two_equal_forecasts_of_demand_are_recognised_and_others_compared() -> None:
    task = TASKS["forecast"]
    runs = {name: task.scan(demand(name)) for name in ("elec-05-hgb-abs", "elec-07-hgb-q50", "elec-01-naive-day")}
    made = {
        name: facts(name, task="forecast", measured_digest=hashlib.sha256(sums.to_bytes()).hexdigest())
        for name, sums in runs.items()
    }
    assert same_predictions(made["elec-05-hgb-abs"], made["elec-07-hgb-q50"])
    assert not same_predictions(made["elec-05-hgb-abs"], made["elec-01-naive-day"])
    table = compare_all(
        runs,
        "elec-07-hgb-q50",
        evaluate=task.evaluate,
        seed=SEED,
        directions=ways(task.definitions, {"interval": 0.9}),
        keys=["mae", "bias", "interval_coverage"],
    )
    assert {row.verdict for row in table["elec-05-hgb-abs"]} == {"alike"}
    # The mean error of the naive forecast is higher in nine of ten draws; of fourteen weeks, one of which is far from
    # the others, no more can be told.
    assert (table["elec-01-naive-day"][0].probability or 1) < 0.1
