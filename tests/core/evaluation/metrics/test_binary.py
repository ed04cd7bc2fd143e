import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.binary import DEFINITIONS, evaluate
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.selection.compare import differences

SEED = 7
RANKING = ("roc_auc", "gini", "average_precision", "ks")


def cube(
    label: object,
    score: object,
    *,
    weight: object = None,
    ids: object = None,
    segment: object = None,
    cluster: object = None,
) -> Cube:
    """The cube of plain arrays."""
    label, score = np.asarray(label, dtype=float), np.asarray(score)
    score = score if score.dtype.kind == "f" else score.astype(float)
    columns: dict[str, object] = {
        "example_id": [str(one) for one in (range(len(label)) if ids is None else ids)],  # type: ignore[attr-defined]
        "y_true": label,
        "y_score": score,
    }
    for name, values in {"weight": weight, "segment": segment, "cluster_id": cluster}.items():
        if values is not None:
            columns[name] = np.asarray(values, dtype=float) if name == "weight" else pa.array(values, pa.string())
    return scan(pa.table(columns), segments=[] if segment is None else ["segment"], amounts=[])


def points(made: dict[str, Quantity]) -> dict[str, float | str]:
    return {
        key: quantity.point if isinstance(quantity, Estimate) else quantity.reason for key, quantity in made.items()
    }


def estimate(quantity: Quantity) -> Estimate:
    assert isinstance(quantity, Estimate), quantity
    return quantity


