"""What every metric of every task owes: each property is checked on all of them through the one table of tasks."""

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.container import ContainerError
from metrics.core.rows.reading import RowsError
from tests.core.tables import (
    NAIVE,
    SEED,
    Truth,
    choices,
    estimate,
    forecasts,
    guesses,
    points,
    right,
    rows,
    table,
    truths,
    wrong,
)
from tests.places import SHARED


def evaluated(task: str, made: pa.Table, *, seed: int | None = None, **more) -> dict[str, Quantity]:
    segments = more.pop("segments", ())
    return TASKS[task].evaluate(TASKS[task].scan(made, segments=segments), seed=seed, **more)


def assert_sound(task: str, made: dict[str, Quantity]) -> None:
    """Every figure is a number within its range in the point and in every draw, or it is unknown with a reason."""
    assert list(made) == list(TASKS[task].definitions)
    for key, quantity in made.items():
        low, high = TASKS[task].definitions[key].range
        if isinstance(quantity, Unknown):
            assert len(quantity.reason) > 10, key
            continue
        assert low - 1e-9 <= quantity.point <= high + 1e-9, key
        if quantity.draws is not None:
            assert np.isfinite(quantity.draws).all(), key
            assert low <= quantity.draws.min() <= quantity.draws.max() <= high, key


every_task = pytest.mark.parametrize("task", TASKS)
of_some_rows = given(st.integers(2, 40), st.integers(0, 2**32))
few = settings(deadline=None, max_examples=12)


# --- perfect, inverted, constant, single ---------------------------------------------------------------------------

# Where the best the rows allow is not the end of the range: how wide intervals are, how many positives there are.
BOUND_BY_ROWS = {"base_rate", "lift_top10", "precision_top10", "recall_top10", "precision_10", "interval_width"}
BOUND_BY_ROWS |= {"pinball_low", "pinball_high", "winkler"}


@every_task
@few
@of_some_rows
def test_a_perfect_prediction_has_the_best_figures(task: str, n: int, seed: int) -> None:
    truth = truths(task, np.random.default_rng(seed), n)
    made = evaluated(task, rows(task, truth, right(task, truth)), seed=SEED)
    assert_sound(task, made)
    soft = {"log_loss", "brier"} if task == "multiclass" else set()  # a probability below 1 is never perfect
    for key, quantity in made.items():
        definition = TASKS[task].definitions[key]
        if isinstance(quantity, Estimate) and key not in BOUND_BY_ROWS | soft:
            best = definition.range[definition.direction == "up"] if key != "bias" else 0
            assert quantity.point == pytest.approx(best, abs=1e-7), key


@every_task
@few
@of_some_rows
def test_the_inverse_of_a_perfect_prediction_is_never_better(task: str, n: int, seed: int) -> None:
    truth = truths(task, np.random.default_rng(seed), n)
    best, worst = (evaluated(task, rows(task, truth, said(task, truth)), seed=SEED) for said in (right, wrong))
    assert_sound(task, worst)
    compared = 0
    for key, quantity in worst.items():
        other = best[key]
        if isinstance(quantity, Estimate) and isinstance(other, Estimate):
            up = TASKS[task].definitions[key].direction == "up"
            gain = other.point - quantity.point if up else quantity.point - other.point
            assert gain >= -1e-9, key
            compared += gain > 1e-9
    assert compared or task == "ranking", "a query whose results are all alike has no worst order"


