"""Fidelity over the API: the figures of the page, with verdicts, rules and reasons."""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from metrics.core.kpi.fidelity_verdict import RULES
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult
from tests.world import bookings

pytestmark = pytest.mark.django_db

AT = "/products/cancellation-calls/fidelity/"


@pytest.fixture
def eight(world):
    """Eight runs on the same rows, each scored with more noise than the one before."""
    random = np.random.default_rng(7)
    for number, noise in enumerate((0.8, 1.6, 2.4, 3.2, 4.0, 5.0, 6.0)):
        frame = bookings()
        odds = np.log(frame.y_score / (1 - frame.y_score)) + noise * random.normal(size=len(frame))
        frame = frame.assign(y_score=(1 / (1 + np.exp(-odds))).clip(0.001, 0.999).round(6))
        named = {"name": f"noise {noise}", "version": f"v{number}", "where": {"split": "test"}}
        world.log(world.people["scientist"], world.product, frame, **named)
    world.compute()
    return world


def test_each_metric_has_its_rank_agreement_with_the_money_its_verdict_and_its_runs(asks, eight):
    found = asks("scientist").get(AT).json()
    assert (found["kpi"], found["money"], found["choices"]) == ("value_per_booking", None, ["value_per_booking"])
    assert (len(found["runs"]), found["why"], found["grade"]) == (8, None, "C")
    assert 0 <= found["saturation"] <= 1
    verdicts = [row["against_kpi"]["verdict"] for row in found["results"]]
    assert verdicts == sorted(verdicts, key=["faithful", "weak", "misleading", "insufficient evidence"].index)
    (loss,) = [row for row in found["results"] if row["metric"] == "log_loss"]
    assert (loss["better"], loss["against_money"], loss["alarm"]) == ("down", None, 0)
    against = loss["against_kpi"]
    metric = dict(MetricResult.objects.filter(metric="log_loss").values_list("run_id", "point"))
    money = dict(KPIResult.objects.filter(version=eight.version, newest=True).values_list("run_id", "point"))
    x, y = [-metric[run] for run in found["runs"]], [money[run] for run in found["runs"]]
    assert against["kendall"]["point"] == pytest.approx(kendalltau(x, y).statistic)
    assert against["spearman"]["point"] == pytest.approx(spearmanr(x, y).statistic)
    assert against["kendall"]["low"] <= against["kendall"]["point"] <= against["kendall"]["high"]
    assert {(row["run"], row["metric"], row["kpi"]) for row in against["points"]} == {
        (run, metric[run], money[run]) for run in found["runs"]
    }
    assert (against["kpi"], against["rule"]) == ("value_per_booking", RULES[against["verdict"]])
    pairs = against["agreement"]
    assert pairs["pairs"] == 8 * 7 // 2
    assert pairs["alike"] <= pairs["outside_noise"] <= pairs["pairs"]
    assert pairs["share"] == pytest.approx(pairs["alike"] / pairs["outside_noise"])
    assert pairs["outside_noise"] <= pairs["helped"] <= pairs["pairs"]
    assert pairs["recall"] == pytest.approx(pairs["alike"] / pairs["helped"])
    assert against["why"].startswith("rank agreement is")
    assert found["basis"] is None
    chosen, best = max(found["runs"], key=lambda run: -metric[run]), max(money.values())
    assert against["hindsight"]["point"] == pytest.approx(best - money[chosen], abs=1e-12)
    assert against["regret"]["unit"] == "EUR/booking"


def test_one_run_gives_no_verdict_but_its_absence(asks, world):
    found = asks("scientist").get(AT).json()
    assert found["runs"] == [world.run.pk]
    assert {row["against_kpi"]["verdict"] for row in found["results"]} <= {"insufficient evidence"}


def test_without_a_mapping_in_force_it_says_why_there_is_nothing(asks, product):
    found = asks("scientist").get(AT).json()
    assert (found["kpi"], found["grade"], found["results"], found["runs"]) == (None, None, [], [])
    assert "no mapping is in force" in found["why"]


@pytest.mark.parametrize(("name", "status"), [("executive", 200), ("admin", 200), ("outsider", 404), (None, 401)])
def test_members_read_it(asks, world, name, status):
    assert asks(name).get(AT).status_code == status


def test_a_kpi_without_a_mapping_in_force_is_not_there(asks, world, refused):
    assert asks("manager").get(f"{AT}?kpi=value_per_booking").status_code == 200
    for key in ("bookings", "nothing"):
        refused(asks("manager").get(f"{AT}?kpi={key}"), 404)
