"""The references of choice beside the data sets, from runs that were logged, through the desk's queries."""

import numpy as np
import pandas as pd
import pytest

from metrics.core.selection.candidates import Field
from metrics.core.selection.hypervolume import hypervolume
from metrics.queries.selection import flips
from tests.core.selection.references import close_to, data_sets, near
from tests.places import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]


def where(reference):
    said = reference["inputs"]["rows"]
    split = said.partition("['")[2].partition("']")[0]
    return {"where": {"split": split}} if split else {}


@pytest.mark.parametrize("reference", data_sets())
def test_the_desk_says_what_the_references_say(reference, choice):
    choice.log(reference["folder"], model="choice", **where(reference))
    choice.compute()
    names = reference["inputs"]["candidates"]
    choice.promote(names[0])
    choice.acted()
    choice.profit()
    choice.compute()
    found = choice.desk(objectives=choice.objectives())
    field = found.chosen_from
    assert set(field.labels) == set(names)
    assert {out.run.name for out in found.left_out} == set(reference["inputs"]["left_out"])
    places = [field.labels.index(name) for name in names]
    assert_points_and_chances(reference, found, places)
    assert_regrets(reference, found, places)
    smallest = reference["with_smallest_differences"]
    apart = choice.desk(objectives=choice.objectives(smallest["smallest_difference"]))
    on = {row.label: row for row in apart.rows}
    assert [name for name in names if on[name].on_front] == smallest["front_at_points"]
    assert near(reference, [on[name].p_front for name in names], [smallest["p_front"][name] for name in names])
    if "flip_points" in reference:
        assert_flips(reference, choice)


def assert_points_and_chances(reference, found, places):
    names, field = reference["inputs"]["candidates"], found.chosen_from
    rows = [found.rows[place] for place in places]
    for objective in field.objectives:
        key, at = objective.key, field.at(objective.key)
        expected = [reference["points"][name][key] for name in names]
        np.testing.assert_allclose(field.points[places, at], expected, atol=reference["points_tolerance_abs"][key])
        spread = [reference["bootstrap_sd"][name][key] for name in names]
        within = reference["bootstrap_sd_tolerance_rel"] + 0.05
        np.testing.assert_allclose(field.draws[places, at].std(axis=1), spread, rtol=within)
        assert near(reference, [row.p_best[key] for row in rows], [reference["p_best"][key][name] for name in names])
        beats = found.p_beats(key)[np.ix_(places, places)]
        assert near(reference, beats, reference["p_beats"][key]), key
    assert [name for name, row in zip(names, rows, strict=True) if row.on_front] == reference["front_at_points"]
    assert near(reference, [row.p_front for row in rows], [reference["p_front"][name] for name in names])
    chances = found.front_chances.dominates[np.ix_(places, places)]
    assert near(reference, chances, reference["p_dominates"])
    volume, ways = reference["hypervolume_at_points"], [one.direction for one in field.objectives]
    assert hypervolume(field.points, volume["reference"], ways) == pytest.approx(volume["value"], rel=1e-6)


def assert_regrets(reference, found, places):
    names, expected, regrets = reference["inputs"]["candidates"], reference["regret_at_points"], found.regrets
    assert [name for name, place in zip(names, places, strict=True) if regrets.eligible[place]] == expected["eligible"]
    for name, place in zip(names, places, strict=True):
        assert list(regrets.share[place]) == pytest.approx(expected["share"][name], rel=1e-5, abs=1e-6), name
    labels = found.chosen_from.labels
    assert [labels[place] for place in found.compromise.leximax] == expected["leximax"]
    assert [labels[place] for place in found.bargain.chosen] == expected["nash_nadir"]["chosen"]
    assert labels[found.recommendation.place] == expected["leximax"][0]
    told = reference["weight_share_at_points"]
    shares = {name: found.winners.shares[place] for name, place in zip(names, places, strict=True)}
    assert close_to(told["tolerance_abs"])({name: shares[name] for name in told["share"]}, told["share"])