def scored(n: int, *, seed: int = 3, share: float = 0.3) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels and calibrated scores."""
    random = np.random.default_rng(seed)
    score = random.beta(2 * share * 2, 2 * (1 - share) * 2, n)
    return (random.random(n) < score).astype(float), score


# Scores on a grid: ties are the rule, and 1 − score is exact.
rows = st.lists(st.tuples(st.booleans(), st.integers(0, 64)), min_size=1, max_size=60)
both_labels = rows.filter(lambda drawn: len({label for label, _ in drawn}) == 2)


def arrays(drawn: list[tuple[bool, int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([label for label, _ in drawn], dtype=float), np.array([score / 64 for _, score in drawn])


# --- points --------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(both_labels)
def test_points_equal_scikit_learns(drawn: list[tuple[bool, int]]) -> None:
    label, score = arrays(drawn)
    made = points(evaluate(cube(label, score), seed=SEED))
    acted = score > 0.5
    false_positive_rate, true_positive_rate, _ = sk.roc_curve(label, score)
    expected = {
        "roc_auc": sk.roc_auc_score(label, score),
        "gini": 2 * sk.roc_auc_score(label, score) - 1,
        "average_precision": sk.average_precision_score(label, score),
        "ks": np.abs(true_positive_rate - false_positive_rate).max(),
        "log_loss": sk.log_loss(label, score, labels=[0, 1]),
        "brier": sk.brier_score_loss(label, score),
        "accuracy": sk.accuracy_score(label, acted),
        "balanced_accuracy": sk.balanced_accuracy_score(label, acted),
        "recall": sk.recall_score(label, acted),
        "f1": sk.f1_score(label, acted),
        "base_rate": label.mean(),
        "precision": sk.precision_score(label, acted) if acted.any() else "no row scores above 0.5",
        "mcc": sk.matthews_corrcoef(label, acted)
        if 0 < acted.sum() < len(acted)
        else ("every row scores above 0.5" if acted.any() else "no row scores above 0.5"),
        "specificity": sk.recall_score(label, acted, pos_label=0),
    }
    for key, value in expected.items():
        assert made[key] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-9)), key


@settings(deadline=None, max_examples=50)
@given(both_labels, st.randoms(use_true_random=False))
def test_the_top_tenth_is_the_mean_over_every_order_of_equal_scores(drawn: list[tuple[bool, int]], random) -> None:
    """Under any names of the ids: the mean of what cutting off after breaking ties at random gives, here worked out."""
    label, score = arrays(drawn)
    top = max(1, round(len(label) / 10))
    edge = np.sort(score)[-top]
    above, tied = label[score > edge], label[score == edge]
    positives = above.sum() + (top - len(above)) * tied.mean()
    ids = random.sample(range(10_000), len(label))
    for made in (points(evaluate(cube(label, score, ids=names), seed=SEED)) for names in (None, ids)):
        assert made["precision_top10"] == pytest.approx(positives / top)
        assert made["recall_top10"] == pytest.approx(positives / label.sum())
        assert made["lift_top10"] == pytest.approx(positives / top / label.mean())


@pytest.mark.parametrize("name", ["{:04}", "id-{}"])
def test_a_constant_score_has_a_lift_of_1_in_every_draw_however_its_ids_are_named(name: str) -> None:
    label = np.repeat([1, 0], [100, 900])
    rows = cube(label, np.full(1000, 0.3), ids=[name.format(at) for at in range(1000)])
    made = evaluate(rows, seed=SEED, keys=["lift_top10", "precision_top10", "recall_top10"])
    for key, expected in {"lift_top10": 1, "precision_top10": 0.1, "recall_top10": 0.1}.items():
        assert estimate(made[key]).point == pytest.approx(expected, abs=1e-12), key
    for key, expected in {"lift_top10": 1, "recall_top10": 0.1}.items():
        np.testing.assert_allclose(estimate(made[key]).draws, expected, rtol=1e-9, err_msg=key)
    again = evaluate(cube(label[::-1], np.full(1000, 0.3)), seed=SEED, keys=list(made))
    assert points(again) == pytest.approx(points(made))


def test_two_constant_scores_are_alike_in_the_top_tenth() -> None:
    label = np.repeat([1, 0], [100, 900])
    keys = ["lift_top10", "precision_top10", "recall_top10"]
    one, other = (evaluate(cube(label, np.full(1000, at)), seed=SEED, keys=keys) for at in (0.2, 0.7))
    for found in differences(one, other, directions=dict.fromkeys(keys, "up")):
        assert (points({"": found.difference}), found.verdict) == ({"": 0}, "alike"), found.key


def test_a_perfect_ranking_has_the_best_figures() -> None:
    label = np.repeat([0, 1], 1000)
    made = points(evaluate(cube(label, label.astype(float)), seed=SEED))
    assert [made[key] for key in RANKING] == [1, 1, 1, 1]
    assert (made["brier"], made["ece"], made["mcc"], made["f1"], made["accuracy"]) == (0, 0, 1, 1, 1)
    assert made["log_loss"] == pytest.approx(0, abs=1e-15)


def test_figures_stay_within_their_range_in_every_draw() -> None:
    label, score = scored(1500, share=0.02)
    for separated in (score, np.where(label == 1, 0.9 + score / 20, score / 20)):
        for key, quantity in evaluate(cube(label, separated), seed=SEED).items():
            draws = estimate(quantity).draws
            low, high = DEFINITIONS[key].range
            if draws is not None:
                assert low <= draws.min() <= draws.max() <= high, key


@settings(deadline=None)
@given(both_labels)
def test_inverted_scores_invert_the_ranking(drawn: list[tuple[bool, int]]) -> None:
    label, score = arrays(drawn)
    made, inverted = (points(evaluate(cube(label, one), seed=SEED, keys=RANKING)) for one in (score, 1 - score))
    assert made["roc_auc"] == pytest.approx(1 - inverted["roc_auc"])
    assert made["gini"] == pytest.approx(-inverted["gini"])
    assert made["ks"] == pytest.approx(inverted["ks"])


@settings(deadline=None)
@given(both_labels, st.integers(0, 64))
def test_a_constant_score_ranks_nothing(drawn: list[tuple[bool, int]], level: int) -> None:
    label, _ = arrays(drawn)
    made = points(evaluate(cube(label, np.full(len(label), level / 64)), seed=SEED))
    assert (made["roc_auc"], made["gini"], made["ks"]) == (0.5, 0, 0)
    assert made["average_precision"] == pytest.approx(label.mean())
    assert made["ece"] == pytest.approx(abs(label.mean() - level / 64))


@settings(deadline=None)
@given(rows.map(lambda drawn: [score for _, score in drawn]), st.booleans())
def test_a_single_class_leaves_unknown_what_compares_classes(scores: list[int], positive: bool) -> None:
    label, score = np.full(len(scores), float(positive)), np.array(scores) / 64
    made = evaluate(cube(label, score), seed=SEED)
    for key in (*RANKING, "balanced_accuracy"):
        assert made[key] == Unknown("all labelled rows have the same label"), key
    for key in ("recall", "f1", "lift_top10", "recall_top10"):
        assert positive or made[key] == Unknown("no labelled row is positive"), key
    assert isinstance(made["mcc"], Unknown)
    assert estimate(made["log_loss"]).point == pytest.approx(sk.log_loss(label, score, labels=[0, 1]))


@settings(deadline=None, max_examples=40)
@given(both_labels, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(drawn: list[tuple[bool, int]], random: object) -> None:
    label, score = arrays(drawn)
    order = list(range(len(label)))
    random.shuffle(order)  # type: ignore[attr-defined]
    made, shuffled = (
        evaluate(cube(label, score), seed=SEED),
        evaluate(cube(label[order], score[order], ids=order), seed=SEED),
    )
    for key, quantity in made.items():
        other = shuffled[key]
        if isinstance(quantity, Unknown):
            assert other == quantity
        else:
            assert estimate(other).point == pytest.approx(quantity.point, abs=1e-12)
            assert (estimate(other).draws is None) == (quantity.draws is None)
            if quantity.draws is not None:
                np.testing.assert_allclose(estimate(other).draws, quantity.draws, atol=1e-12)


@settings(deadline=None)
@given(both_labels, st.data())
def test_a_weight_is_a_repetition(drawn: list[tuple[bool, int]], data: st.DataObject) -> None:
    label, score = arrays(drawn)
    weight = np.array(data.draw(st.lists(st.integers(1, 4), min_size=len(label), max_size=len(label))))
    ids = np.arange(len(label))
    weighted = points(evaluate(cube(label, score, weight=weight, ids=ids), seed=SEED))
    repeated = points(
        evaluate(cube(*(np.repeat(one, weight) for one in (label, score)), ids=ids.repeat(weight)), seed=SEED)
    )
    for key, value in weighted.items():
        assert value == (repeated[key] if isinstance(value, str) else pytest.approx(repeated[key], abs=1e-9)), key


@settings(deadline=None)
@given(both_labels)
def test_a_row_of_no_weight_counts_for_nothing(drawn: list[tuple[bool, int]]) -> None:
    label, score = arrays(drawn)
    n = len(label)
    padded = cube(np.append(label, 1), np.append(score, 0.9), weight=np.append(np.ones(n), 0))
    assert points(evaluate(padded, seed=SEED)) == points(evaluate(cube(label, score), seed=SEED))


@settings(deadline=None)
@given(both_labels, st.data())
def test_a_group_has_the_figures_of_its_rows_alone(drawn: list[tuple[bool, int]], data: st.DataObject) -> None:
    label, score = arrays(drawn)
    segment = np.array(data.draw(st.lists(st.sampled_from(["a", "b"]), min_size=len(label), max_size=len(label))))
    made = cube(label, score, segment=segment)
    for _, name in made.groups():
        ids = np.flatnonzero(segment == name)
        alone = points(evaluate(cube(label[ids], score[ids], ids=ids), seed=SEED))
        for key, value in points(evaluate(made, seed=SEED, group=("segment", name))).items():
            assert value == (alone[key] if isinstance(value, str) else pytest.approx(alone[key], abs=1e-12)), key


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_log_loss_clips_at_the_eps_of_the_scores_own_type(kind: type) -> None:
    label = np.array([0, 1, 1, 0, 1, 0])
    score = np.array([1, 0, 0.3, 0.7, 1, 1e-9], dtype=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.log_loss(label, score, labels=[0, 1])
    made = estimate(evaluate(cube(label, score), seed=SEED)["log_loss"])
    # scikit-learn sums in that type as well; here it is float64.
    assert made.point == pytest.approx(expected, rel={np.float64: 1e-9, np.float32: 1e-6, np.float16: 1e-3}[kind])


def test_a_score_of_one_half_is_not_acted_on() -> None:
    made = points(evaluate(cube([1, 1, 0], [0.5, np.nextafter(0.5, 1), 0.1]), seed=SEED))
    assert (made["recall"], made["precision"]) == (0.5, 1.0)


def test_only_the_asked_keys_are_made_and_an_unknown_key_is_an_error() -> None:
    made = cube([0, 1], [0.1, 0.9])
    assert list(evaluate(made, seed=SEED, keys=["brier", "roc_auc"])) == ["brier", "roc_auc"]
    with pytest.raises(KeyError):
        evaluate(made, seed=SEED, keys=["auc"])


def test_a_group_without_rows_is_unknown_with_its_name() -> None:
    made = cube([0, 1], [0.1, 0.9], segment=["a", "b"])
    for group in (("segment", "c"), ("shop", "a")):
        reason = f"no labelled rows where {group[0]} is {group[1]}"
        assert set(evaluate(made, seed=SEED, group=group).values()) == {Unknown(reason)}


def test_every_definition_names_its_formula_source_and_range() -> None:
    for key, definition in DEFINITIONS.items():
        assert key == definition.key
        assert definition.formula
        assert definition.source
        assert definition.range[0] < definition.range[1]
    assert {key for key, one in DEFINITIONS.items() if one.direction == "down"} == {"log_loss", "brier", "ece"}


# --- draws ---------------------------------------------------------------------------------------------------------


def test_draws_have_the_width_of_a_row_bootstrap() -> None:
    label, score = scored(20_000)
    keys = ["roc_auc", "average_precision", "log_loss", "brier", "precision", "recall", "mcc", "lift_top10"]
    made = evaluate(cube(label, score), seed=SEED, keys=keys)
    random = np.random.default_rng(5)
    draws = []
    for _ in range(120):
        at = random.integers(0, len(label), len(label))
        draws.append(list(points(evaluate(cube(label[at], score[at]), seed=SEED, keys=keys)).values()))
    bootstrap = np.std(np.array(draws, dtype=float), axis=0, ddof=1)
    for key, width in zip(keys, bootstrap, strict=True):
        # 15 % of the method, and half as much again for what 120 repeats know of a standard deviation.
        assert estimate(made[key]).standard_error() == pytest.approx(width, rel=0.25), key


def test_the_same_rows_scored_twice_differ_by_nothing_in_any_draw() -> None:
    label, score = scored(3000)
    one, other = (estimate(evaluate(cube(label, score), seed=SEED)["roc_auc"]) for _ in range(2))
    assert (one.draws == other.draws).all()


def test_runs_on_the_same_rows_are_paired() -> None:
    label, score = scored(5000)
    noisy = np.clip(score + np.random.default_rng(1).normal(0, 0.02, len(score)), 0, 1)
    one, other = (estimate(evaluate(cube(label, given), seed=SEED)["roc_auc"]) for given in (score, noisy))
    difference = estimate(one.minus(other))
    assert (difference.standard_error() or 1) < 0.3 * (one.standard_error() or 0)


def test_rows_of_one_cluster_are_drawn_together() -> None:
    label, score = scored(2000)
    five_times = [np.repeat(one, 5) for one in (label, score)]
    cluster = [f"c{i}" for i in np.repeat(np.arange(2000), 5)]
    by_row = estimate(evaluate(cube(*five_times), seed=SEED)["brier"])
    by_cluster = estimate(evaluate(cube(*five_times, cluster=cluster), seed=SEED)["brier"])
    assert (by_cluster.standard_error() or 0) / (by_row.standard_error() or 1) == pytest.approx(5**0.5, rel=0.2)


def test_few_clusters_widen_the_band_as_students_t_does() -> None:
    label, score = scored(3000)
    cluster = [f"c{i % 8}" for i in range(3000)]
    by_cluster = cube(label, score, cluster=cluster)
    part = by_cluster.part()
    assert part is not None
    draws = estimate(evaluate(by_cluster, seed=SEED)["brier"]).draws
    assert draws is not None
    losses = [((score - label) ** 2)[i::8].mean() for i in range(8)]
    half = 2.365 * np.std(losses, ddof=1) / 8**0.5
    assert len(part.buckets) == 8
    assert np.ptp(np.quantile(draws, [0.025, 0.975])) / 2 == pytest.approx(half, rel=0.3)


def test_a_single_row_has_a_point_and_no_band() -> None:
    made = estimate(evaluate(cube([1], [0.7]), seed=SEED)["brier"])
    assert (made.point, made.draws) == (pytest.approx(0.09), None)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "least"), [(500, 0.91), (5000, 0.93)])
def test_bands_cover_the_truth_as_often_as_they_say(n: int, least: float) -> None:
    keys = ["roc_auc", "log_loss", "brier", "recall"]
    label, score = scored(2_000_000, seed=99)
    truth = points(evaluate(cube(label, score), seed=SEED, keys=keys))
    repeats, hits = 400, np.zeros(len(keys))
    for repeat in range(repeats):
        label, score = scored(n, seed=1000 + repeat)
        ids = np.arange(n) + repeat * n
        for at, (key, quantity) in enumerate(evaluate(cube(label, score, ids=ids), seed=repeat, keys=keys).items()):
            low, high = estimate(quantity).band() or (0, 0)
            hits[at] += low <= truth[key] <= high
    error = 2 * (0.05 * 0.95 / repeats) ** 0.5
    assert (hits / repeats >= least - error).all(), dict(zip(keys, hits / repeats, strict=True))
