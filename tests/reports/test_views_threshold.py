"""The threshold explorer: the curve within limits, what the present cut loses, and the advice."""

import re

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board as kpi_queries
from metrics.queries.kpi.threshold import Asked, explore
from metrics.services.evaluation import runs
from metrics.services.kpi import kpis, mappings
from tests.world import calls_matrix

pytestmark = pytest.mark.django_db
ASSUMED = {"unsold_share": 0.40, "keep_rate": 0.35, "offer": 0.05, "call_cost": 3.0}


def address(run):
    return f"/p/{run.product.slug}/runs/{run.pk}/threshold/"


def money_above(rows, cut):
    """Money against acting on none, by counting rows at the assumptions' points."""
    a = ASSUMED
    truth, amount, acted = (rows["y_true"] == 1).to_numpy(), rows["value"].to_numpy(), rows["y_score"].to_numpy() > cut
    tp = -a["call_cost"] - ((1 - a["keep_rate"]) * a["unsold_share"] + a["keep_rate"] * a["offer"]) * amount
    fp = -a["call_cost"] - a["offer"] * amount
    kept = np.where(truth, tp + a["unsold_share"] * amount, fp)
    return float(kept[acted].sum())


@pytest.fixture
def fixed(world, manager, scientist):
    """The same matrix with the threshold 0.8 in force."""
    definition = calls_matrix(threshold={"kind": "fixed", "at": 0.8})
    draft = mappings.create_version(scientist, world.version.mapping, definition=definition)
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    return draft


def explored(world, version, **asked):
    known = Known(world.product)
    return explore(world.run, kpi_queries.document(world.run, version, known), Asked(**asked), known)


def test_the_curve_and_the_cost_of_the_present_cut_are_those_of_the_rows(world, fixed, rows) -> None:
    found, test = explored(world, fixed), rows()
    test = test[test["split"] == "test"]
    here, best = (float(found.curve.threshold[place]) for place in (found.present, found.best))
    assert abs(here - 0.8) < 0.01
    assert found.curve.point[found.best] == pytest.approx(money_above(test, best), rel=1e-6)
    lost = money_above(test, best) - money_above(test, here)
    assert found.costs.point == pytest.approx(lost, rel=1e-6)
    volume = sum(count for _, count in Known(world.product).actuals(world.volume)[-12:])
    assert found.a_year.point == pytest.approx(lost / len(test) * volume, rel=1e-6)
    assert found.honest.hindsight.point >= found.honest.value.point
    assert found.anew >= 0.98 * found.curve.point.max()


def test_limits_move_the_best_and_outside_them_a_cut_may_earn_more(world, fixed) -> None:
    free, few = explored(world, fixed), explored(world, fixed, capacity=0.05)
    assert few.curve.share_acted[few.best] <= 0.05
    assert few.curve.point[few.best] < free.curve.point[free.best]
    poor = explored(world, fixed, budget=200.0)
    assert poor.curve.outlay[poor.best] <= 200
    assert few.costs.point < 0


def test_a_matrix_that_decides_row_by_row_has_no_cut_in_use(world) -> None:
    assert explored(world, world.version).present is None
    asked = explored(world, world.version, at=0.3)
    assert isinstance(asked.costs, Estimate)
    assert abs(asked.curve.threshold[asked.present] - 0.3) < 0.01


def test_the_page_says_what_the_difference_costs_and_marks_both_points(world, fixed, manager, client) -> None:
    client.force_login(manager)
    text = client.get(address(world.run)).content.decode()
    found = re.search(r"Acting above 0\.8\d* instead of [0-9.]+ loses about [^.]+EUR on these rows, or about", text)
    assert found, text
    assert "now 0.8" in text
    assert "best 0." in text
    assert "Best, honestly" in text
    assert "in-sample by definition" in text
    assert "sample_weight=money_weights(rows, y)" in text.replace("&#x27;", "'")


def test_typing_a_limit_answers_with_the_answer_alone(world, fixed, manager, client) -> None:
    client.force_login(manager)
    text = client.get(
        address(world.run), {"capacity": "5", "by": "share"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in text
    assert "Within the limits" in text
    assert "share acted upon" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"capacity": "120"}, "0 to 100"),
        ({"budget": "-3"}, "0 or more"),
        ({"at": "x"}, "0 to 1"),
        ({"at": "nan"}, "0 to 1"),
    ],
)
def test_a_limit_that_is_none_is_said_and_left_out(world, fixed, manager, client, given, words) -> None:
    client.force_login(manager)
    text = client.get(address(world.run), given).content.decode()
    assert words in text
    assert "It was left out" in text