@every_task
@few
@of_some_rows
def test_a_constant_prediction_and_guesses_with_ties_have_sound_figures(task: str, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, said = truths(task, random, n), guesses(task, random, n)
    for one in (said, np.full_like(said, said[0])):
        assert_sound(task, evaluated(task, rows(task, truth, one), seed=SEED))


@every_task
@pytest.mark.parametrize("n", [1, 2, 30, 1200])
@pytest.mark.parametrize("label", [0, 1])
def test_one_label_leaves_no_number_that_is_not_one(task: str, n: int, label: int) -> None:
    random = np.random.default_rng(n)
    truth = np.full(n, label, dtype=int if task == "multiclass" else float)
    made = evaluated(task, rows(task, truth, guesses(task, random, n)), seed=SEED)
    assert_sound(task, made)
    undefined = {
        "binary": {"roc_auc", "gini", "average_precision", "ks", "balanced_accuracy", "mcc"},
        "multiclass": {"balanced_accuracy", "mcc"},
        "regression": {"r2"} | ({"mape", "wape"} if label == 0 else set()),
        "forecast": {"r2"} | ({"mape", "wape"} if label == 0 else set()),
        "ranking": set() if label else set(TASKS["ranking"].definitions),
    }[task]
    unknown = {key for key, quantity in made.items() if isinstance(quantity, Unknown)}
    assert undefined <= unknown


@every_task
def test_rows_without_labels_have_no_figures_at_all(task: str) -> None:
    made = rows(
        task, np.ones(3, dtype=int if task == "multiclass" else float), guesses(task, np.random.default_rng(0), 3)
    )
    at = made.schema.get_field_index("y_true")
    empty = made.set_column(at, "y_true", pa.nulls(3, made.schema.field(at).type))
    for one in (empty, empty.slice(0, 0)):
        measured = TASKS[task].scan(one, segments=())
        assert (measured.n, measured.n_unlabelled) == (0, one.num_rows)
        assert set(TASKS[task].evaluate(measured, seed=SEED).values()) == {Unknown("no labelled rows")}


# --- weights, order, groups, units ---------------------------------------------------------------------------------

SCALES = (1e-69, 1e-50, 1e-9, 0.1, 3.7, 1e12, 1e69)


@every_task
@few
@given(st.integers(2, 40), st.integers(0, 2**32), st.sampled_from(SCALES))
def test_only_the_proportions_of_weights_count(task: str, n: int, seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    truth, said, weight = truths(task, random, n), guesses(task, random, n), random.random(n) + 0.5
    found = points(evaluated(task, rows(task, truth, said, weight=weight)))
    scaled = points(evaluated(task, rows(task, truth, said, weight=weight * scale)))
    for key, value in found.items():
        assert scaled[key] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-12)), key


@every_task
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n", [15, 1200])
def test_equal_weights_are_none(task: str, n: int, scale: float) -> None:
    random = np.random.default_rng(n)
    truth, said = truths(task, random, n), guesses(task, random, n)
    plain = evaluated(task, rows(task, truth, said), seed=SEED)
    weighted = evaluated(task, rows(task, truth, said, weight=np.full(n, scale)), seed=SEED)
    for key, quantity in plain.items():
        other = weighted[key]
        if isinstance(quantity, Unknown):
            assert other == quantity, key
            continue
        assert estimate(other).point == pytest.approx(quantity.point, rel=1e-9, abs=1e-12), key
        if quantity.draws is not None:
            np.testing.assert_allclose(estimate(other).draws, quantity.draws, rtol=1e-6, atol=1e-9, err_msg=key)


@pytest.mark.parametrize("task", [task for task, kind in TASKS.items() if kind.weighs])
@pytest.mark.parametrize("weight", [1e-300, 1e300])
def test_weights_that_no_sum_can_hold_are_refused(task: str, weight: float) -> None:
    truth = truths(task, np.random.default_rng(0), 3)
    with pytest.raises(RowsError, match=r"weight holds values outside 1e-70 to 1e\+70; divide them all by one number"):
        TASKS[task].scan(rows(task, truth, right(task, truth), weight=np.full(3, weight)), segments=())
    TASKS[task].scan(rows(task, truth, right(task, truth), weight=np.array([0.0, 1.0, 1.0])), segments=())


