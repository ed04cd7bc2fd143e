"""An installation whose rows lie in a bucket of a real S3 server: receipts, sweep, retention, backups as on a disk."""

import io
import shutil
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from metrics import jobs, storage, store
from metrics.models.evaluation import EvaluationRun
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook
from metrics.services.product import products
from metrics.services.recompute import stored, verification, work


@pytest.fixture
def in_bucket(world, settings, request):
    """The store of the world is copied into a bucket, and nothing of it lies on this disk any more."""
    before = store.storage()
    files = list(before.files())
    request.getfixturevalue("bucket")
    for held in files:
        with before.opened(held.name) as file:
            assert store.put_open(file) == held.name
    shutil.rmtree(settings.STORE_DIR)
    return world


def performed(kind):
    row = jobs.put(kind, f"by hand {Work.objects.count()}")
    jobs.lease_due(now=timezone.now())
    work.perform(row.pk)
    return Work.objects.get(pk=row.pk)


def headline(world):
    return outlook.outlook(Known(world.product)).receipt


@pytest.mark.django_db
def test_a_run_is_logged_computed_verified_carried_away_and_removed_by_retention(in_bucket, rows, client, monkeypatch):
    world = in_bucket
    scientist = world.people["scientist"]
    assert verification.verified(headline(world))["verdict"] == "equal"
    assert stored.check(contents=True).damage == []

    world.log(scientist, world.product, rows(shift=0.03), version="rival", where={"split": "test"})
    world.compute()
    rival = EvaluationRun.objects.get(version__name="rival")
    assert rival.state == "scored"
    assert isinstance(store.storage(), storage.Bucket)
    assert store.has(rival.rows)
    client.force_login(scientist)
    sent = client.get(f"/api/v1/runs/{rival.pk}/rows/")
    assert b"".join(sent.streaming_content) == store.get(rival.rows, check=True)
    assert int(sent["Content-Length"]) == store.held(rival.rows).size

    products.update_product(world.people["manager"], world.product, keep_rows_months=12)
    EvaluationRun.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert performed("retention").result == {"files": 1}
    assert performed("sweep").result["files"] == 0  # nothing here is a day old
    clock = time.time
    monkeypatch.setattr(storage.time, "time", lambda: clock() + store.ORPHAN_AGE + 60)
    assert performed("sweep").result["files"] == 1
    assert not store.has(rival.rows)
    assert stored.check(contents=True).damage == []
    assert verification.verified(headline(world))["verdict"] == "equal"


@pytest.mark.django_db(transaction=True)
def test_a_backup_of_a_bucket_is_brought_back_into_an_empty_one(append_only, in_bucket, settings, tmp_path):
    path, named = tmp_path / "kpi.backup", set(stored.named_files())
    call_command("backup", str(path), stdout=io.StringIO())
    settings.STORE_URL += "-anew"
    assert list(store.files()) == []
    assert stored.check().missing
    call_command("restore", str(path), "--over", stdout=io.StringIO())
    assert {held.name for held in store.files()} == named
    assert stored.check(contents=True).damage == []
    assert verification.verified(headline(in_bucket))["verdict"] == "equal"