def test_the_way_there_stands_on_the_run_and_on_the_mapping(world, manager, client) -> None:
    client.force_login(manager)
    run = f"/p/{world.product.slug}/runs/{world.run.pk}/"
    assert address(world.run) in client.get(f"{run}curves/").content.decode()
    mapping = f"/p/{world.product.slug}/mappings/{world.version.mapping_id}/1/"
    assert address(world.run) in client.get(mapping).content.decode()


def test_another_products_run_is_hidden(world, manager, client, make_product) -> None:
    other = make_product("Another")
    client.force_login(manager)
    assert client.get(f"/p/{other.slug}/runs/{world.run.pk}/threshold/").status_code == 404


def test_without_a_matrix_in_force_the_next_step_is_named(product, scientist, log, compute, rows, client) -> None:
    run = log(scientist, product, rows(300), name="alone")
    compute()
    client.force_login(scientist)
    text = client.get(address(run)).content.decode()
    assert "No value matrix is in force" in text
    assert f"/p/{product.slug}/mappings/" in text


def test_a_run_of_numbers_gets_the_advice_of_its_cost(logged, product, world_of_costs, scientist, client) -> None:
    client.force_login(scientist)
    text = client.get(address(world_of_costs)).content.decode()
    assert "has no threshold" in text
    assert "loss=&quot;quantile&quot;, quantile=0.75" in text


@pytest.fixture
def world_of_costs(product, manager, scientist, logged):
    run = logged("regression")
    worth = kpis.create_kpi(manager, product, key="worth", name="Worth", unit="EUR/booking")
    definition = {"kind": "error_cost", "under": "6", "over": "2"}
    draft = mappings.create_mapping(scientist, product, kpi=worth, name="Cost", definition=definition)
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    return run


def test_a_run_without_rows_is_unknown(world) -> None:

    manifest = {"model": "m", "version": "r", "name": "reported", "metrics": {"brier": 0.1}}
    run = runs.log_run(world.people["scientist"], world.product, manifest=manifest)
    known = Known(world.product)
    found = explore(run, kpi_queries.document(world.run, world.version, known), Asked(), known)
    assert isinstance(found, Unknown)


@pytest.fixture
def as_published(world, manager, scientist):
    """A matrix as the publications on maximum profit have it: all money is made of the price of a call."""
    kpis.create_assumption(
        manager, world.product, key="accepted", name="Accepted", unit="share",
        distribution={"kind": "beta", "alpha": 6, "beta": 14}, owner="o", source="s",
    )  # fmt: skip
    cells = {"tp": "accepted * 20 * call_cost - call_cost", "fp": "-2 * call_cost", "tn": "0", "fn": "0"}
    definition = calls_matrix(threshold={"kind": "fixed", "at": 0.5})
    definition |= {"cells": {name: {"base": text} for name, text in cells.items()}}
    draft = mappings.create_version(scientist, world.version.mapping, definition=definition)
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    return draft


def test_a_matrix_as_published_shows_maximum_profit_and_says_that_it_flatters(
    world, as_published, rows, manager, client
) -> None:
    found, test = explored(world, as_published), rows()
    test = test[test["split"] == "test"].sort_values("y_score", ascending=False)
    truth, cost = (test["y_true"] == 1).to_numpy(), ASSUMED["call_cost"]
    last = np.append(np.diff(test["y_score"].to_numpy()) != 0, True)

    def largest(accepted):
        return max(0.0, np.cumsum(np.where(truth, (20 * accepted - 1) * cost, -2 * cost))[last].max())

    assert found.published.share == "accepted"
    assert found.published.maximum.per_case * found.n == pytest.approx(largest(0.3), rel=1e-9)
    drawn = np.random.default_rng(1).beta(6, 14, 4000)
    spread = [largest(accepted) for accepted in drawn]
    expected = found.published.expected.per_case * found.n
    assert expected == pytest.approx(np.mean(spread), abs=4 * np.std(spread) / np.sqrt(4000))
    client.force_login(manager)
    text = client.get(address(world.run)).content.decode()
    assert "Expected maximum profit" in text
    assert "in-sample by definition, so it ranks models, no more" in text


def test_a_matrix_with_amounts_of_the_row_shows_none_of_the_published_measures(world, fixed, manager, client) -> None:
    assert explored(world, fixed).published is None
    client.force_login(manager)
    assert "Expected maximum profit" not in client.get(address(world.run)).content.decode()
