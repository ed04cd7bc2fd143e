"""Files that no row names go; rows that name missing or changed files are told, and never passed over."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.management import call_command
from django.utils import timezone

from metrics import jobs, store
from metrics.models.evaluation import Artifact, EvaluationRun
from metrics.models.work import Work
from metrics.services.recompute import stored, work
from tests.places import ROOT

pytestmark = pytest.mark.django_db

KILLED = """
import os, signal, sys
from django.conf import settings
settings.configure(STORE_DIR=sys.argv[1], STORE_URL="")
from metrics import store
print(store.put(b"rows of a transaction that never ended"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def told(*options):
    out, code = io.StringIO(), 0
    try:
        call_command("store", "check", *options, stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        code = ended.code
    return code, out.getvalue()


def performed(kind):
    row = jobs.put(kind, f"by hand {Work.objects.count()}")
    jobs.lease_due(now=timezone.now())
    work.perform(row.pk)
    return Work.objects.get(pk=row.pk)


@pytest.mark.promise("R2")
def test_what_was_written_and_never_committed_is_told_and_swept_once_it_is_a_day_old(world, settings):
    whole = stored.check(contents=True)
    assert whole.damage == []
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(settings.STORE_DIR)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL
    digest = done.stdout.strip()
    assert store.get(digest, check=True)
    count, size = whole.unnamed
    assert stored.check().unnamed == (count + 1, size + len(store.get(digest)))
    code, said = told()
    assert code == 0
    assert f"{whole.named:,} files are named by rows, 0 of them missing" in said
    assert "go once they are a day old" in said

    assert performed("sweep").result["files"] == 0
    day_ago = time.time() - store.ORPHAN_AGE - 60
    for file in store.files():
        os.utime(store.path(file.name), (day_ago, day_ago))
    assert performed("sweep").result["files"] == count + 1
    assert not store.has(digest)
    assert stored.check(contents=True) == stored.Checked(whole.named, [], [], (0, 0))


def test_a_row_whose_file_is_missing_or_changed_is_told_by_the_command_and_where_work_stopped(world):
    run, cube = EvaluationRun.objects.get(), Artifact.objects.filter(document__kind="cube").first()
    assert performed("store_check").state == Work.State.DONE
    store.path(run.rows).unlink()
    store.path(cube.file).write_bytes(b"other")
    code, said = told()
    assert code == 1
    assert f"{run.rows}, rows of the run {run} of {world.product}, is missing; restore it from a backup" in said
    assert cube.file not in said  # its bytes are read only when asked for
    code, said = told("--contents")
    assert code == 1
    assert f"{cube.file}, cube of the document {cube.digest[:12]}" in said
    assert "is not what was stored" in said
    parked = performed("store_check")
    assert parked.state == Work.State.PARKED
    assert f"rows of the run {run}" in parked.error
