"""The demonstration, loaded and computed once for all tests of a run that begin from it."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT

MODE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KPI_URL_BASE", "KPI_PRODUCTION", "VAR_DIR", "STORE_DIR")


def told_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Run `manage.py demo` on SQLite in a folder; gives what it prints: product → its chain."""
    kept = {name: value for name, value in os.environ.items() if name not in MODE}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--no-serve", "--json"],
        cwd=ROOT,
        env=kept | {"VAR_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {found["product"]: found for found in json.loads(done.stdout)["products"]}


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, dict[str, Any]]]:
    """demonstrated(folder): what VAR_DIR is after the demonstration, copied to a folder; gives what was printed."""
    own = tmp_path_factory.getbasetemp()
    once = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demonstration"
    once.mkdir(exist_ok=True)
    printed = once / "printed.json"

    def copied(folder: Path) -> dict[str, dict[str, Any]]:
        with (once / "lock").open("w") as lock:  # processes that come at once wait for the first
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not printed.exists():
                shutil.rmtree(once / "var", ignore_errors=True)
                printed.write_text(json.dumps(told_in(once / "var")))
        shutil.copytree(once / "var", folder, dirs_exist_ok=True)
        found: dict[str, dict[str, Any]] = json.loads(printed.read_text())
        return found

    return copied
