"""Runs side by side: what is refused, what is paired, and what choosing among several costs."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from sklearn.metrics import roc_auc_score

from metrics import access
from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.selection_bias import corrected
from metrics.queries.evaluation import catalogue
from metrics.queries.selection import comparison
from metrics.queries.selection.comparison_by_group import by_group
from metrics.services.evaluation import registry
from metrics.services.evaluation import runs as services

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged(product, scientist, rows, log, compute):
    """Log runs on the same rows, each with its scores drawn towards a half by a factor; gives them by that factor."""

    def made(*factors: float, **manifest):
        for factor in factors:
            frame = rows(1500)
            frame["y_score"] = 0.5 + factor * (frame["y_score"] - 0.5)
            log(scientist, product, frame, version=f"by {factor:g}", where={"split": "test"}, **manifest)
        compute()
        return {float(run.version.name.split()[1]): run for run in catalogue.runs(product)}

    return made


def test_runs_on_the_same_rows_are_paired(logged) -> None:
    runs = logged(1.0, 0.5)
    (one,) = comparison.compared(list(runs.values()), runs[1.0]).against
    row = one.rows["log_loss"]
    assert row.verdict == "worse"
    assert row.difference.point == pytest.approx(row.a.point - row.b.point)
    # Paired: far narrower than two independent bands would be.
    apart = np.hypot(row.a.standard_error(), row.b.standard_error())
    assert row.difference.standard_error() < 0.8 * apart
    assert one.rows["roc_auc"].verdict == "alike"  # the order of the rows is the same
    assert one.receipts["log_loss"]


def test_the_smallest_difference_worth_having_decides_the_verdict(logged) -> None:
    runs = logged(1.0, 0.9)
    held = list(runs.values())
    (one,) = comparison.compared(held, runs[1.0], smallest={"log_loss": 0.5}).against
    assert one.rows["log_loss"].verdict == "alike"
    assert one.rows["log_loss"].worth_having == 0.0
    assert one.rows["brier"].smallest == 0.0


def test_runs_on_other_rows_are_refused_with_both_digests(logged, product, scientist, rows, log, compute) -> None:
    runs = logged(1.0)
    half = log(scientist, product, rows(700), version="half", where={"split": "test"})
    compute()
    half.refresh_from_db()
    (one,) = comparison.compared([runs[1.0], half], runs[1.0]).against
    assert "saw different data" in one.refused
    assert "560 rows" in one.refused
    assert not one.metrics
    assert not one.money


def test_a_run_that_reports_only_metrics_is_refused(logged, product, scientist, compute) -> None:
    runs = logged(1.0)
    told = services.log_run(scientist, product, manifest={"model": "m", "version": "1", "metrics": {"brier": 0.1}})
    compute()
    held = comparison.chosen(scientist, product, [runs[1.0].pk, told.pk])
    (one,) = comparison.compared(held, held[0]).against
    assert "has no rows" in one.refused


def test_a_withdrawn_run_is_refused_with_its_reason(logged, scientist) -> None:
    runs = logged(1.0, 0.5)
    services.withdraw(scientist, runs[0.5], reason="leaked")
    (one,) = comparison.compared(list(runs.values()), runs[1.0]).against
    assert one.refused == "by 0.5 is withdrawn: leaked"


def test_the_same_predictions_under_two_names_are_recognised(logged, product, scientist, rows, log, compute) -> None:
    runs = logged(0.5)
    frame = rows(1500)
    frame["y_score"] = 0.5 + 0.5 * (frame["y_score"] - 0.5)
    twin = log(scientist, product, frame, version="twin", where={"split": "test"})
    compute()
    twin.refresh_from_db()
    (one,) = comparison.compared([runs[0.5], twin], runs[0.5]).against
    assert one.same
    assert {row.verdict for row in one.metrics} == {"alike"}


def test_four_candidates_are_corrected_for_choosing_and_three_are_not(logged) -> None:
    runs = logged(1.0, 0.9, 0.7, 0.5)
    base = runs[1.0]
    assert comparison.compared([base, runs[0.9], runs[0.7]], base).among == {}
    found = comparison.compared(list(runs.values()), base)
    assert found.among["log_loss"] == 4
    assert "roc_auc" not in found.among  # all four order the rows alike: one candidate with four names
    rows = {one.run.pk: one.rows["log_loss"] for one in found.against}
    candidates = {pk: row.a for pk, row in rows.items()} | {"base": next(iter(rows.values())).b}
    expected = corrected(candidates)
    for one in found.against:
        row = one.corrected["log_loss"]
        difference = expected.estimates[one.run.pk].point - expected.estimates["base"].point
        assert row.difference.point == pytest.approx(difference)


def test_money_is_paired_by_its_draws(world, rows, log) -> None:
    frame = rows()
    frame["y_score"] = 0.5 + 0.3 * (frame["y_score"] - 0.5)
    second = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    world.compute()
    second.refresh_from_db()
    (one,) = comparison.compared([world.run, second], world.run).against
    (money,) = (row for row in one.money if row.key == "value_per_booking")
    assert money.receipt
    assert money.base_receipt
    assert money.grade.letter == "C"
    assert money.difference.difference.point < 0
    assert money.difference.difference.standard_error() < money.difference.a.standard_error()


def test_delong_is_the_cross_check_of_two_aucs(product, scientist, rows, log, compute, settings) -> None:
    frame = rows(900)
    first = log(scientist, product, frame, version="one")
    noisy = frame.assign(y_score=np.clip(frame["y_score"] + np.sin(np.arange(900)) / 6, 0.001, 0.999))
    second = log(scientist, product, noisy, version="two")
    compute()
    found = comparison.cross_checked(second, first)
    assert found.a.auc == pytest.approx(roc_auc_score(noisy["y_true"], noisy["y_score"]))
    (one,) = comparison.compared(list(catalogue.runs(product)), catalogue.runs(product).last()).against
    assert found.difference == pytest.approx(one.rows["roc_auc"].difference.point)
    assert found.standard_error == pytest.approx(one.rows["roc_auc"].difference.standard_error(), rel=0.3)


def test_delong_says_why_it_does_not_test_clusters(product, scientist, rows, log, compute) -> None:
    frame = rows(600).assign(cluster_id=lambda held: [f"guest {number % 90}" for number in range(len(held))])
    first = log(scientist, product, frame, version="one")
    second = log(scientist, product, frame.assign(y_score=1 - frame["y_score"]), version="two")
    compute()
    found = comparison.cross_checked(second, first)
    assert isinstance(found, Unknown)
    assert "clusters" in found.reason


def test_a_bias_is_better_the_nearer_it_is_to_nothing(product, scientist, log, compute, rows) -> None:
    held = rows(800)
    truth = held["value"]
    for version, off in (("over", 9.0), ("under", -1.0)):
        frame = held.drop(columns=["y_true", "y_score", "value"]).assign(y_true=truth, y_pred=truth * 0.99 + off)
        log(scientist, product, frame, model="stay", version=version, task="regression")
    compute()
    runs = {run.version.name: run for run in catalogue.runs(product)}
    (one,) = comparison.compared(list(runs.values()), runs["over"]).against
    bias = one.rows["bias"]
    assert bias.direction == 0.0
    assert abs(bias.a.point) < abs(bias.b.point)
    assert bias.verdict == "better"


def test_a_product_s_own_metric_is_compared_too(logged, product, scientist, compute) -> None:
    runs = logged(1.0, 0.5)
    registry.register_metric(
        scientist, product, key="off_by", name="Off by", direction="down", formula="mean(abs(y - p))"
    )
    compute()
    (one,) = comparison.compared(list(catalogue.runs(product)), runs[1.0]).against
    row = one.rows["off_by"]
    assert row.verdict == "worse"
    assert row.difference.band() is not None


def test_groups_are_paired_and_add_up_to_the_whole(logged) -> None:
    runs = logged(1.0, 0.5)
    held, base = list(runs.values()), runs[1.0]
    found = by_group(held, base, "hotel", keys=("brier",))
    assert found.columns == ("hotel", "month")
    assert [group.name for group in found.groups] == ["City", "Resort"]  # the larger first
    differences = [group.runs[runs[0.5].pk]["brier"].difference for group in found.groups]
    counts = [group.n for group in found.groups]
    assert all(isinstance(one, Estimate) and one.draws is not None for one in differences)
    (one,) = comparison.compared(held, base).against
    whole = np.average([one.point for one in differences], weights=counts)
    assert whole == pytest.approx(one.rows["brier"].difference.point)
    assert by_group(held, base, "month", keys=("brier",)).groups[0].name == "2016-10"


def test_the_value_of_the_groups_adds_up_to_the_value(world, rows, log) -> None:
    frame = rows().assign(y_score=lambda held: 0.5 + 0.3 * (held["y_score"] - 0.5))
    second = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    world.compute()
    second.refresh_from_db()
    found = by_group([world.run, second], world.run, "hotel", keys=())
    rows_of = [(group.n, group.runs[second.pk]["value_per_booking"].difference.point) for group in found.groups]
    (one,) = comparison.compared([world.run, second], world.run).against
    whole = sum(n * point for n, point in rows_of) / sum(n for n, _ in rows_of)
    assert whole == pytest.approx(one.rows["value_per_booking"].difference.point)


def test_runs_of_somebody_else_are_not_there(logged, outsider, product, make_product, scientist) -> None:
    runs = logged(1.0)
    with pytest.raises(access.Hidden):
        comparison.chosen(outsider, product, [runs[1.0].pk])
    other = make_product("Churn retention")
    with pytest.raises(access.Hidden):
        comparison.chosen(scientist, other, [runs[1.0].pk])


def test_more_runs_ask_no_more_of_the_database(logged) -> None:
    runs = logged(1.0, 0.9, 0.7, 0.5, 0.3)
    base = runs[1.0]

    def queries(*held) -> int:
        with CaptureQueriesContext(connection) as asked:
            comparison.compared(held, base)
            by_group(held, base, "hotel", keys=("log_loss",))
        return len(asked)

    assert queries(*runs.values()) == queries(base, runs[0.9])
