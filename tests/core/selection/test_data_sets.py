"""The references beside the data sets, from their rows: points, chances by the product's own buckets, and the rest."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from metrics.core.draws import bucket_ids, bucket_weights, buckets_for
from metrics.core.estimate import Unknown
from metrics.core.selection.best import p_beats, p_best
from metrics.core.selection.candidates import Field
from metrics.core.selection.dominance import front, front_chances
from metrics.core.selection.flip_points import flips
from metrics.core.selection.hypervolume import hypervolume
from metrics.core.selection.objectives import Objective
from metrics.core.selection.recommendation import recommended
from metrics.core.selection.regret import regrets
from metrics.core.selection.simplex import region
from metrics.core.selection.weights import partial_values, winners
from tests.core.selection.references import close_to, data_sets, field, near

SEED = 20261129
COSTS = ("tp_cost", "fp_cost", "tn_cost", "fn_cost")

pytestmark = pytest.mark.shared
every_data_set = pytest.mark.parametrize("reference", data_sets())


@lru_cache(maxsize=2)
def rows(folder: Path, candidates: tuple[str, ...], split: str) -> dict[str, np.ndarray]:
    """Of each candidate (n,) labels, scores and whether it acts; what all have in common under "", once."""
    found = {}
    for name in candidates:
        table = pq.read_table(folder / "predictions" / f"{name}.parquet")
        if split:
            table = table.filter(np.asarray(table["split"].to_pandas() == split))
        score = table["y_score"].to_numpy()
        tp, fp, tn, fn = (table[one].to_numpy() for one in COSTS)
        truth = table["y_true"].to_numpy()
        act = score > (fp - tn) / ((fp - tn) + (fn - tp))
        eps = np.finfo(np.float64).eps
        likely = np.clip(np.where(truth == 1, score, 1 - score), eps, 1 - eps)
        cost = np.where(truth == 1, np.where(act, tp, fn), np.where(act, fp, tn))
        found[name] = np.column_stack([-np.log(likely), -cost, act])
        found[f"act {name}"] = act
        found[""] = bucket_ids(table["example_id"].to_numpy(), buckets_for(len(table)))
        found["value"] = table["value"].to_numpy() if "value" in table.column_names else np.ones(len(table))
        found["truth"] = truth
    return found


def measured(reference: dict) -> dict[str, np.ndarray]:
    said = reference["inputs"]["rows"]
    split = said.partition("['")[2].partition("']")[0]
    return rows(reference["folder"], tuple(reference["inputs"]["candidates"]), split)


def described(reference: dict, smallest: dict[str, float] | None = None) -> Field:
    found, names = measured(reference), reference["inputs"]["candidates"]
    buckets = found[""]
    assert len(buckets) == reference["inputs"]["n"]
    weights = bucket_weights(SEED, buckets_for(len(buckets)))
    counts = np.bincount(buckets, minlength=weights.shape[1])
    points, draws = [], []
    for name in names:
        sums = np.stack([np.bincount(buckets, column, minlength=weights.shape[1]) for column in found[name].T])
        points.append(found[name].mean(axis=0))
        draws.append((weights @ sums.T / (weights @ counts)[:, None]).T)
    objectives = [
        Objective(key=one["name"], direction=one["direction"], smallest=(smallest or {}).get(one["name"], 0.0))
        for one in reference["inputs"]["objectives"]
    ]
    return field(names, np.array(points), objectives, np.array(draws))


@every_data_set
def test_points_front_and_chances(reference: dict) -> None:
    found = described(reference)
    names, keys = list(found.labels), [one.key for one in found.objectives]
    assert names == reference["order_of_matrices"]
    for at, key in enumerate(keys):
        expected = [reference["points"][name][key] for name in names]
        np.testing.assert_allclose(found.points[:, at], expected, atol=reference["points_tolerance_abs"][key], rtol=0)
        spread = [reference["bootstrap_sd"][name][key] for name in names]
        mine = found.draws[:, at].std(axis=1)
        np.testing.assert_allclose(mine, spread, rtol=reference["bootstrap_sd_tolerance_rel"] + 0.05)
        assert near(reference, p_best(found, key), [reference["p_best"][key][name] for name in names])
        assert near(reference, p_beats(found, key), reference["p_beats"][key])
    assert [name for name, on in zip(names, front(found).on, strict=True) if on] == reference["front_at_points"]
    chances = front_chances(found)
    assert not isinstance(chances, Unknown)
    assert near(reference, chances.on, [reference["p_front"][name] for name in names])
    assert near(reference, chances.dominates, reference["p_dominates"])
    volume = reference["hypervolume_at_points"]
    ways = [one.direction for one in found.objectives]
    assert hypervolume(found.points, volume["reference"], ways) == pytest.approx(
        volume["value"], rel=volume["tolerance_rel"]
    )


@every_data_set
def test_front_with_smallest_differences(reference: dict) -> None:
    expected = reference["with_smallest_differences"]
    found = described(reference, expected["smallest_difference"])
    assert [name for name, on in zip(found.labels, front(found).on, strict=True) if on] == expected["front_at_points"]
    chances = front_chances(found)
    assert not isinstance(chances, Unknown)
    assert near(reference, chances.on, [expected["p_front"][name] for name in found.labels])


@every_data_set
def test_regret_and_shares_of_the_weights(reference: dict) -> None:
    found = described(reference)
    made, expected, names = regrets(found), reference["regret_at_points"], found.labels
    assert [name for name, one in zip(names, made.eligible, strict=True) if one] == expected["eligible"]
    within = {"rel": reference["regret_tolerance_rel"], "abs": 1e-9}
    assert list(made.best) == pytest.approx(expected["best"], **within)
    assert list(made.range) == pytest.approx(expected["range"], **within)
    for at, name in enumerate(names):
        assert list(made.regret[at]) == pytest.approx(expected["regret"][name], **within)
        assert list(made.share[at]) == pytest.approx(expected["share"][name], **within)
    shares = winners(partial_values(found, spanned_by=made.eligible).points, region(3)).shares
    told = reference["weight_share_at_points"]
    assert close_to(told["tolerance_abs"])(
        {name: shares[at] for at, name in enumerate(names) if made.eligible[at]}, told["share"]
    )
    # Who is dominated is best nowhere.
    assert shares[made.eligible].sum() == pytest.approx(1.0)
    recommendation = recommended(found)
    assert not isinstance(recommendation, Unknown)
    least = min(max(expected["share"][name]) for name in expected["eligible"])
    assert max(expected["share"][names[recommendation.place]]) == pytest.approx(least)


@pytest.mark.parametrize("reference", data_sets("flip_points"))
def test_flip_points_with_decisions_held(reference: dict) -> None:
    found, names = measured(reference), reference["inputs"]["candidates"]
    told = {key: one for key, one in reference["flip_points"].items() if key != "how"}
    assumptions = dict(zip(("call", "discount", "kept"), (told[key]["now"] for key in told), strict=True))
    truth, value = found["truth"] == 1, found["value"]
    # Money is a sum over cells: cases acted upon, and their value, by label.
    sums = []
    for name in names:
        act = found[f"act {name}"]
        cells = [truth & act, ~truth & act, truth & ~act]
        sums.append([(cell.sum(), value[cell].sum()) for cell in cells])
    totals = np.array(sums, dtype=float)

    for (key, expected), moved in zip(told.items(), assumptions, strict=True):

        def money(at: float, moved: str = moved) -> np.ndarray:
            now = assumptions | {moved: at}
            call, discount, kept = now["call"], now["discount"], now["kept"]
            hit = call * totals[:, 0, 0] + ((1 - kept) * 0.40 + kept * discount) * totals[:, 0, 1]
            miss = call * totals[:, 1, 0] + discount * totals[:, 1, 1]
            return np.asarray(-(hit + miss + 0.40 * totals[:, 2, 1]))

        answer = flips(money, low=expected["low"], high=expected["high"], now=expected["now"])
        assert [names[at] for at in answer.now] == [expected["best_now"]], key
        steps = [(names[one.below[0]], names[one.above[0]]) for one in answer.points]
        assert steps == [(one["from"], one["to"]) for one in expected["flips"]], key
        for one, its in zip(answer.points, expected["flips"], strict=True):
            assert one.value == pytest.approx(its["value"], rel=expected["tolerance_rel"])