def assert_flips(reference, choice):
    """The profit by assumptions, whose values today are those of the reference; where another is best for it."""
    told = {key: one for key, one in reference["flip_points"].items() if key != "how"}
    keys = dict(zip(("call_cost", "offer", "keep_rate"), told, strict=True))
    choice.assume(call_cost=("EUR/booking", 3.0), offer=("share", 0.05), keep_rate=("share", 0.35))
    choice.assume(unsold=("share", 0.40))
    choice.value_by_assumptions()
    choice.compute()
    figure = {"kind": "kpi", "kpi": "by_assumptions"}
    found = choice.desk(objectives=[{"figure": figure, "role": "executive"}])
    answers = {one.key: one for one in flips.turns(found, objective="by_assumptions")}
    labels = found.chosen_from.labels
    for key, name in keys.items():
        expected, answer = told[name], answers[key]
        mine = [one for one in answer.points if expected["low"] < one.value < expected["high"]]
        assert answer.now == pytest.approx(expected["now"])
        steps = [(labels[one.below[0]], labels[one.above[0]]) for one in mine]
        assert steps == [(one["from"], one["to"]) for one in expected["flips"]], key
        for one, its in zip(mine, expected["flips"], strict=True):
            assert one.value == pytest.approx(its["value"], rel=expected["tolerance_rel"])


FORECASTS = sorted(path.parent for path in SHARED.glob("data/*/forecast_ref.py"))


@pytest.mark.parametrize("folder", FORECASTS, ids=lambda path: path.name)
def test_forecasts_are_chosen_among_by_errors_coverage_and_their_cost(folder, choice):
    choice.log(folder, model="demand", task="forecast", where={"split": "test"})
    choice.compute()
    first = sorted((folder / "predictions").glob("*.parquet"))[0].stem
    choice.promote(first)
    cost = {"kind": "error_cost", "under": "2", "over": "1", "shape": "linear", "of": "", "baseline": "none"}
    choice.kpi("cost", "EUR/booking", {**cost, "per": "case"})
    choice.compute()
    metric = [{"kind": "metric", "metric": key} for key in ("mae", "interval_coverage")]
    found = choice.desk(
        objectives=[
            {"figure": metric[0], "role": "data_scientist"},
            {"figure": metric[1], "role": "project_manager"},
            {"figure": {"kind": "kpi", "kpi": "cost"}, "role": "executive"},
        ],
        guardrails=[{"figure": metric[0], "sense": "at_most", "limit": 1e12, "probability": 0.9}],
    )
    assert found.state == "choice"
    assert isinstance(found.field, Field)
    assert not isinstance(found.recommendation, str)
    assert found.rows[found.recommendation.place].on_front
    assert len(found.rows) + len(found.left_out) >= 2


def test_runs_of_several_classes_are_chosen_among(choice, log, people, compute):
    generator = np.random.Generator(np.random.Philox(8))
    names = ["bronze", "gold", "silver"]
    truth = generator.choice(names, 1500)
    region = generator.choice(["North", "South"], 1500)
    for version, sure in (("a", 0.6), ("b", 0.7), ("c", 0.8)):
        said = np.where(generator.uniform(size=1500) < sure, truth, generator.choice(names, 1500))
        frame = {"example_id": range(1500), "y_true": truth, "y_pred": said, "region": region}
        for name in names:
            frame[f"p_{name}"] = np.where(said == name, 0.5 + sure / 4, (0.5 - sure / 4) / 2)
        manifest = {"task": "multiclass", "model": "tiers", "version": version, "name": version, "classes": names}
        log(people["scientist"], choice.product, pd.DataFrame(frame), **manifest)
    compute()
    choice.promote("a")
    worst = {"kind": "worst", "column": "region", "figure": {"kind": "metric", "metric": "accuracy"}}
    found = choice.desk(
        objectives=[
            {"figure": {"kind": "metric", "metric": "log_loss"}, "role": "data_scientist"},
            {"figure": worst, "role": "project_manager"},
            {"figure": {"kind": "metric", "metric": "f1_macro"}, "role": "executive"},
        ]
    )
    assert found.state == "choice"
    assert found.rows[found.recommendation.place].label == "c"
    assert [row.label for row in found.rows if row.on_front] == ["c"]
