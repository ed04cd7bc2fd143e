"""Fifty people reading and eight clients logging runs, for two minutes, on an installation with two years of history.

    python -m tests.benchmarks.load [--minutes 2] [--keep FOLDER] [--ahead] [--ceiling]

On PostgreSQL and a Redis of its own: `load_filled` makes 200 products and 100,000 runs (`--keep` leaves them in a
folder and a database, and uses them again), `manage.py up` serves them, and `load_traffic` opens the pages of each
role, with what each page loads, 5 s of thought between two, while each client sends a run every `--pause` seconds, one
with 1,200 rows and one with metrics in turn. Printed: ms by kind, errors, the processor's time of each part, and memory
(PSS) over time. Target: pages within 300 ms and ingest within 150 ms for 95 of 100, no error, memory flat.
A client's pause of 2 s is short: a training job logs a run in minutes. What a page costs by itself tells `load_pages`.
--ahead: the server goes before what else the machine does (needs root); --minutes 30 for memory; --ceiling: at the end,
how much is answered where nobody thinks or pauses.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.benchmarks.load_traffic import PARTS, Found, Traffic, at
from tests.chaos.installation import (
    POSTGRESQL,
    Installation,
    descendants,
    free_port,
    in_production,
    listens,
    processes,
    redis_at,
    until,
)
from tests.places import ROOT

PAGE_MS, INGEST_MS, GROWTH = 300.0, 150.0, 0.05
WARM = 20.0  # seconds, with the same traffic, that are told apart
TICK = os.sysconf("SC_CLK_TCK")
EVERY = 5.0


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--minutes", type=float, default=2.0)
    asked.add_argument("--think", type=float, default=5.0)
    asked.add_argument("--pause", type=float, default=2.0, help="seconds between two runs of a client")
    asked.add_argument("--keep", default="", metavar="FOLDER")
    asked.add_argument("--ahead", action="store_true")
    asked.add_argument("--ceiling", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(given.keep or empty)
        folder.mkdir(parents=True, exist_ok=True)
        database = database_of(folder)
        (folder / "redis").mkdir(exist_ok=True)
        port = free_port()
        broker = redis_at(port, folder / "redis")
        installation = installed(folder, database, f"redis://127.0.0.1:{port}/0")
        try:
            plan = filled(installation, database)
            return measured(installation, plan, given)
        finally:
            installation.stop()
            broker.kill()
            broker.wait()
            if not given.keep:
                _server(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def database_of(folder: Path) -> str:
    return f"kpi_load_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"


def installed(folder: Path, database: str, redis: str) -> Installation:
    address = urlunsplit(urlsplit(POSTGRESQL)._replace(path=f"/{database}"))
    installation = in_production(folder, database=address, redis=redis)
    key = folder / "key"  # sessions and seals of what is kept are made with it
    if key.exists():
        installation.env["SECRET_KEY"] = key.read_text()
    key.write_text(installation.env["SECRET_KEY"])
    return installation


def filled(installation: Installation, database: str) -> dict[str, object]:
    plan = installation.folder / "plan.json"
    if not plan.exists():
        _server(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)', f'CREATE DATABASE "{database}"')
        began = time.monotonic()
        command = [sys.executable, "-m", "tests.benchmarks.load_filled", str(plan)]
        subprocess.run(command, cwd=ROOT, env=installation.env, check=True)
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    found: dict[str, object] = json.loads(plan.read_text())
    return found


def _server(*statements: str) -> None:
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


def measured(installation: Installation, plan: dict[str, object], given: argparse.Namespace) -> int:
    port = free_port()
    installation.env["KPI_URL_BASE"] = f"http://127.0.0.1:{port}"
    up = installation.start("up", "--port", str(port))
    until(lambda: listens(port), within=300)
    if given.ahead:
        Path(f"/proc/{up.pid}/autogroup").write_text("-10")
    traffic = Traffic(f"http://127.0.0.1:{port}", plan, think=given.think, pause=given.pause)
    warm = asyncio.run(traffic.flow(WARM))
    watch = Watch(up.pid, str(urlsplit(installation.env["DATABASE_URL"]).path[1:]))
    own, begun, busy = time.process_time(), time.monotonic(), watch.busy()
    watch.start()
    found = asyncio.run(traffic.flow(60 * given.minutes))
    wall = time.monotonic() - begun
    watch.stop()
    shares = {name: seconds - busy.get(name, 0.0) for name, seconds in watch.busy().items()}
    shares["load generator"] = time.process_time() - own
    told(found, warm)
    print("\nprocessor, share of one core: " + ", ".join(f"{n} {s / wall:.2f}" for n, s in shares.items()))
    print(f"work that waits at the end: {undone(installation)}")
    grown = watch.told()
    if given.ceiling:
        ceiling(Traffic(f"http://127.0.0.1:{port}", plan, think=0, pause=0))
    up.send_signal(signal.SIGTERM)
    up.wait()
    missed = [
        *(["pages"] if at(found.of(but="log:"), 0.95) > PAGE_MS else []),
        *(["ingest"] if at(found.of("log:"), 0.95) > INGEST_MS else []),
        *(["errors"] if found.wrong or warm.wrong else []),
        *(["memory"] if given.minutes >= 10 and grown > GROWTH else []),
    ]
    print(f"over its target: {', '.join(missed)}" if missed else "every target is met")
    return 1 if missed else 0


def ceiling(traffic: Traffic) -> None:
    """All at once and without a pause: the most that is answered, whatever each waits."""
    begun = time.monotonic()
    found = asyncio.run(traffic.flow(WARM))
    took = time.monotonic() - begun
    pages, logged = len(found.of(but="log:")), len(found.of("log:"))
    print(f"at most, all asking at once: {pages / took:.1f} pages and parts and {logged / took:.1f} runs a second")


def undone(installation: Installation) -> str:
    rows = installation.ask("SELECT kind, count(*) FROM metrics_work WHERE state <> 'done' GROUP BY 1 ORDER BY 1")
    return ", ".join(f"{count} {kind}" for kind, count in rows) or "none"


def told(found: Found, warm: Found) -> None:
    print(f"{'':28}{'answers':>9}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}   ms")
    for kind in sorted(found.seconds, key=lambda one: (one.startswith("log:"), one == PARTS, one)):
        _line(kind, sorted(found.seconds[kind]))
    print()
    for name, of in (("all pages and parts", found.of(but="log:")), ("all ingest", found.of("log:"))):
        _line(name, of)
    _line(f"pages, first {WARM:.0f} s", warm.of(but="log:"))
    wrong = found.wrong + warm.wrong
    print(f"\nerrors: {wrong.total()}" + "".join(f"\n  {count} × {what}" for what, count in wrong.most_common(20)))


def _line(name: str, of: list[float]) -> None:
    shares = "".join(f"{at(of, share):8.0f}" for share in (0.5, 0.95, 0.99, 1.0))
    print(f"{name:28}{len(of):9,}{shares}")


class Watch:
    """Memory and processor's time of what `manage.py up` started, and of the server's processes for its database."""

    def __init__(self, pid: int, database: str) -> None:
        self.pid, self.database, self.samples = pid, database, list[dict[str, float]]()
        self._busy: dict[int, tuple[str, float]] = {}  # of what has ended since, as it was seen last
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            sample: dict[str, float] = {}
            for pid, name in self._named().items():
                if not name.startswith("PostgreSQL"):
                    sample[name] = sample.get(name, 0.0) + pss(pid)
            self.samples.append(sample)
            self.busy()

    def _named(self) -> dict[int, str]:
        running = processes()
        named = {pid: _name(running[pid][1]) for pid in descendants(self.pid) if pid in running}
        held = (pid for pid, (_, line) in running.items() if line.startswith("postgres") and self.database in line)
        return named | dict.fromkeys(held, "PostgreSQL")

    def busy(self) -> dict[str, float]:
        """Name → seconds of the processor till now, of what has ended below them too."""
        self._busy |= {pid: (name, used(pid)) for pid, name in self._named().items()}
        found: dict[str, float] = {}
        for name, seconds in self._busy.values():
            found[name] = found.get(name, 0.0) + seconds
        return found

    def told(self) -> float:
        """Prints MB over time; gives by what share all of it grew from the second quarter to the last."""
        quarter = max(1, len(self.samples) // 4)
        parts = [self.samples[at : at + quarter] for at in range(0, 4 * quarter, quarter)]
        names = sorted({name for sample in self.samples for name in sample})
        print(f"\n{'memory (PSS)':28}" + "".join(f"{f'quarter {n}':>11}" for n in range(1, 5)) + f"{'most':>9}   MB")
        for name in names:
            means = [sum(one.get(name, 0.0) for one in part) / max(1, len(part)) for part in parts]
            most = max(one.get(name, 0.0) for one in self.samples)
            print(f"{name:28}" + "".join(f"{mean:11.0f}" for mean in means) + f"{most:9.0f}")
        totals = [sum(sum(one.values()) for one in part) / max(1, len(part)) for part in parts]
        grown = totals[-1] / totals[1] - 1 if len(self.samples) >= 8 else 0.0
        print(f"all: {totals[-1]:.0f} MB in the last quarter, {grown:+.1%} on the second")
        return grown


def _name(line: str) -> str:
    for part, name in (("granian", "web"), ("checker", "checker"), ("dispatch", "dispatcher"), ("celery", "worker")):
        if part in line:
            return name
    return "web" if "spawn" in line or "resource_tracker" in line else "other"


def pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def used(pid: int) -> float:
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(parts[at]) for at in (11, 12, 13, 14)) / TICK


if __name__ == "__main__":
    sys.exit(main())
