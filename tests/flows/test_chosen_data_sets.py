"""The references of choice beside the data sets, from runs that were logged, over the API."""

import json

import numpy as np
import pandas as pd
import pytest

from metrics.core.selection.candidates import Field
from metrics.models.evaluation import Model
from metrics.queries.selection import flips, plain
from reports.pages.decision import roles, tradeoff
from tests.core.selection.references import close_to, data_sets, near
from tests.places import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]


def where(reference):
    said = reference["inputs"]["rows"]
    split = said.partition("['")[2].partition("']")[0]
    return {"where": {"split": split}} if split else {}


@pytest.mark.parametrize("reference", data_sets())
def test_the_desk_says_what_the_references_say(reference, choice, told_over_the_api):
    choice.log(reference["folder"], model="choice", **where(reference))
    choice.compute()
    names = reference["inputs"]["candidates"]
    choice.promote(names[0])
    choice.acted()
    choice.profit()
    choice.compute()
    volume = reference["hypervolume_at_points"]
    keys = [one["name"] for one in reference["inputs"]["objectives"]]
    at = dict(zip(keys, volume["reference"], strict=True))
    told = told_over_the_api(objectives=choice.objectives(), reference=at)
    by_name = {one["runs"][0]["called"]: one for one in told["candidates"]}
    assert set(by_name) == set(names)
    assert {one["name"] for one in told["left_out"]} == set(reference["inputs"]["left_out"])
    assert told["hypervolume"]["volume"] == pytest.approx(volume["value"], rel=1e-6)
    assert_points_and_chances(reference, by_name)
    assert_regrets(reference, told, by_name)
    assert_words(reference, told)
    assert_lift(reference, choice)
    found = choice.desk(objectives=choice.objectives())
    assert_draws(reference, found, [found.chosen_from.labels.index(name) for name in names])
    smallest = reference["with_smallest_differences"]
    apart = told_over_the_api(objectives=choice.objectives(smallest["smallest_difference"]))
    on = {one["runs"][0]["called"]: one for one in apart["candidates"]}
    assert [name for name in names if on[name]["on_front"]] == smallest["front_at_points"]
    assert near(reference, [on[name]["p_front"] for name in names], [smallest["p_front"][name] for name in names])
    if "flip_points" in reference:
        assert_flips(reference, choice)


@pytest.fixture
def told_over_the_api(choice, people, api):
    """Sign terms, open a decision under them, and read its desk, each over the API; the decision is then ended."""
    clients = {name: api(people[name]) for name in ("manager", "scientist")}
    base = f"/api/v1/products/{choice.product.slug}/"

    def ask(who, method, path, body=None):
        answer = getattr(clients[who], method)(base + path, body)
        assert answer.status_code < 300, answer.content
        return answer.json()

    def told(**definition):
        model = Model.objects.get(product=choice.product).key
        made = ask("manager", "post", f"models/{model}/terms/", {"definition": definition})
        for who, act in (("manager", "propose"), ("scientist", "endorse"), ("manager", "approve")):
            ask(who, "post", f"models/{model}/terms/{made['number']}/{act}/", {"digest": made["digest"]})
        at = f"decisions/{ask('manager', 'post', 'decisions/', {'model': model})['number']}/"
        found = ask("scientist", "get", f"{at}desk/")
        ask("manager", "post", f"{at}rounds/close/")
        ask("manager", "post", f"{at}withdraw/")
        return found

    return told


def assert_points_and_chances(reference, by_name):
    names = reference["inputs"]["candidates"]
    for key in reference["p_best"]:
        for name in names:
            point = by_name[name]["figures"][key]["point"]
            assert point == pytest.approx(reference["points"][name][key], abs=reference["points_tolerance_abs"][key])
        bests = [by_name[name]["p_best"][key] for name in names]
        assert near(reference, bests, [reference["p_best"][key][name] for name in names])
    assert [name for name in names if by_name[name]["on_front"]] == reference["front_at_points"]
    assert near(reference, [by_name[name]["p_front"] for name in names], [reference["p_front"][name] for name in names])