@pytest.mark.parametrize("task", [task for task in TASKS if task != "ranking"])
@few
@of_some_rows
def test_a_weight_is_a_repetition(task: str, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, said, weight = truths(task, random, n), guesses(task, random, n), random.integers(1, 4, n)
    weighted = points(evaluated(task, rows(task, truth, said, weight=weight.astype(float))))
    repeated = points(evaluated(task, rows(task, truth, said, repeat=weight)))
    for key, value in weighted.items():
        if not isinstance(value, str):
            assert value == pytest.approx(repeated[key], abs=1e-9), key
        else:
            assert isinstance(repeated[key], str), key


@every_task
@few
@of_some_rows
def test_the_order_of_rows_does_not_matter(task: str, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    made = rows(task, truths(task, random, n), guesses(task, random, n))
    one, other = (evaluated(task, given, seed=SEED) for given in (made, made.take(random.permutation(n))))
    for key, quantity in one.items():
        if isinstance(quantity, Unknown):
            assert other[key] == quantity
            continue
        assert estimate(other[key]).point == pytest.approx(quantity.point, abs=1e-9), key
        if quantity.draws is not None:
            np.testing.assert_allclose(estimate(other[key]).draws, quantity.draws, atol=1e-9)


@every_task
@few
@of_some_rows
def test_a_group_has_the_figures_of_its_rows_alone(task: str, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    made = rows(task, truths(task, random, n), guesses(task, random, n), shop=random.choice(["a", "b"], n))
    for name in set(made["shop"].to_pylist()):
        grouped = points(evaluated(task, made, segments=["shop"], group=("shop", name)))
        alone = points(evaluated(task, made.filter(pa.compute.equal(made["shop"], name))))
        for key, value in grouped.items():
            if isinstance(value, str):
                assert isinstance(alone[key], str), key
            else:
                assert value == pytest.approx(alone[key], abs=1e-9), key


Change = Callable[[Truth], Truth]
KEEP: Change = lambda values: values  # noqa: E731
# Task, change of the labels, change of what is said, and the metrics that change with the unit, by how much.
UNITS = {
    "binary, scores squared": (
        "binary",
        KEEP,
        np.square,
        {"roc_auc", "gini", "average_precision", "ks", "precision_top10", "recall_top10", "lift_top10", "base_rate"},
        {},
    ),
    "ranking, scores and gains in other units": (
        "ranking",
        lambda gain: gain * 2.5,
        lambda score: score * 7 - 3,
        set(TASKS["ranking"].definitions),
        {},
    ),
    "multiclass, classes renumbered alike": (
        "multiclass",
        lambda place: 3 - place,
        lambda place: 3 - place,
        set(TASKS["multiclass"].definitions) - {"top2_accuracy", "top3_accuracy"},
        {},
    ),
    "regression, thousandths": (
        "regression",
        lambda one: one * 1000,
        lambda one: one * 1000,
        {"r2", "mape", "smape", "wape"},
        {"mae": 1000, "rmse": 1000, "bias": 1000},
    ),
    "regression, the sign reversed": (
        "regression",
        np.negative,
        np.negative,
        {"mae", "rmse", "r2", "mape", "smape", "wape"},
        {"bias": -1},
    ),
}


@pytest.mark.parametrize("change", UNITS)
@few
@of_some_rows
def test_a_change_of_unit_changes_only_what_has_the_unit(change: str, n: int, seed: int) -> None:
    task, of_labels, of_said, same, scaled = UNITS[change]
    random = np.random.default_rng(seed)
    truth, said = truths(task, random, n), guesses(task, random, n)
    before = points(evaluated(task, rows(task, truth, said)))
    after = points(evaluated(task, rows(task, of_labels(truth), of_said(said))))
    for key in same | scaled.keys():
        if not isinstance(before[key], str):
            assert after[key] == pytest.approx(before[key] * scaled.get(key, 1), abs=1e-7), key
        else:
            assert after[key] == before[key]


@few
@of_some_rows
def test_a_forecast_in_thousandths_has_intervals_a_thousand_times_as_wide(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, said = truths("forecast", random, n), guesses("forecast", random, n)
    one = forecasts(truth, said, half_width=0.5, naive=NAIVE)
    other = forecasts(truth * 1000, said * 1000, half_width=500, naive=NAIVE | {"mae": 2000})
    before, after = (points(evaluated("forecast", given)) for given in (one, other))
    for key in ("mae", "rmse", "bias", "interval_width", "pinball_low", "pinball_high", "winkler"):
        assert after[key] == pytest.approx(1000 * before[key]), key
    for key in ("mase", "interval_coverage", "mape", "smape", "wape"):
        assert after[key] == pytest.approx(before[key]), key


# --- the table of tasks --------------------------------------------------------------------------------------------


def test_every_task_is_there_under_its_name() -> None:
    assert tuple(TASKS) == ("binary", "multiclass", "regression", "forecast", "ranking")
    assert all(task.name == name for name, task in TASKS.items())


@every_task
def test_every_definition_is_whole(task: str) -> None:
    for key, definition in TASKS[task].definitions.items():
        assert definition.key == key
        assert definition.name
        assert definition.asks
        assert definition.formula
        assert definition.source
        assert definition.range[0] < definition.range[1]
    assert {*TASKS[task].headline, *TASKS[task].large, *TASKS[task].compared} <= set(TASKS[task].definitions)


@every_task
def test_every_metric_of_every_task_has_a_place_of_its_own(task: str) -> None:
    placed = [key for keys in TASKS[task].groups.values() for key in keys]
    assert placed == list(TASKS[task].definitions)


def test_a_key_means_the_same_direction_and_unit_in_every_task() -> None:
    known: dict[str, tuple[str, str, str]] = {}
    for task in TASKS.values():
        for key, one in task.definitions.items():
            assert known.setdefault(key, (one.direction, one.unit, one.aim)) == (one.direction, one.unit, one.aim)
    assert {key for key, (_, _, aim) in known.items() if aim} == {"bias", "interval_coverage"}
    lower = {key for key, (direction, _, _) in known.items() if direction == "down"}
    assert lower == {
        *("log_loss", "brier", "ece", "mae", "rmse", "mape", "smape", "wape", "bias", "mase"),
        *("pinball_low", "pinball_high", "interval_width", "winkler"),
    }


@every_task
def test_what_is_measured_reads_back_and_another_kind_is_refused(task: str) -> None:
    random = np.random.default_rng(0)
    made = rows(task, truths(task, random, 500), guesses(task, random, 500))
    measured = TASKS[task].scan(made, segments=(), time_zone="Europe/Paris")
    content = measured.to_bytes()
    again = TASKS[task].read(content)
    assert again.to_bytes() == content
    assert points(TASKS[task].evaluate(again, seed=SEED)) == points(TASKS[task].evaluate(measured, seed=SEED))
    other = rows("binary" if task != "binary" else "regression", np.ones(2), np.ones(2))
    wrong_kind = TASKS["binary" if task != "binary" else "regression"].scan(other, segments=()).to_bytes()
    with pytest.raises(ContainerError):
        TASKS[task].read(wrong_kind)


@every_task
def test_only_the_asked_keys_are_made_and_an_unknown_key_is_an_error(task: str) -> None:
    random = np.random.default_rng(0)
    measured = TASKS[task].scan(rows(task, truths(task, random, 50), guesses(task, random, 50)), segments=())
    keys = list(TASKS[task].headline)[::-1]
    assert list(TASKS[task].evaluate(measured, seed=SEED, keys=keys)) == keys
    with pytest.raises(KeyError):
        TASKS[task].evaluate(measured, seed=SEED, keys=["no such metric"])


@every_task
def test_the_same_rows_scored_twice_differ_by_nothing_and_no_seed_gives_points_alone(task: str) -> None:
    random = np.random.default_rng(0)
    made = rows(task, truths(task, random, 300), guesses(task, random, 300))
    one, other, without = (evaluated(task, made, seed=seed) for seed in (SEED, SEED, None))
    for key, quantity in one.items():
        if isinstance(quantity, Estimate):
            assert np.array_equal(quantity.draws, estimate(other[key]).draws)
            assert quantity.no_band == estimate(other[key]).no_band
            assert estimate(without[key]).draws is None
            assert estimate(without[key]).point == quantity.point


# --- published figures ---------------------------------------------------------------------------------------------


def golden() -> list[dict]:
    file = SHARED / "data" / "golden" / "sklearn_metrics.json"
    return json.loads(file.read_text())["cases"] if file.exists() else []


@pytest.mark.shared
@pytest.mark.parametrize("case", golden(), ids=lambda case: case["id"])
def test_published_examples_come_out_as_published_for_two_classes_and_for_many(case: dict) -> None:
    truth, score = (np.array(case["inputs"][name], dtype=float) for name in ("y_true", "y_score"))
    made = points(evaluated("binary", table({"y_true": truth, "y_score": score})))
    many = choices(
        [str(int(one)) for one in truth], classes=["0", "1"], probabilities=np.column_stack([1 - score, score])
    )
    as_many = points(evaluated("multiclass", many))
    for key, value in case["expected"].items():
        assert made[key] == pytest.approx(value, abs=case["tolerance_abs"]), key
        if key in as_many:
            assert as_many[key] == pytest.approx(value * (2 if key == "brier" else 1), abs=2 * case["tolerance_abs"])
