"""The desk: who stands for choice, who does not and why, and every state in which there is no choice."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.core.estimate import Estimate, Unknown
from metrics.memory import MEMORY
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import AssumptionVersion
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi import board
from metrics.queries.revenue.outlook import outlook
from metrics.queries.selection import sliding, terms
from metrics.queries.selection.desk import desk
from metrics.queries.selection.knowing import knowing
from metrics.services.evaluation import registry
from metrics.services.evaluation import runs as run_service

LOSS = {"figure": {"kind": "metric", "metric": "log_loss"}, "role": "data_scientist", "smallest": 0.001}
AUC = {"figure": {"kind": "metric", "metric": "roc_auc"}, "role": "project_manager"}
MONEY = {"figure": {"kind": "money"}, "role": "executive", "smallest": 10}


@pytest.fixture
def opened(world):
    """Open the desk of the world's model under terms; those of a loss, an AUC and money where none are given."""

    def made(**definition):
        known, model = Known(world.product), Model.objects.get()
        definition = {"objectives": [LOSS, AUC, MONEY]} | definition
        return desk(known, model, terms.read(definition, known, model))

    return made


@pytest.fixture
def rivals(world, rows):
    """Log more versions on the champion's rows, each with other scores, and compute them."""

    def logged(*shifts, version="v"):
        for at, shift in enumerate(shifts):
            world.log(
                world.people["scientist"],
                world.product,
                rows(shift=shift),
                name=f"rival {shift}",
                version=f"{version}{at}{shift}",
                where={"split": "test"},
            )
        world.compute()

    return logged


def test_the_figures_are_those_that_other_pages_show_and_the_champion_is_among_them(world, rivals, opened):
    rivals(0.05, -0.1)
    found = opened()
    assert found.state == "choice"
    assert {row.label for row in found.rows} == {"first", "rival 0.05", "rival -0.1"}
    (champion,) = (row for row in found.rows if row.is_champion)
    metrics = catalogue.metric_figures([world.run])[world.run.pk]
    assert champion.first.figures["log_loss"].point == metrics["log_loss"].quantity.point
    total = outlook(Known(world.product)).total
    assert isinstance(total, Estimate)
    assert champion.first.figures["money"].point == pytest.approx(total.point, rel=1e-9)
    assert champion.first.figures["money"].draws == pytest.approx(total.draws, rel=1e-5)
    assert champion.against == {}
    other = next(row for row in found.rows if row.label == "rival -0.1")
    assert other.against["money"].verdict in ("worse", "cannot tell")
    assert sum(row.p_best["money"] for row in found.rows) == pytest.approx(1.0)


def test_identical_predictions_are_one_candidate_with_two_names(world, rivals, opened):
    rivals(0.05)
    rivals(0.05, version="copy")
    labels = {row.label for row in opened().rows}
    assert labels == {"first", "rival 0.05 (v00.05) = rival 0.05 (copy00.05)"} or labels == {
        "first",
        "rival 0.05 (copy00.05) = rival 0.05 (v00.05)",
    }


def test_who_is_left_out_is_so_with_the_reason(world, rivals, rows, opened):
    rivals(0.05, -0.1)
    scientist = world.people["scientist"]
    world.log(scientist, world.product, rows(900), name="half", version="half", where={"split": "test"})
    world.log(scientist, world.product, rows(shift=0.06), name="again", version="v00.05", where={"split": "test"})
    withdrawn = EvaluationRun.objects.get(name="rival -0.1")
    run_service.withdraw(scientist, withdrawn, reason="wrong seed")
    world.compute()
    found = opened()
    reasons = {out.run.name: out.reason for out in found.left_out}
    assert set(reasons) == {"half", "rival 0.05"}
    assert "different data" in reasons["half"]
    assert reasons["rival 0.05"] == "a newer run of the same version stands for it"
    assert {row.label for row in found.rows} == {"first", "again"}


def test_one_candidate_is_a_comparison_and_none_is_said_so(world, rivals, opened):
    assert opened().state == "no candidates"
    rivals(0.05)
    assert opened().state == "comparison"


def test_where_nobody_passes_the_guardrails_the_nearest_is_named(world, rivals, opened):
    rivals(0.02, 0.2)
    guardrail = {"figure": LOSS["figure"], "sense": "at_most", "limit": 0.1, "probability": 0.9}
    found = opened(guardrails=[guardrail])
    assert found.state == "nobody passes"
    assert len(found.left_out) == 3
    assert all("log_loss at most 0.1" in out.reason for out in found.left_out)
    assert found.nearest is not None


def test_a_gate_holds_a_candidate_against_the_champion_who_passes_it_himself(world, rivals, opened):
    rivals(0.05, 0.3)
    found = opened(gates=[{"figure": LOSS["figure"], "least_absolute": 0.0}])
    assert any(row.is_champion for row in found.rows)
    refused = {out.run.name: out.reason for out in found.left_out}
    assert "gate of log_loss: least absolute of 0 is not reached" in refused["rival 0.3"]


def test_money_that_is_opinion_is_not_counted_and_the_choice_goes_on_without_it(world, rivals, opened):
    rivals(0.05, -0.1)
    AssumptionVersion.objects.filter(assumption__key="offer").update(valid_until=date(2017, 1, 1))
    guardrail = {"figure": {"kind": "over_champion", "figure": MONEY["figure"]}, "sense": "at_least", "limit": 0}
    found = opened(guardrails=[guardrail])
    assert found.state == "choice"
    assert [one.key for one in found.asks.objectives] == ["log_loss", "roc_auc"]
    assert [(one.place, one.key) for one in found.found.set_aside] == [
        ("objectives", "money"),
        ("guardrails", "money_over_champion"),
    ]
    assert "offer: expired on 1 Jan 2017" in found.found.set_aside[0].reason
    assert isinstance(found.rows[0].first.figures["money"], Unknown)


