"""Which metric follows a KPI: over runs of the same rows, in halves and segments, and over releases."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from metrics import access
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.fidelity import KPI_EQUAL
from metrics.models.evaluation import MetricResult, ModelVersion
from metrics.models.kpi import KPIResult
from metrics.queries.documents.known import Known
from metrics.queries.selection.fidelity import BY_ROWS, comparable_runs, ranking
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis
from tests.world import bookings

pytestmark = pytest.mark.django_db


def worse(noise, seed=5):
    """The bookings of `world`, scored by a model of more noise."""
    frame = bookings(seed=seed)
    random = np.random.default_rng(7)
    odds = np.log(frame["y_score"] / (1 - frame["y_score"])) + noise * random.normal(size=len(frame))
    return frame.assign(y_score=(1 / (1 + np.exp(-odds))).clip(0.001, 0.999).round(6))


@pytest.fixture
def many(world):
    """Eight runs on the same rows: the more noise, the less money."""
    scientist = world.people["scientist"]
    for number, noise in enumerate((0.8, 1.6, 2.4, 3.2, 4.0, 5.0, 6.0)):
        frame, named = worse(noise), {"name": f"noise {noise}", "version": f"v{number}"}
        world.log(scientist, world.product, frame, where={"split": "test"}, **named)
    world.compute()
    return world


def follower(found, key):
    return next(one for one in found.followers if one.key == key)


def test_without_a_mapping_there_is_nothing_to_follow(product):
    found = ranking(product)
    assert found.followers == ()
    assert "no mapping is in force" in found.why


def test_a_kpi_without_a_mapping_in_force_is_hidden(world):
    with pytest.raises(access.Hidden):
        ranking(world.product, "bookings")


def test_one_run_is_insufficient_evidence(world):
    found = ranking(world.product)
    assert [run.pk for run in found.runs] == [world.run.pk]
    assert {one.kpi.judged.verdict for one in found.followers} <= {"insufficient evidence"}


def test_a_loss_that_falls_as_the_money_rises_is_faithful(many):
    found = ranking(many.product)
    assert (found.figure.run, found.figure.version, found.figure.grade.letter) == (found.runs[0], found.chosen, "C")
    assert KPIResult.objects.get(digest=found.figure.receipt).run == found.runs[0]
    assert len(found.runs) == 8
    one = follower(found, "log_loss")
    metric = {row.run_id: row.point for row in MetricResult.objects.filter(metric="log_loss")}
    money = {row.run_id: row.point for row in KPIResult.objects.filter(version=many.version, newest=True)}
    shared = [run.pk for run in found.runs]
    expected = kendalltau([-metric[pk] for pk in shared], [money[pk] for pk in shared]).statistic
    assert one.kpi.tau.point == pytest.approx(expected)
    assert {(pk, x, y) for pk, x, y in one.kpi.points} == {(pk, metric[pk], money[pk]) for pk in shared}
    assert one.kpi.judged.verdict == "faithful"
    assert "80 %" in one.kpi.rule
    assert one.kpi.tau.band() is not None
    assert one.money is None
    assert found.followers[0].kpi.judged.verdict == "faithful"
    assert 0 <= found.saturation <= 1


def test_without_a_champion_it_says_whose_rows_it_looks_at(many):
    assert ranking(many.product).basis == ""
    ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION).update(state=ModelVersion.State.CANDIDATE)
    found = ranking(many.product)
    assert found.basis == f"no version is champion: these are the runs on the rows of the newest, {found.runs[0].name}"
    promotion.promote(many.people["manager"], found.runs[3].version)
    assert ranking(many.product).basis == ""


def test_a_kpi_that_is_equal_for_all_runs_has_no_rank_agreement_and_says_why(many):
    flat = kpis.create_kpi(many.people["manager"], many.product, key="flat", name="Flat", unit="")
    many.approved(flat, "Flat", {"kind": "formula", "text": "(0.1 + brier) - brier"})
    many.compute()
    found = ranking(many.product, "flat")
    assert found.followers
    for one in found.followers:
        assert one.kpi.tau == one.kpi.rho == Unknown(KPI_EQUAL)
        assert one.kpi.judged == ("insufficient evidence", KPI_EQUAL)


def test_regret_is_small_where_the_loss_chooses_as_the_money_does(many):
    one = follower(ranking(many.product), "log_loss").kpi
    assert isinstance(one.regret, Estimate)
    assert one.regret.unit == "EUR/booking"
    assert one.hindsight.point >= 0
    assert abs(one.regret.point) < 0.5


def test_figures_of_the_rows_alone_are_not_ranked(many):
    keys = {one.key for one in ranking(many.product).followers}
    assert {"log_loss", "roc_auc", "brier"} <= keys
    assert not {"base_rate", "positives", "n"} & keys


def test_runs_on_other_rows_and_doubles_do_not_count(many):
    scientist = many.people["scientist"]
    many.log(scientist, many.product, bookings(seed=9), name="other rows", where={"split": "test"}, version="x")
    many.log(scientist, many.product, worse(0.8), name="the same again", where={"split": "test"}, version="y")
    many.compute()
    names = [run.name for run in comparable_runs(many.version, Known(many.product))]
    assert len(names) == 8
    assert "other rows" not in names


def test_another_kpi_is_followed_beside_the_money(many):
    hits = kpis.create_kpi(many.people["manager"], many.product, key="hits", name="Hits", unit="")
    many.approved(hits, "Hits", {"kind": "formula", "text": "1 - brier"})
    many.compute()
    found = ranking(many.product, "hits")
    assert (found.chosen.mapping.kpi.key, found.money.mapping.kpi.key) == ("hits", "value_per_booking")
    one = follower(found, "brier")
    assert one.kpi.tau.point == pytest.approx(1)
    assert one.kpi.regret == Unknown(BY_ROWS)
    assert one.money.tau.point == pytest.approx(follower(ranking(many.product), "brier").kpi.tau.point)


def test_releases_that_improve_the_loss_and_not_the_money_are_counted(many):
    found = ranking(many.product)
    one = follower(found, "log_loss")
    order = sorted(one.kpi.points, key=lambda point: -point[1])  # from the worst loss to the best
    by_pk = {run.pk: run for run in found.runs}
    for pk, _, _ in order:
        promotion.promote(many.people["manager"], by_pk[pk].version)
    many.compute()
    again = follower(ranking(many.product), "log_loss")
    money = [y for _, _, y in order]
    expected = 0
    for before, now in zip(money[-2::-1], money[:0:-1], strict=True):
        if now > before:
            break
        expected += 1
    assert again.alarm == expected
