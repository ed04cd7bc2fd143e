"""Limits of work: past the soft one it is told so, past the hard one its worker ends and says where it was."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.places import ROOT

WORKER = """
import sys, time, django
django.setup()
from celery.exceptions import SoftTimeLimitExceeded
from metrics import tasks
try:
    with tasks.limited([float(sys.argv[2]), float(sys.argv[1])]):
        time.sleep(60)
except SoftTimeLimitExceeded:
    print("too long")
with tasks.limited([0.2, 0.1]):
    pass
time.sleep(0.4)
print("goes on")
"""


@pytest.mark.parametrize(
    ("soft", "hard", "code", "said"), [(0.1, 60, 0, "too long\ngoes on\n"), (60, 0.5, 1, "")], ids=["soft", "hard"]
)
def test_work_that_takes_too_long_is_told_so_and_then_ended(soft, hard, code, said):
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "kpiplatform.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",  # nobody asks it
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "KPI_URL_BASE": "http://127.0.0.1:8000",
    }
    command = [sys.executable, "-c", WORKER, str(soft), str(hard)]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, run.stdout) == (code, said), run.stderr
    assert ("Timeout (0:00:00.5" in run.stderr and 'File "<string>", line 8' in run.stderr) == bool(code), run.stderr
