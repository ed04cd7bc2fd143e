"""A disk that is full, for real: what is sent is answered by 507, nothing partial stays, and it goes on after.

The disk is a small file system in memory: mounting one needs the right to, and without it these tests fail.
"""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.models.evaluation import Artifact, DataSet, EvaluationRun, MetricResult
from metrics.models.product import IdempotencyKey
from metrics.models.work import Work
from tests.chaos.own import filled, small_disk
from tests.world import bookings

pytestmark = [pytest.mark.chaos, pytest.mark.promise("R10"), pytest.mark.django_db(transaction=True)]

SIZE = 2 * 2**20  # bytes of the disk


def post(client, product, key="k-1"):
    content = bookings(400).to_csv(index=False).encode()
    body = {"manifest": json.dumps({"model": "calls", "version": "one"}), "file": SimpleUploadedFile("r.csv", content)}
    return client.post(f"/api/v1/products/{product.slug}/runs/", body, HTTP_IDEMPOTENCY_KEY=key, format="multipart")


def files(disk: Path) -> list[str]:
    return sorted(file.name for file in disk.rglob("*") if file.is_file() and file.name != "filler")


def test_r10_a_run_sent_to_a_full_store_is_507_and_goes_through_once_there_is_room(
    api, scientist, product, compute, settings
):
    with small_disk(str(SIZE)) as disk:
        settings.STORE_DIR = disk
        client, filler = api(scientist), filled(disk)
        assert post(client, product).status_code == 507
        tables = (EvaluationRun, DataSet, Work, IdempotencyKey)
        assert ([table.objects.count() for table in tables], files(disk)) == ([0] * len(tables), [])
        filler.unlink()
        assert post(client, product).status_code == 202
        filler = filled(disk)
        compute()  # scored; its files find no room, and their work waits with its error
        waiting = list(Work.objects.exclude(state="done").values_list("state", "error"))
        assert waiting
        assert all(state == "due" and "No space left" in error for state, error in waiting)
        assert [name for name in files(disk) if name.startswith(".part-")] == []
        filler.unlink()
        Work.objects.filter(state="due").update(due_at=EvaluationRun.objects.get().created_at)
        compute()
        assert not Work.objects.exclude(state="done").exists()
        assert EvaluationRun.objects.get().state == "scored"
        assert MetricResult.objects.exists()
        assert {artifact.file for artifact in Artifact.objects.all()} <= set(files(disk))
