"""Real installations to be broken: a folder, and an environment in which the server's commands run."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.places import ROOT

POSTGRESQL = (
    os.environ.get("TEST_DATABASE_URL")
    or os.environ.get("DATABASE_URL")
    or "postgresql://postgres@127.0.0.1:5432/postgres"
)
MODE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KPI_URL_BASE", "KPI_PRODUCTION", "VAR_DIR", "STORE_DIR", "CI")


class Installation:
    """A folder and an environment in which the server's commands run."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if name not in MODE}
        self.env = {**inherited, "VAR_DIR": str(folder), "PYTHONUNBUFFERED": "1", **settings}
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of manage.py, its lines in files of the folder."""
        name = f"{len(self.started)}-{arguments[0]}"
        with (self.folder / f"{name}.out").open("w") as out, (self.folder / f"{name}.err").open("w") as err:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, stdout=out, stderr=err, text=True
            )
        process.out, process.err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        self.started.append(process)
        return process

    def run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query, straight from the database; none while it has no tables."""
        if address := self.env.get("DATABASE_URL"):
            with psycopg.connect(address, autocommit=True) as database:
                return database.execute(sql).fetchall()
        with contextlib.closing(sqlite3.connect(self.folder / "kpiplatform.sqlite3", timeout=20)) as database:
            return database.execute(sql).fetchall()

    def stop(self) -> None:
        for process in self.started:
            below = descendants(process.pid)
            for pid in (process.pid, *below):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def processes() -> dict[int, tuple[int, str]]:
    """pid → (parent, command line) of all that runs."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return {int(row[0]): (int(row[1]), row[2] if len(row) > 2 else "") for row in rows}


def descendants(pid: int, *, like: str = "") -> list[int]:
    """The processes under `pid` whose command line has `like` in it, nearest first."""
    running, found, level = processes(), [], [pid]
    while level:
        level = [child for child, (parent, _) in running.items() if parent in level]
        found += level
    return [child for child in found if like in running[child][1]]


def until(true: Callable[[], object], *, within: float, every: float = 0.1) -> float:
    """Seconds until it was true; fails the test when that takes too long."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > within:
            pytest.fail(f"not within {within} s: {getattr(true, '__name__', true)}")
        time.sleep(every)
    return time.monotonic() - begun


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def redis_at(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """A Redis that keeps nothing on disk, once it listens."""
    command = [shutil.which("redis-server") or "redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--logfile", str(folder / "log")]
    server = subprocess.Popen(command)
    until(lambda: listens(port), within=60)
    return server


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """The address of a fresh database, dropped afterwards whoever is connected."""
    name = f"kpi_chaos_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(POSTGRESQL)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(POSTGRESQL, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def in_production(folder: Path, *, database: str, redis: str) -> Installation:
    """An installation on PostgreSQL and Redis, with dispatcher and workers."""
    return Installation(
        folder,
        DATABASE_URL=database,
        REDIS_URL=redis,
        SECRET_KEY=secrets.token_urlsafe(64),
        KPI_URL_BASE="http://127.0.0.1:8000",
    )
