"""An installation that runs are sent to while it is broken: who sends, a broker of its own, and what it holds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from kpiplatform.client import Client
from tests.chaos.installation import (
    Installation,
    descendants,
    free_port,
    fresh_database,
    in_production,
    redis_at,
    until,
)

SLUG = "calls"
PEOPLE = """
import json
from metrics.models.product import User
from metrics.services.product import products
from metrics.services.product.tokens import create_token
admin, scientist = User.objects.create_superuser("admin"), User.objects.create_user("scientist")
made = products.create_product(admin, name="Calls", currency="EUR", seed=1)
products.add_member(admin, made, username="scientist", role="data_scientist")
print(json.dumps({"token": create_token(scientist, name="sender")[1]}))
"""
ROWS = b"example_id,y_true,y_score\n" + b"".join(b"e%d,%d,0.%d\n" % (at, at % 3 == 0, 1 + at % 8) for at in range(40))
DRAINED_WITHIN = 60.0


class Broker:
    """A Redis of the test's own, that can be killed, frozen and brought back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self.process = redis_at(self.port, folder)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        self.process = redis_at(self.port, self.folder)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@dataclass
class Sent:
    """What came of the runs that a sender sent: codes, seconds, and the ids that were given."""

    codes: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def p95(self) -> float:
        return sorted(self.seconds)[int(0.95 * len(self.seconds))]


class Served:
    """An installation that `manage.py up` serves, with a product, and a scientist who may log runs."""

    def __init__(self, installation: Installation, commands: list[tuple[str, ...]], port: int) -> None:
        self.installation, self.port, self.url = installation, port, f"http://127.0.0.1:{port}"
        done = installation.run("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        told = installation.run("shell", "--verbosity", "0", "-c", PEOPLE)
        assert told.returncode == 0, told.stderr
        self.token = json.loads(told.stdout.splitlines()[-1])["token"]
        self.processes = [installation.start(*words) for words in commands]
        until(self.answers, within=180)

    def answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health/live", timeout=2).is_success
        return False

    def client(self) -> Client:
        return Client(url=self.url, token=self.token)

    def http(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        # No connection is used twice: one that the server ends just then, being idle, would look like a lost post.
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(base_url=f"{self.url}/api/v1/products/{SLUG}", headers=headers, timeout=60, limits=limits)

    def count(self, table: str, where: str = "true") -> int:
        return int(self.installation.ask(f"SELECT count(*) FROM metrics_{table} WHERE {where}")[0][0])

    def undone(self) -> int:
        return self.count("work", "state <> 'done' AND kind IN ('reported', 'scan', 'evidence', 'recompute')")

    def drained(self, within: float = DRAINED_WITHIN) -> float:
        """Seconds until nothing of the runs' work is open."""
        return until(lambda: not self.undone(), within=within, every=0.2)

    def web(self) -> list[int]:
        """The web server's processes, the one that starts the others first."""
        return [pid for process in self.processes for pid in descendants(process.pid, like="granian")]

    def kill_web(self, *, whole: bool) -> None:
        """kill -9 the whole web server, or one of the processes that answer."""
        running = self.web()
        for pid in running if whole else running[-1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def sending(self, how_many: int, stop: threading.Event) -> Callable[[], Sent]:
        """Some who send runs one after the other till `stop`; call what is given for what came of it."""
        sent = Sent()

        def send(number: int) -> None:
            with self.http() as http:
                at = 0
                while not stop.is_set():
                    began = time.monotonic()
                    answer = http.post("/runs/", json=manifest(number, at))
                    sent.seconds.append(time.monotonic() - began)
                    sent.codes.append(answer.status_code)
                    at += 1

        return started(how_many, send, lambda: sent)

    def stop(self) -> None:
        self.installation.stop()


def manifest(number: int, at: int) -> dict[str, Any]:
    """A run that reports its metrics."""
    return {"model": f"model {number}", "version": f"v{at % 50}", "name": f"{number}/{at}", "metrics": {"brier": 0.25}}


def started(how_many: int, act: Callable[[int], None], found: Callable[[], Any]) -> Callable[[], Any]:
    """Threads that act; call what is given to wait for them, to raise what they raised, and for what was found."""
    wrong: list[BaseException] = []

    def acted(number: int) -> None:
        try:
            act(number)
        except BaseException as error:  # noqa: BLE001 - whatever a thread raises is told by who waits
            wrong.append(error)

    threads = [threading.Thread(target=acted, args=(number,), daemon=True) for number in range(how_many)]
    for thread in threads:
        thread.start()

    def ended() -> Any:
        for thread in threads:
            thread.join()
        if wrong:
            raise wrong[0]
        return found()

    return ended


@contextlib.contextmanager
def on_postgresql(folder: Path) -> Iterator[tuple[Served, Broker]]:
    """Served by `manage.py up` on PostgreSQL and a Redis, both its own."""
    broker = Broker(folder)
    with fresh_database() as database:
        installation = in_production(folder, database=database, redis=broker.address)
        port = free_port()
        try:
            yield Served(installation, [("up", "--port", str(port))], port), broker
        finally:
            installation.stop()
            broker.thaw()
            broker.kill()


@contextlib.contextmanager
def on_sqlite(folder: Path) -> Iterator[Served]:
    """On SQLite, with two web processes of four threads each, and the worker."""
    port = free_port()
    installation = Installation(folder)
    web = ("web", "--port", str(port), "--processes", "2")
    try:
        yield Served(installation, [web, ("work",)], port)
    finally:
        installation.stop()


def locked(installation: Installation) -> list[str]:
    """Lines of the installation's processes that tell of a lock."""
    found = subprocess.run(
        ["grep", "-rhi", "--include=*.err", "--include=*.out", "database is locked", str(installation.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.splitlines()
