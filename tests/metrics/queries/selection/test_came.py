"""What came of each objective: a metric measured again, a KPI observed, money earned; and how far promises held."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.outcome import Record, Score
from metrics.models.evaluation import EvaluationRun, MetricResult, Model
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.selection.came import calibration, came
from metrics.queries.selection.outcome import outcomes
from metrics.services.kpi import kpis
from metrics.services.kpi.months_given import Parts
from metrics.services.selection import terms
from tests.kept_promises import SPRING

pytestmark = pytest.mark.django_db


def objectives(deciding, decision):
    known = Known(deciding.product)
    found = outcomes([known])
    return {one.key: one for one in came([known], found)[decision.pk]}


def calibrated(deciding):
    known = Known(deciding.product)
    found = outcomes([known])
    return calibration(found.values(), came([known], found))


def test_before_anything_came_each_says_what_was_promised_and_why_nothing_is_known(chosen, deciding):
    found = objectives(deciding, chosen)
    assert set(found) == {"log_loss", "money"}
    assert found["log_loss"].score == Unknown("no run of second on other rows was scored since")
    frozen = next(row for row in chosen.record["desk"]["candidates"] if row["runs"][0]["name"] == "second")
    assert found["log_loss"].promised.point == frozen["figures"]["log_loss"]["point"]
    assert found["money"].score.reason.startswith("no whole month is over")
    assert (found["log_loss"].role, found["money"].role) == ("data_scientist", "executive")


def test_a_metric_is_held_against_the_next_run_on_other_rows_and_both_errors(chosen, deciding, rows):
    deciding.candidate("again", 0.03, version="second")
    assert isinstance(objectives(deciding, chosen)["log_loss"].score, Unknown)  # the same rows say nothing new
    newer = deciding.candidate("newer", 0, rows(seed=8, shift=0.03), "second")
    found = objectives(deciding, chosen)["log_loss"]
    before, after = (
        quantity(MetricResult.objects.get(run=run, metric="log_loss"))
        for run in (EvaluationRun.objects.get(name="second"), newer)
    )
    draws = before.draws - (after.draws - after.point)
    assert found.came.point == after.point
    assert found.score.earned == after.point
    assert found.score.pit == pytest.approx((draws < after.point).mean(), abs=1e-3)
    low, high = np.quantile(draws, [0.1, 0.9])
    assert found.score.band_80 == pytest.approx((low, high), rel=1e-6)
    assert low < np.quantile(before.draws, 0.1)


def test_a_kpi_is_held_against_what_was_observed_of_it_over_whole_months(deciding, world):
    manager = deciding.people["manager"]
    kpi = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share", aggregation="ratio")
    world.approved(kpi, "Hit rate", {"kind": "formula", "text": "precision_top10"})
    world.compute()
    draft = terms.create(manager, Model.objects.get())
    for act, who in ((terms.propose, manager), (terms.endorse, deciding.people["scientist"]), (terms.approve, manager)):
        draft = act(who, draft, seen=draft.digest)
    chosen = deciding.signed(EvaluationRun.objects.get(name="second"), 2017, 3, 10)
    assert objectives(deciding, chosen)["hits"].score == Unknown("no whole month is over since")
    deciding.on(2017, 6, 5)
    assert "no value is known" in objectives(deciding, chosen)["hits"].score.reason
    counts = {3: (1, 2), 4: (80, 100), 5: (150, 200), 6: (1, 1)}
    values = [(date(2017, month, 1), Parts(Decimal(over), Decimal(under))) for month, (over, under) in counts.items()]
    kpis.import_actuals(manager, kpi, values=values, source="counts")
    found = objectives(deciding, chosen)["hits"]
    assert found.role == "project_manager"
    assert found.score.earned == pytest.approx(230 / 300)
    assert found.score.error == pytest.approx(abs(found.promised.point - 230 / 300))


def test_money_is_scored_as_the_outcome_is(chosen, deciding):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    found, known = objectives(deciding, chosen)["money"], Known(deciding.product)
    whole = outcomes([known])[chosen.pk]
    assert (found.came.point, found.promised.point) == (sum(SPRING.values()), whole.so_far.point)
    assert isinstance(found.promised, Estimate)
    assert found.score.crps == whole.total.crps


def test_calibration_is_over_all_decisions_of_a_product_and_all_objectives_of_a_role(chosen, deciding, rows):
    assert calibrated(deciding).every == Unknown("no decision has been scored yet")
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    third = deciding.candidate("third", -0.04)
    deciding.signed(third, 2017, 5, 31)
    deciding.candidate("newer", 0, rows(seed=8, shift=-0.04), "third")
    known = Known(deciding.product)
    scores = [one.total for one in outcomes([known]).values()]
    assert all(isinstance(one, Score) for one in scores)
    found = calibrated(deciding)
    assert isinstance(found.every, Record)
    assert (found.every.scored, found.every.not_scored) == (2, 0)
    assert found.every.inside_80.count == sum(one.inside_80 for one in scores)
    assert found.every.mean_crps == pytest.approx(np.mean([one.crps for one in scores]))
    assert found.roles["executive"].mean_pit == pytest.approx(np.mean([one.pit for one in scores]))
    assert (found.roles["data_scientist"].scored, found.roles["data_scientist"].not_scored) == (1, 1)
