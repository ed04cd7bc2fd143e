"""Results are pure functions of what is known: recomputed they are the same, changed they move, lost they come back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics import access, jobs, store
from metrics.core.estimate import Estimate, Unknown
from metrics.core.recomputed import in_single
from metrics.memory import MEMORY
from metrics.models.evaluation import Artifact, MetricResult
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.models.product import IdempotencyKey
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change, Work
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board as kpi_queries
from metrics.queries.revenue import outlook as queries
from metrics.services.evaluation import promotion, runs
from metrics.services.kpi import kpis, mappings, undone
from metrics.services.recompute import work as recompute
from metrics.services.writing.ledger import Ledger

pytestmark = pytest.mark.django_db

RESULTS = (MetricResult, KPIResult, RevenueResult)
FIGURE = (
    "digest",
    "document",
    "unit",
    "point",
    "unknown_reason",
    "low80",
    "high80",
    "low95",
    "high95",
    "draws",
    "period",
)


def stored(*tables):
    """Every result, without the time and the key it was written with."""
    return {
        row["digest"]: row | {"draws": row["draws"] and bytes(row["draws"])}
        for table in tables or RESULTS
        for row in table.objects.values(*FIGURE)
    }


def in_force(world):
    """The value a case, and the projected total."""
    outlook = queries.outlook(Known(world.product))
    return outlook.value, outlook.total


def approve(world, version):
    return mappings.approve(world.people["manager"], version, seen=version.digest)


def move(world, key="keep_rate", low=0.5, high=0.6):
    """Save a new version of an assumption."""
    held = world.product.assumptions.get(key=key)
    distribution = {"kind": "interval90", "low": low, "high": high}
    return kpis.update_assumption(world.people["manager"], held, distribution=distribution, source="trial")


def test_the_chain_of_a_new_product_is_computed_without_anybody_asking(world):
    value, total = in_force(world)
    assert world.run.state == "scored"
    assert isinstance(value, Estimate)
    assert isinstance(total, Estimate)
    assert total.band()[0] < total.point < total.band()[1]
    assert RevenueResult.objects.filter(kind="projected").count() == 13
    assert not Work.objects.exclude(state="done").exists()


def test_recomputing_gives_nothing_new_and_leaves_every_row_as_it_was(world):
    before = stored()
    recompute.request_recompute(world.people["scientist"], world.product)
    world.compute()
    assert stored() == before
    assert Work.objects.filter(kind="recompute").last().result == {"kpis": 0, "revenue": 0}


@pytest.mark.promise("R12")
def test_everything_computed_anew_is_equal_to_the_last_bit(world):
    before, files = stored(), dict(Artifact.objects.values_list("digest", "file"))
    for table in (*RESULTS, Artifact):
        table.objects.all().delete()
    jobs.put("scan", world.run.pk, product=world.product)
    world.compute()
    assert stored() == before
    assert dict(Artifact.objects.values_list("digest", "file")) == files


@pytest.mark.promise("R12")
def test_a_value_computed_a_hundred_times_from_its_rows_is_the_same_to_the_last_bit(world, figure):
    """Each time from the stored rows up: nothing that was made before is remembered."""
    stored_value, found = KPIResult.objects.get(), set()
    documents = dict(Artifact.objects.values_list("digest", "document"))
    for _ in range(100):
        MEMORY.forget()
        Artifact.objects.all().delete()
        quantity = Ledger(documents).quantity(stored_value.digest)
        found.add((quantity.point, in_single(quantity.draws).astype("<f4").tobytes()))
    assert found == {(stored_value.point, bytes(stored_value.draws))}
    figure("R12", "100 computations of a value, all bit-equal")


def test_a_changed_assumption_moves_the_kpi_and_the_revenue_and_says_so(world):
    (value, total), headline = in_force(world), queries.outlook(Known(world.product)).receipt
    move(world)
    assert isinstance(queries.outlook(Known(world.product)).total, Unknown)
    assert queries.outlook(Known(world.product)).computing
    world.compute()
    moved_value, moved_total = in_force(world)
    assert moved_value.point > value.point
    assert moved_total.point > total.point
    change = Change.objects.filter(cause="assumption").first()
    assert (change.before, change.after) == (headline, queries.outlook(Known(world.product)).receipt)
    assert stored()[headline]["point"] == total.point


def test_an_assumption_put_back_finds_its_old_decisions_and_draws(world):
    before = queries.outlook(Known(world.product)).value
    move(world)
    world.compute()
    files = Artifact.objects.count()
    move(world, low=0.29, high=0.41)
    world.compute()
    after = queries.outlook(Known(world.product)).value
    assert after.point == before.point
    assert list(after.draws) == list(before.draws)
    assert Artifact.objects.count() == files


def test_an_approved_second_version_takes_over_and_the_first_stays_on_record(world, matrix):
    value, _ = in_force(world)
    second = world.second_version(matrix("offer * 0.5"))
    world.compute()
    assert in_force(world)[0].point == value.point
    approve(world, second)
    world.compute()
    assert in_force(world)[0].point > value.point
    world.version.refresh_from_db()
    assert world.version.state == "superseded"
    assert KPIResult.objects.filter(version=world.version, point=value.point).exists()


@pytest.mark.promise("R7")
def test_a_version_approved_while_the_old_one_is_computed_is_the_current_one(world):
    move(world)
    work = Work.objects.get(kind="recompute", state="due")
    jobs.lease_due(now=timezone.now())
    running = jobs.start(work.pk, now=timezone.now())
    second = world.second_version()
    approve(world, second)
    recompute.recompute(running)
    assert Work.objects.get(pk=work.pk).state == "due"
    world.compute()
    board = next(row for row in kpi_queries.board(Known(world.product)) if row.figure.kpi == world.value)
    assert board.figure.version == second
    assert isinstance(board.figure.quantity, Estimate)
    assert isinstance(queries.outlook(Known(world.product)).total, Estimate)


def test_a_draft_is_computed_on_the_champion_only_and_moves_no_headline(world, rows, log):
    log(world.people["scientist"], world.product, rows(shift=0.02), version="two", where={"split": "test"})
    world.compute()
    headline = queries.outlook(Known(world.product)).receipt
    second = world.second_version()
    jobs.put("recompute", world.product.pk, product=world.product)
    world.compute()
    assert [row.run for row in KPIResult.objects.filter(version=second)] == [world.run]
    assert KPIResult.objects.filter(version=world.version).count() == 2
    assert queries.outlook(Known(world.product)).receipt == headline


def test_a_new_champion_moves_the_headline(world, rows, log):
    run = log(world.people["scientist"], world.product, rows(shift=-0.1), version="two", where={"split": "test"})
    world.compute()
    before = in_force(world)
    promotion.promote(world.people["manager"], run.version)
    world.compute()
    assert in_force(world)[0].point != before[0].point
    assert Change.objects.filter(cause="model", after=queries.outlook(Known(world.product)).receipt).exists()


def test_withdrawing_the_champions_run_leaves_an_unknown_with_its_reason(world):
    runs.withdraw(world.people["manager"], world.run, reason="the labels were shifted")
    world.compute()
    assert queries.outlook(Known(world.product)).total == Unknown("cancellation: no champion with a scored run")


def test_a_retired_mapping_leaves_an_unknown_with_its_reason(world):
    held = MappingVersion.objects.get(pk=world.version.pk)
    mappings.retire(world.people["manager"], held, seen=held.digest)
    world.compute()
    assert queries.outlook(Known(world.product)).total == Unknown("Value: no approved mapping")


def test_restated_actuals_move_the_total_and_undone_they_give_the_old_one(world):
    before = queries.outlook(Known(world.product))
    known = Known(world.product).actuals(world.volume)
    last = world.volume.actuals.order_by("-period").first()
    values = [(last.period, last.value * 2)]
    (row,) = kpis.import_actuals(world.people["manager"], world.volume, values=values, source="restated")
    world.compute()
    assert Known(world.product).actuals(world.volume)[-1][1] == known[-1][1] * 2
    assert in_force(world)[1].point != before.total.point
    undone.withdraw_actual(world.people["manager"], row)
    world.compute()
    assert queries.outlook(Known(world.product)).receipt == before.receipt


def sweep():
    work = jobs.put("sweep", f"by hand {Work.objects.count()}")
    jobs.lease_due(now=timezone.now())
    recompute.perform(work.pk)
    found = Work.objects.get(pk=work.pk).result
    return {what: count for what, count in found.items() if what not in ("store_files", "store_bytes")}


@pytest.mark.promise("R8")
def test_lost_results_and_files_are_rebuilt_equal_by_the_next_sweep_which_counts_them(world):
    before = stored()
    for table in RESULTS:
        lost = list(table.objects.order_by("pk")[::20])
        table.objects.filter(pk__in=[row.pk for row in lost]).delete()
    Work.objects.filter(kind__in=["scan", "recompute"]).delete()
    for artifact in Artifact.objects.all():
        store.path(artifact.file).unlink()
    assert stored() != before
    assert sweep() == {"runs": 1, "products": 1, "uploads": 0, "files": 0, "deliveries": 0}
    world.compute()
    assert stored() == before
    assert sweep() == {"runs": 0, "products": 0, "uploads": 0, "files": 0, "deliveries": 0}


def test_the_sweep_finds_a_run_whose_work_row_was_lost(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    Work.objects.all().delete()
    assert sweep()["runs"] == 1
    compute()
    run.refresh_from_db()
    assert run.state == "scored"


@pytest.mark.promise("R1")
def test_the_sweep_forgets_old_answers_and_done_work_and_keeps_young_ones(world, manager):
    long_ago = timezone.now() - timedelta(days=40)
    answered = {"endpoint": "/x/", "body_digest": "0", "status": 200, "answer": "{}"}
    keys = [IdempotencyKey.objects.create(user=manager, key=key, **answered) for key in "ab"]
    IdempotencyKey.objects.filter(pk=keys[0].pk).update(created_at=long_ago)
    young = timezone.now() - timedelta(hours=24)
    IdempotencyKey.objects.filter(pk=keys[1].pk).update(created_at=young)
    Work.objects.filter(kind="scan").update(done_at=long_ago)
    sweep()
    assert [row.key for row in IdempotencyKey.objects.all()] == ["b"]
    assert not Work.objects.filter(kind="scan").exists()
    assert Work.objects.filter(kind="recompute").exists()


def test_a_run_without_rows_has_an_unknown_value_that_says_why(world):
    run = runs.log_run(
        world.people["scientist"],
        world.product,
        manifest={"model": "cancellation", "version": "told", "metrics": {"roc_auc": 0.9}},
    )
    world.compute()
    row = KPIResult.objects.get(run=run)
    assert "only metrics were reported" in row.unknown_reason


def test_a_formula_kpi_reads_metrics_assumptions_and_other_kpis(world, manager):
    hits = kpis.create_kpi(manager, world.product, key="hits_money", name="Hits", unit="EUR/booking")
    text = "value_per_booking * precision_top10 - call_cost"
    world.approved(hits, "Hits in money", {"kind": "formula", "text": text})
    world.compute()
    found = KPIResult.objects.get(version__mapping__kpi=hits)
    value = KPIResult.objects.get(version=world.version, run=world.run)
    precision = MetricResult.objects.get(run=world.run, metric="precision_top10")
    cost = found.document["operands"]["call_cost"]["assumption"]["distribution"]
    assert found.point == pytest.approx(value.point * precision.point - (cost["low"] + cost["high"]) / 2, rel=1e-6)
    assert found.draws is not None


def test_a_formula_without_a_value_is_an_unknown_and_never_an_infinity(world, manager):
    ratio = kpis.create_kpi(manager, world.product, key="ratio", name="Ratio", unit="share")
    world.approved(ratio, "Ratio", {"kind": "formula", "text": "roc_auc / (roc_auc - roc_auc)"})
    world.compute()
    row = KPIResult.objects.get(version__mapping__kpi=ratio)
    assert row.point is None
    assert row.unknown_reason


def test_two_products_do_not_move_each_other(world, make_product, people, log, compute):
    before = stored(RevenueResult)
    other = type(world)(make_product("Deposits", seed=12), people, log, compute)
    move(other)
    compute()
    assert before.items() <= stored(RevenueResult).items()
    assert queries.outlook(Known(world.product)).receipt in before


@pytest.mark.parametrize("name", ["executive", "outsider"])
def test_a_recompute_is_asked_for_by_makers(world, name):
    with pytest.raises((access.Denied, access.Hidden)):
        recompute.request_recompute(world.people[name], world.product)


def test_an_error_while_computing_is_kept_on_the_work_and_tried_again(world):
    work = jobs.put("verify", "0" * 64, product=world.product, payload={})
    recompute.perform(work.pk)
    work.refresh_from_db()
    assert (work.state, work.attempts) == ("due", 1)
    assert work.error.startswith("KeyError")
