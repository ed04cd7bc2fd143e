"""Rows that are older than their product keeps them go; what stands on them stays, and is verified down to the cube."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from metrics import jobs, store
from metrics.core.documents import RowsRemoved
from metrics.core.documents import digest as digest_of
from metrics.core.estimate import Unknown
from metrics.models.evaluation import Artifact, EvaluationRun, MetricResult, RemovedRows
from metrics.models.kpi import KPIResult
from metrics.models.product import AuditEntry
from metrics.models.work import Work
from metrics.queries.selection import retained
from metrics.services.evaluation import registry
from metrics.services.product import products
from metrics.services.recompute import stored, verification, work
from metrics.services.writing.ledger import Ledger

pytestmark = pytest.mark.django_db


def performed(kind):
    row = jobs.put(kind, f"by hand {Work.objects.count()}")
    jobs.lease_due(now=timezone.now())
    work.perform(row.pk)
    return Work.objects.get(pk=row.pk)


def aged():
    EvaluationRun.objects.update(created_at=timezone.now() - timedelta(days=400))
    days_ago = time.time() - 3 * store.ORPHAN_AGE
    for file in store.files():
        os.utime(store.path(file.name), (days_ago, days_ago))


@pytest.fixture
def rival(world, rows):
    """A run beside the champion's, both of them older than a year."""
    world.log(world.people["scientist"], world.product, rows(shift=0.03), version="rival", where={"split": "test"})
    world.compute()
    aged()
    return EvaluationRun.objects.get(version__name="rival")


@pytest.fixture
def gone(world, rival):
    products.update_product(world.people["manager"], world.product, keep_rows_months=12)
    assert performed("retention").result == {"files": 1}
    assert performed("sweep").result["files"] >= 1
    return rival


def test_what_would_go_is_told_before_and_what_must_stay_is_kept_with_its_reason(world, rival):
    found = retained.leaving(world.product, 12)
    assert [run.pk for run in found.runs] == [rival.pk]
    assert found.files == {rival.rows: store.path(rival.rows).stat().st_size}
    assert found.kept == {retained.CHAMPION: 1}
    assert retained.leaving(world.product, 24).runs == ()
    assert performed("retention").result == {"files": 0}  # nothing was said yet
    assert store.has(rival.rows)


@pytest.mark.promise("R12")
def test_rows_that_went_are_audited_and_figures_are_verified_down_to_the_cube(world, gone):
    assert not store.has(gone.rows)
    entry = AuditEntry.objects.get(action="rows.remove")
    assert entry.detail["runs"] == [gone.pk]
    assert entry.detail["files"] == 1
    assert stored.check().damage == []
    day = RemovedRows.objects.get().created_at.date()
    for result in (MetricResult.objects.filter(run=gone).first(), KPIResult.objects.filter(run=gone).first()):
        found = verification.verified(result.digest)
        assert found["verdict"] == "equal", found
        assert found["says"] == [f"rows removed on {day} by retention; verified down to the cube"]
    champion = KPIResult.objects.exclude(run=gone).first()
    assert verification.verified(champion.digest)["says"] == []
    assert performed("sweep").result["runs"] == 0
    assert not Work.objects.filter(state=Work.State.PARKED).exists()


def test_what_is_asked_later_is_unknown_with_the_one_reason_and_comes_back_with_the_rows(world, gone, rows):
    before = MetricResult.objects.filter(run=gone, newest=True).exclude(point=None).count()
    registry.register_metric(
        world.people["scientist"], world.product, key="off", name="Off", formula="mean(abs(y - p))", direction="down"
    )
    world.compute()
    assert not Work.objects.filter(state=Work.State.PARKED).exists()
    own = MetricResult.objects.get(run=gone, metric="off")
    assert own.unknown_reason.startswith("its rows were removed on ")
    assert isinstance(verification.stored_quantity(own), Unknown)
    assert MetricResult.objects.filter(run=gone, newest=True).exclude(point=None).count() == before
    assert performed("sweep").result["runs"] == 0
    world.log(world.people["scientist"], world.product, rows(shift=0.03), version="again", where={"split": "test"})
    assert not RemovedRows.objects.exists()
    assert store.has(gone.rows)


def test_with_one_fixed_score_other_money_is_made_of_the_sums_at_hand_and_else_it_is_unknown(world, gone):
    run = EvaluationRun.objects.get(pk=gone.pk)
    made = Artifact.objects.get(document__kind="decisions", document__rows=run.rows)
    for threshold, known in (({"kind": "fixed", "at": 0.5}, True), ({"kind": "per_row"}, False)):
        at_hand = {**made.document, "threshold": threshold}
        held = store.get(made.file)
        kept = {"document": at_hand, "file": made.file, "size": len(held)}
        Artifact.objects.get_or_create(digest=digest_of(at_hand), defaults=kept)
        cells = {name: [base + 1.0, rate, column] for name, (base, rate, column) in at_hand["cells"].items()}
        wanted = {**at_hand, "cells": cells, "engine": f"{at_hand['engine']}, another numpy"}
        name = f"wanted {known}"
        ledger = Ledger({name: wanted})
        if known:
            assert ledger.content(name) == held
        else:
            with pytest.raises(RowsRemoved, match="removed on"):
                ledger.content(name)


def test_the_manager_sees_what_would_go_and_says_it_on_a_page_and_by_the_api(world, rival, client, manager, api):
    client.force_login(manager)
    address = f"/p/{world.product.slug}/settings/rows/"
    said = client.get(address, {"months": 12}).content.decode()
    assert "Keep rows for 12 months" in said
    assert f"rows of 1 run, for {retained.CHAMPION}" in " ".join(said.split())
    assert client.get(address, {"months": 0}).status_code == 422
    client.post(address, {"months": 12})
    world.product.refresh_from_db()
    assert world.product.keep_rows_months == 12
    found = api(manager).get(f"/api/v1/products/{world.product.slug}/rows/", {"months": 12}).json()
    assert (found["files"], found["runs"]) == (1, [rival.pk])
    assert api(manager).get(f"/api/v1/products/{world.product.slug}/rows/", {"months": "x"}).status_code == 400
    performed("retention")
    performed("sweep")
    page = " ".join(client.get(f"/p/{world.product.slug}/runs/{rival.pk}/").content.decode().split())
    assert "by retention: what was computed stands, and is verified down to the cube." in page
    assert "1 file, " in client.get(address).content.decode()
    client.post(address, {"all": "1"})
    world.product.refresh_from_db()
    assert world.product.keep_rows_months is None


def test_what_a_threshold_page_reads_of_the_rows_is_unknown_with_their_reason(world, gone, client, manager):
    client.force_login(manager)
    address = f"/p/{world.product.slug}/runs/{gone.pk}/threshold/"
    found = client.get(address)
    assert found.status_code == 200
    assert "its rows were removed on " in found.content.decode()