def test_figures_that_are_not_computed_yet_are_waited_for_and_say_of_which_runs(world, rivals, rows, opened):
    rivals(0.05)
    world.log(
        world.people["scientist"], world.product, rows(shift=0.3), name="late", version="late", where={"split": "test"}
    )
    found = opened()
    assert [run.name for run in found.found.waiting] == ["late"]
    assert "late" in {out.run.name for out in found.left_out}


def test_segments_are_chosen_by_the_worst_of_them(world, rivals, opened):
    rivals(0.05, -0.1)
    worst = {"kind": "worst", "column": "hotel", "figure": {"kind": "kpi", "kpi": "value_per_booking"}}
    gap = {"kind": "gap", "column": "hotel", "figure": LOSS["figure"]}
    found = opened(
        objectives=[LOSS, {"figure": worst, "role": "executive"}, {"figure": gap, "role": "project_manager"}]
    )
    assert found.state == "choice"
    for row in found.rows:
        worth = row.first.figures["worst_value_per_booking"]
        assert worth.draws is not None
        assert row.first.figures["gap_log_loss"].point >= 0


def test_a_check_that_gates_and_holds_leaves_the_grades_as_they_are_of_any_number_of_kpis(world, rivals, opened):
    rivals(0.05)
    world.product.gates = ["quality"]
    world.product.save()
    known = Known(world.product)
    held = board.of_runs(known.runs, known, [*known.approved.values()] * 2)
    assert {figure.grade.letter for figures in held.values() for figure in figures} == {"C"}
    assert opened().state == "comparison"


@pytest.mark.parametrize("gates", [[], ["drift", "quality"]])
def test_queries_do_not_grow_with_the_candidates(world, rivals, opened, gates):
    world.product.gates = gates
    world.product.save()

    def counted():
        MEMORY.forget()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = opened()
            assert found.rows
            assert found.recommendation
        return len(asked)

    rivals(0.05, -0.1)
    few = counted()
    rivals(0.01, 0.02, 0.03, 0.12)
    assert counted() == few
    assert few <= 30


@pytest.fixture
def reported(world, rows):
    """Rivals that report what serving them costs, without a standard error; the champion is logged again with it."""
    scientist = world.people["scientist"]
    told = {"key": "serving", "name": "Serving cost", "direction": "down", "unit": "EUR/booking"}
    registry.register_metric(scientist, world.product, task="binary", **told)
    for version, shift, cost in (("one", 0.0, 0.02), ("a", 0.05, 0.01), ("b", -0.1, 0.03)):
        frame = rows(shift=shift)
        manifest = {"version": version, "name": version, "where": {"split": "test"}, "metrics": {"serving": cost}}
        world.log(scientist, world.product, frame, **manifest)
    world.compute()


SERVING = {"figure": {"kind": "metric", "metric": "serving"}, "role": "project_manager"}


def test_an_objective_without_draws_is_chosen_by_at_its_points_and_takes_no_part_in_chances(reported, opened):
    found = opened(objectives=[LOSS, SERVING, MONEY])
    assert found.state == "choice"
    assert isinstance(found.front_chances, Unknown)
    assert "serving" in found.front_chances.reason
    for row in found.rows:
        assert isinstance(row.p_front, Unknown)
        assert isinstance(row.p_best["serving"], Unknown)
        assert not isinstance(row.p_best["log_loss"], Unknown)
    assert found.acceptability.held == ("serving",)
    assert not isinstance(found.recommendation, Unknown)
    assert isinstance(found.corrected("serving"), Unknown)
    assert isinstance(knowing(found, "serving").perfect, Unknown)
    bare = opened(objectives=[SERVING])
    assert bare.state == "choice"
    cheapest = bare.rows[bare.recommendation.place]
    assert cheapest.label == "a"
    assert isinstance(bare.p_best("serving"), Unknown)
    assert sliding.slide(bare, {"serving": 1}).leads == (cheapest.place,)


def test_a_guardrail_without_draws_counts_as_not_held_though_it_is_met_at_the_point(reported, opened):
    found = opened(guardrails=[{"figure": SERVING["figure"], "sense": "at_most", "limit": 1.0}])
    assert found.state == "nobody passes"
    states = {held.state for one in found.found.judged for held in one.guardrails.each}
    assert states == {"met at the point, certainty unknown"}


def test_a_champion_that_breaks_a_guardrail_is_left_out_and_still_what_the_others_are_held_against(
    world, rivals, opened
):
    rivals(0.02, -0.02)
    champion = next(row for row in opened().rows if row.is_champion)
    over = {"kind": "over_champion", "figure": MONEY["figure"]}
    found = opened(guardrails=[{"figure": over, "sense": "at_least", "limit": 1e-9, "probability": 0.01}])
    assert champion.label in {out.run.name for out in found.left_out}
    assert found.chosen_from.champion is None
    for row in found.rows:
        assert row.against["money"].b is found.champion.figures["money"]


def test_the_simplest_of_those_that_cannot_be_told_apart_is_by_what_the_terms_name(reported, opened):
    found = opened(objectives=[LOSS | {"smallest": 10.0}], simplest_by=SERVING["figure"])
    told = found.recommendation
    assert len(told.alike) == 3
    assert found.rows[told.simplest].label == "a"
