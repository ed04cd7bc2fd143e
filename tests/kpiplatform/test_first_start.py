"""An installation that holds nothing yet: the first administrator, before the first start, or while that goes on."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from kpiplatform.management.commands.up import first_administrator
from tests.demonstration import alone
from tests.places import ROOT


def started(folder: Path, name: str) -> subprocess.Popen[str]:
    words = ("createsuperuser", "--noinput", "--username", name, "--email", f"{name}@example.org")
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=alone(folder) | {"DJANGO_SUPERUSER_PASSWORD": "a-Password-of-40-letters"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_commands_that_come_at_once_to_an_empty_installation_make_its_tables_once(tmp_path: Path) -> None:
    both = [started(tmp_path, name) for name in ("ada", "ben")]
    for command in both:
        said, _ = command.communicate(timeout=180)
        assert command.returncode == 0, said
        assert "Superuser created" in said
    again = started(tmp_path, "ada")
    assert "already taken" in again.communicate(timeout=180)[0]
    assert again.returncode == 1


def test_the_first_command_names_the_installation_that_runs(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    """Another terminal lacks its settings, and would make an administrator of another installation."""
    monkeypatch.delenv("VAR_DIR", raising=False)
    assert first_administrator() == "manage.py createsuperuser"
    settings.VAR_DIR = Path("/srv/a place")
    monkeypatch.setenv("VAR_DIR", "a place")
    assert first_administrator() == "VAR_DIR='/srv/a place' manage.py createsuperuser"
