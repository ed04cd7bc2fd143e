"""Settings refuse what is unsafe or nonsense, and say which variable it is."""

import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

STRONG = secrets.token_urlsafe(64)
PRODUCTION = {
    "DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "KPI_URL_BASE": "https://kpi.example.net",
    "SECRET_KEY": STRONG,
}


def environment(folder: Path, changes: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "VAR_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **changes}


def settings_with(folder: Path, changes: dict[str, str], show: str = "''") -> subprocess.CompletedProcess[str]:
    code = f"from kpiplatform import settings as s; print({show})"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(folder, changes), capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("changes", "named", "why"),
    [
        ({"DEBUG": "maybe"}, "DEBUG", "neither yes nor no"),
        ({"UPLOAD_MAX_ROWS": "many"}, "UPLOAD_MAX_ROWS", "not a whole number"),
        ({"OIDC_ISSUER": "http://login.example.org", "OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER", "is not an address"),
        ({"OIDC_ISSUER": "https://login.example.org"}, "OIDC_CLIENT_ID", "is needed with OIDC_ISSUER"),
        ({"PASSWORD_SIGN_IN": "0"}, "PASSWORD_SIGN_IN", "cannot be off"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN", "at least 32 signs"),
        ({"UPLOAD_MAX_ROWS": "0"}, "UPLOAD_MAX_ROWS", "outside"),
        ({"UPLOAD_PART_BYTES": "1000"}, "UPLOAD_PART_BYTES", "outside"),
        ({"STORE_URL": "https://storage.example.org/kpi"}, "STORE_URL", "is not s3://BUCKET"),
        ({"STORE_URL": "s3://Company_Data"}, "STORE_URL", "is not s3://BUCKET"),
        ({"STORE_URL": "s3://company-data/a?b=c"}, "STORE_URL", "is not s3://BUCKET"),
        ({"AWS_ENDPOINT_URL_S3": "storage:9000"}, "AWS_ENDPOINT_URL_S3", "is not an address"),
        ({"KPI_URL_BASE": "kpi.example.net"}, "KPI_URL_BASE", "is not an address"),
        ({"KPI_URL_BASE": "https://kpi.example.net/path"}, "KPI_URL_BASE", "is not an address"),
        ({"EMAIL_URL": "http://mail"}, "EMAIL_URL", "smtp://"),
        ({"REDIS_URL": "amqp://broker", "DATABASE_URL": PRODUCTION["DATABASE_URL"]}, "REDIS_URL", "redis://"),
        ({"KPI_PRODUCTION": "1"}, "DATABASE_URL", "needed in production"),
        (PRODUCTION | {"DATABASE_URL": "sqlite:///kpi.sqlite3"}, "DATABASE_URL", "SQLite is for embedded mode only"),
        (PRODUCTION | {"DATABASE_URL": "mysql://host/kpi"}, "DATABASE_URL", "not a postgresql"),
        (PRODUCTION | {"DATABASE_URL": "postgresql://host"}, "DATABASE_URL", "names no database"),
        (PRODUCTION | {"DATABASE_URL": "postgresql://host:port/kpi"}, "DATABASE_URL", "port"),
        (PRODUCTION | {"REDIS_URL": ""}, "REDIS_URL", "needed in production"),
        (PRODUCTION | {"DEBUG": "1"}, "DEBUG", "must be off"),
        (PRODUCTION | {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS", "must name the hosts"),
        (PRODUCTION | {"ALLOWED_HOSTS": "kpi.example.net,*"}, "ALLOWED_HOSTS", "must name the hosts"),
        (PRODUCTION | {"KPI_URL_BASE": ""}, "KPI_URL_BASE", "needed in production"),
        (PRODUCTION | {"KPI_URL_BASE": "http://kpi.example.net"}, "KPI_URL_BASE", "must be https"),
        (PRODUCTION | {"SECRET_KEY": ""}, "SECRET_KEY", "needed in production"),
        (PRODUCTION | {"SECRET_KEY": STRONG[:40]}, "SECRET_KEY", "too weak"),
        (PRODUCTION | {"SECRET_KEY": "ab" * 40}, "SECRET_KEY", "too weak"),
        (PRODUCTION | {"SECRET_KEY": "django-insecure-" + STRONG}, "SECRET_KEY", "looks like an example"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(
    changes: dict[str, str], named: str, why: str, tmp_path: Path
) -> None:
    done = settings_with(tmp_path, changes)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert f"EnvError: {named}:" in last
    assert why in last


def test_a_secret_is_never_in_the_message(tmp_path: Path) -> None:
    address = "mysql://someone:" + "hidden" + "@host/kpi"
    done = settings_with(tmp_path, PRODUCTION | {"SECRET_KEY": STRONG[:40], "DATABASE_URL": address})
    assert STRONG[:20] not in done.stderr
    assert "hidden" not in done.stderr


def test_the_embedded_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    keys = {settings_with(tmp_path, {}, "s.SECRET_KEY").stdout.strip() for _ in range(2)}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    code = "from kpiplatform import settings as s; print(s.SECRET_KEY)"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path, {}), stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


def test_embedded_mode_is_sqlite_with_write_ahead_log_and_no_broker(tmp_path: Path) -> None:
    shown = settings_with(tmp_path, {}, "s.DATABASES['default'], s.CELERY_BROKER_URL, s.PRODUCTION").stdout
    assert "sqlite3" in shown
    assert "IMMEDIATE" in shown
    assert "journal_mode=WAL" in shown
    assert "memory://" in shown


def test_production_passes_djangos_own_deployment_check(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment(tmp_path, PRODUCTION),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_http_on_this_machine_sends_cookies_without_tls_and_https_never_does(tmp_path: Path) -> None:
    show = "s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0"
    assert settings_with(tmp_path, PRODUCTION, show).stdout.strip() == "True True True"
    local = PRODUCTION | {"KPI_URL_BASE": "http://localhost:8000"}
    assert settings_with(tmp_path, local, show).stdout.strip() == "False False False"
