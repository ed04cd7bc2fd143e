"""Production refuses to start on what is unsafe, and names the variable that has to be mended."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.promise("S7")


def test_production_does_not_start_on_a_key_that_others_know(tmp_path):
    good = production(tmp_path)
    assert check(good).returncode == 0
    for key in ("", "short", "x" * 80, "django-insecure-" + secrets.token_urlsafe(64), "change-me" * 10):
        refused_to_start(check(good | {"SECRET_KEY": key}), "SECRET_KEY")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DATABASE_URL": "", "KPI_PRODUCTION": "1"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///kpi.sqlite3"}, "DATABASE_URL"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"KPI_URL_BASE": "http://kpi.example.net"}, "KPI_URL_BASE"),
    ],
)
def test_production_does_not_start_on_what_is_unsafe(tmp_path, change, named):
    refused_to_start(check(production(tmp_path) | change), named)


def production(folder):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postgres",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "KPI_URL_BASE": "https://kpi.example.net",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "VAR_DIR": str(folder),
    }


def check(environment):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def refused_to_start(done, named):
    assert done.returncode != 0
    assert f"EnvError: {named}:" in done.stderr
