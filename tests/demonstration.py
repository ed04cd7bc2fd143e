"""The demonstration, loaded and computed once for all tests of a run that begin from it."""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.places import ROOT

MODE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KPI_URL_BASE", "KPI_PRODUCTION", "VAR_DIR", "STORE_DIR")


LOAD = "from kpiplatform.demo import story; story.people(); story.tell()"
STARTED_WITHIN = 300.0
Copied = Callable[[Path], dict[str, dict[str, Any]]]


def alone(folder: Path) -> dict[str, str]:
    """The environment of an embedded installation in a folder, whatever the tests run on."""
    return {name: value for name, value in os.environ.items() if name not in MODE} | {"VAR_DIR": str(folder)}


def manage(folder: Path, *words: str) -> str:
    """What a command of manage.py prints, on SQLite in a folder."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=alone(folder),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def told_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Run `manage.py demo` on SQLite in a folder; gives what it prints: product → its chain."""
    printed = manage(folder, "demo", "--no-serve", "--json")
    return {found["product"]: found for found in json.loads(printed)["products"]}


@dataclass(frozen=True)
class Demo:
    """The demonstration where it is served; folder: its VAR_DIR; words: user → password."""

    folder: Path
    url: str
    words: dict[str, str]


@contextmanager
def served(folder: Path, **more: str) -> Iterator[Demo]:
    """The demonstration of a folder, served by its own command; more: variables of its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log.txt").open("w+")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=ROOT,
        env=alone(folder) | more,
        stdout=log,
        stderr=log,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process, folder / "log.txt")
        said = (folder / "log.txt").read_text()
        yield Demo(folder, url, dict(re.findall(r"^  (scientist|manager|executive|admin) +(\S+)$", said, re.MULTILINE)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < STARTED_WITHIN and process.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"the demonstration did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """once(name, make): a folder that all processes of the run share, made by the first that asks for it."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "once"
    shared.mkdir(exist_ok=True)

    def made(name: str, make: Callable[[Path], None]) -> Path:
        with (shared / f"{name}.lock").open("w") as lock:  # processes that come at once wait for the first
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / f"{name}.made").exists():
                shutil.rmtree(shared / name, ignore_errors=True)
                make(shared / name)
                (shared / f"{name}.made").touch()
        return shared / name

    return made


@pytest.fixture(scope="session")
def loaded(once: Callable[..., Path]) -> Callable[[], Path]:
    """loaded(): what VAR_DIR is after the story is told, and nothing of it computed. To be copied, not changed."""

    def make(folder: Path) -> None:
        manage(folder, "migrate", "--verbosity", "0")
        manage(folder, "shell", "--verbosity", "0", "-c", LOAD)

    return lambda: once("loaded", make)


@pytest.fixture(scope="session")
def computed(once: Callable[..., Path], loaded: Callable[[], Path]) -> Callable[[], Path]:
    """computed(): the same after the demonstration, and what it printed in printed.json. To be copied, not changed."""

    def make(folder: Path) -> None:
        shutil.copytree(loaded(), folder)
        (folder / "printed.json").write_text(manage(folder, "demo", "--no-serve", "--json"))

    return lambda: once("computed", make)


@pytest.fixture(scope="session")
def demonstrated(computed: Callable[[], Path]) -> Copied:
    """demonstrated(folder): what VAR_DIR is after the demonstration, copied to a folder; gives what was printed."""

    def copied(folder: Path) -> dict[str, dict[str, Any]]:
        shutil.copytree(computed(), folder, dirs_exist_ok=True)
        return {found["product"]: found for found in json.loads((folder / "printed.json").read_text())["products"]}

    return copied
