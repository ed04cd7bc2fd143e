"""What SQLite cannot show: rows locked, not files, and triggers of PostgreSQL. The same tests, run there."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.places import ROOT

ADDRESS = os.environ.get("TEST_DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
MODE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KPI_URL_BASE", "KPI_PRODUCTION", "VAR_DIR", "STORE_DIR", "CI")
FILES = (
    "tests/kpiplatform/test_health.py",
    "tests/kpiplatform/test_observed.py",
    "tests/metrics/test_jobs.py",
    "tests/metrics/test_tasks.py",
    "tests/metrics/services/kpi/test_mappings.py",
    "tests/metrics/services/recompute/test_work.py",
    "tests/metrics/queries/runs/test_order.py",
    "tests/metrics/api/runs/test_filters.py",
    "tests/metrics/api/protocol/test_idempotency.py",
    "tests/metrics/api/protocol/test_errors.py",
    "tests/security/test_audit.py",
    "tests/security/test_audit_chain.py",
    "tests/kpiplatform/test_backup.py",
)


@pytest.mark.services
def test_the_same_holds_on_postgresql(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in MODE and not name.startswith("PYTEST")}
    production = {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or ADDRESS,
        "REDIS_URL": os.environ.get("TEST_REDIS_URL") or os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0",
        "KPI_URL_BASE": "http://localhost:8000",
        "ALLOWED_HOSTS": "testserver,localhost",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--show-capture=no", *FILES],
        cwd=ROOT,
        env=kept | production,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