def assert_regrets(reference, told, by_name):
    names, expected = reference["inputs"]["candidates"], reference["regret_at_points"]
    keys = [one["name"] for one in reference["inputs"]["objectives"]]
    for name in names:
        shares = [by_name[name]["regret"][key]["share"] for key in keys]
        assert shares == pytest.approx(expected["share"][name], rel=1e-5, abs=1e-6), name
    labels = [one["runs"][0]["called"] for one in told["candidates"]]
    assert [labels[place] for place in told["compromise"]["leximax"]] == expected["leximax"]
    assert [labels[place] for place in told["compromise"]["nash"]] == expected["nash_nadir"]["chosen"]
    assert labels[told["recommendation"]["place"]] == expected["leximax"][0]
    share = reference["weight_share_at_points"]
    shares = {name: by_name[name]["weight_share"] for name in share["share"]}
    assert close_to(share["tolerance_abs"])(shares, share["share"])
    # Each role owns one objective, in the order of the roles: their weights are those of the objectives.
    between = told["weights"]["between"]["shares"]
    assert close_to(share["tolerance_abs"])({name: between[labels.index(name)] for name in shares}, share["share"])
    first = {name: by_name[name]["acceptability"]["ranks"][0] for name in names}
    assert sum(first.values()) == pytest.approx(1)


def assert_words(reference, told):
    """Who is best in two objectives is told as it is: one in both, or two that differ, with why."""
    points, ways = reference["points"], {"up": max, "down": min}
    best = {
        one["name"]: ways[one["direction"]](points, key=lambda name, key=one["name"]: points[name][key])
        for one in reference["inputs"]["objectives"]
    }
    assert words_of(told, "profit", "log_loss") == words_expected(best, "profit", "log_loss")
    assert words_of(told, "acted", "log_loss") == words_expected(best, "acted", "log_loss")


def words_of(told, up, across):
    return tradeoff.title(told, up, across).partition(":")[0], bool(tradeoff.why(told, up, across))


def words_expected(best, up, across):
    names = {key: key.replace("_", " ") for key in (up, across)}
    if best[up] == best[across]:
        return f"{best[up]} is best in both {names[up]} and {names[across]}", False
    # A metric of the product's own does not say what it asks: then no reason is told.
    return f"{best[up]} is best in {names[up]}, {best[across]} in {names[across]}", "acted" not in (up, across)


def assert_draws(reference, found, places):
    """What the desk holds and does not print: the spread of each figure, who beats and who dominates whom."""
    names, field = reference["inputs"]["candidates"], found.chosen_from
    for objective in field.objectives:
        key, at = objective.key, field.at(objective.key)
        spread = [reference["bootstrap_sd"][name][key] for name in names]
        within = reference["bootstrap_sd_tolerance_rel"] + 0.05
        np.testing.assert_allclose(field.draws[places, at].std(axis=1), spread, rtol=within)
        beats = found.p_beats(key)[np.ix_(places, places)]
        assert near(reference, beats, reference["p_beats"][key]), key
    chances = found.front_chances.dominates[np.ix_(places, places)]
    assert near(reference, chances, reference["p_dominates"])
    alike = found.regrets.eligible
    assert [name for name, place in zip(names, places, strict=True) if alike[place]] == reference["regret_at_points"][
        "eligible"
    ]


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


def lifts(reference):
    """Of the comparable runs, by the independent reference beside the data set."""
    expected = json.loads((reference["folder"] / "EXPECTED.json").read_text(encoding="utf-8"))
    return {
        run: one["top10pct"]["lift"]
        for run, one in expected["runs"].items()
        if run not in expected["not_comparable_runs"]
    }


def assert_lift(reference, choice):
    """A lift that cannot tell runs apart says of how many: on hotel_cancel of seven, where one is above all of none."""
    expected = lifts(reference)
    figures = (("log_loss", "data_scientist"), ("lift_top10", "project_manager"))
    found = choice.desk(
        objectives=[{"figure": {"kind": "metric", "metric": key}, "role": role} for key, role in figures]
    )
    said = " ".join(one for one in tradeoff.tells(plain.told(found)) if one.startswith("Lift"))
    alike = sum(one == pytest.approx(max(expected.values()), abs=1e-9) for one in expected.values())
    assert (f"cannot tell {alike} of {len(expected)} candidates apart" in said) == (alike > 1)
    assert ("cannot tell" in said) == (alike > 1)


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
    told, field = plain.told(found), found.chosen_from
    best = {one.key: field.labels[int(field.good[:, at].argmax())] for at, one in enumerate(field.objectives)}
    title = tradeoff.title(told, "cost", "mae")
    if best["cost"] == best["mae"]:
        assert title.startswith(f"{best['mae']} is best in both cost and ")
        assert tradeoff.why(told, "cost", "mae") == ""
    else:
        assert title.startswith(f"{best['cost']} is best in cost, {best['mae']} in ")
        assert "“How far off?”" in tradeoff.why(told, "cost", "mae")
    assert sum(told["weights"]["between"]["shares"]) == pytest.approx(1)


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
    told = plain.told(found)
    assert tradeoff.title(told, "f1_macro", "log_loss").startswith("c is best in both ")
    assert roles.between_title(told) == "c is best whatever the roles weigh"
    assert tradeoff.tells(told) == ()
