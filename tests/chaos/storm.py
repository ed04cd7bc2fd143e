"""A load computed once in calm and once under a schedule of faults; then the tables of both are compared.

`python -m tests.chaos.storm --items 500 --kills 8 --seed 1` prints what came of it as JSON. Everything is real: its own
PostgreSQL and Redis, dispatcher, workers, web process, signals. The same seed draws the same schedule.
Further copies are for a mapping that is replaced while it computes, and for rows that are lost.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import clock, interleaved, schedule
from tests.chaos.callers import Callers
from tests.chaos.installation import free_port, listens, until
from tests.chaos.kept import Kept
from tests.chaos.load import Load
from tests.chaos.own import Wire, filled, send, small_disk
from tests.chaos.place import Place, logs_of

LOOK_EVERY = 0.2
STARTED_WITHIN = 300.0
DRAINED_WITHIN = 300.0  # seconds after the last fault, after which what is left counts as lost
STANDS_AFTER = 200.0  # seconds without anything done: work lost thrice waits for 30, 60 and 120
WORKERS, LARGE = (3, 5), 2000  # of a load, and of one of so many items
CLOCKS = (3600, -3600)  # seconds by which a worker's is off
DISK = "48m"  # where the store is


class Storm:
    """The installation's processes on one copy, and what befalls them."""

    def __init__(self, place: Place, name: str, stack: ExitStack, *, disk: Path, workers: int) -> None:
        from django.test import Client

        from kpiplatform.listening import answers
        from kpiplatform.supervise import MANAGE, WORKER
        from metrics.models.product import User
        from metrics.services.product.tokens import create_token

        self.place, self.name, self.stack, self.disk = place, name, stack, disk
        self.wire = Wire(place.postgresql.port)
        self.stack.callback(self.wire.end)
        direct = place.env | {"DATABASE_URL": place.postgresql.address(name), "STORE_DIR": str(disk)}
        wired = direct | {"DATABASE_URL": place.postgresql.address(name, port=self.wire.port)}
        port, worker = free_port(), (*clock.MOVED, "0", "celery", *WORKER)
        web = (*MANAGE, "web", "--port", str(port), "--processes", "1")
        self.web = self._kept("web", web, direct)
        self.dispatcher = self._kept("dispatcher", (*MANAGE, "dispatch"), wired)
        self.workers = [self._kept(f"worker{number}", worker, wired) for number in range(workers)]
        self.kept = [self.web, self.dispatcher, *self.workers]
        self.heals: list[tuple[float, Callable[[], object]]] = []
        browser, scientist = Client(), User.objects.get(username="scientist")
        browser.force_login(scientist)
        secret = create_token(scientist, name="callers")[1]
        until(lambda: answers("127.0.0.1", port), within=STARTED_WITHIN)
        session = browser.cookies["kpi_session"].value
        self.callers = Callers(port, token=secret, session=session, product="callers")
        self.stack.callback(self.callers.end)

    def _kept(self, name: str, command: Any, env: dict[str, str]) -> Kept:
        kept = Kept(name, command, env=env, folder=self.place.folder)
        self.stack.callback(kept.end)
        return kept

    def befall(self, fault: schedule.Fault) -> None:
        """Let a fault happen; what heals does so later."""
        time.sleep(fault.pause)
        worker = self.workers[int(fault.victim * len(self.workers))]
        if "the broker" in fault.kind or "deliver" in fault.kind:  # one that is down already comes back first
            until(lambda: self.watch() or listens(self.place.redis.port), within=60)
        match fault.kind:
            case "kill a worker":
                send(worker.process.pid, signal.SIGKILL)
            case "kill the dispatcher":
                send(self.dispatcher.process.pid, signal.SIGKILL)
            case "stop a worker for a while":
                pid = worker.process.pid
                worker.group(signal.SIGSTOP)
                self._later(fault.lasts, lambda: _go_on(pid))
            case "empty the broker":
                self.place.redis.flush()
            case "kill the broker":
                self.place.redis.kill()
                self._later(fault.lasts, self.place.redis.start)
            case "restart the database":
                self.place.postgresql.restart("immediate" if fault.victim < 0.5 else "fast")
            case "cut the wire to the database":
                self.wire.cut()
                self._later(fault.lasts, self.wire.heal)
            case "stall the wire to the database":
                self.wire.stall()
                self._later(fault.lasts, self.wire.heal)
            case "fill the disk":
                filler = filled(self.disk)
                self._later(fault.lasts, lambda: filler.unlink(missing_ok=True))
            case "set a worker's clock an hour off":  # and it stays so
                worker.set_clock(CLOCKS[int(fault.victim * 997) % len(CLOCKS)])
                send(worker.process.pid, signal.SIGKILL)
            case "end a worker in turn":
                worker.end_in_turn()
            case "deliver everything five times":
                self._deliver_again()

    def _later(self, seconds: float, heal: Callable[[], object]) -> None:
        self.heals.append((time.monotonic() + seconds, heal))

    def _deliver_again(self) -> None:
        from django.db import DatabaseError
        from kombu.exceptions import OperationalError

        from metrics import jobs
        from metrics.management.commands.dispatch import Dispatcher
        from metrics.models.work import Work

        publisher = Dispatcher(broker=self.place.redis.address)
        with suppress(OSError, OperationalError, DatabaseError):  # it has just lost its connections
            for work in Work.objects.filter(state="leased")[:50]:
                for _ in range(5):
                    publisher.publish(work.pk, jobs.queue(work.kind))

    def watch(self) -> None:
        for kept in self.kept:
            kept.watch()
        now = time.monotonic()
        due, self.heals = [h for h in self.heals if h[0] <= now], [h for h in self.heals if h[0] > now]
        for _, heal in due:
            heal()

    def run(self, load: Any, faults: list[schedule.Fault]) -> dict[str, Any]:
        """The load under the faults, until all of it is done or nothing more comes of it; gives seconds."""
        from django.db import DatabaseError, connection

        from tests.chaos import load as loads

        waiting, begun, last, before = list(faults), time.monotonic(), time.monotonic(), load.items
        moved, stands = begun, False
        while True:
            self.watch()
            try:
                left = loads.feed(load)
                if not (left or waiting or self.heals):
                    self.callers.end()  # what they log is work, too
                    if not connection.cursor().execute(loads.OPEN).fetchone():
                        break
            except (DatabaseError, psycopg.Error):  # it is being restarted, or closed our connection as it was
                connection.close()
                continue
            if not waiting and time.monotonic() - last > DRAINED_WITHIN:
                break
            if left != before:
                before, moved = left, time.monotonic()
            stands = stands or time.monotonic() - moved > STANDS_AFTER
            share = 1 - left / load.items
            # with nothing left to do, or nothing done any more, the rest of the faults need not wait
            while waiting and (waiting[0].at <= share or not left or stands):
                fault, last = waiting.pop(0), time.monotonic()
                told(f"{load.items - left} of {load.items} done after {last - begun:.0f} s: {fault.kind}")
                self.befall(fault)
                last = time.monotonic()
                self.watch()
            time.sleep(LOOK_EVERY)
        ended = time.monotonic()
        for worker in self.workers:
            until(lambda worker=worker: worker.watch() or worker._ends_since is None, within=60)
        return {"left": left, "seconds": round(ended - begun), "drained": round(ended - last)}


def told(line: str) -> None:
    """How far it is, for who waits."""
    print(line, file=sys.stderr, flush=True)


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGCONT)


def outcome(storm: Storm, calm: str, load: Any, faults: list[schedule.Fault]) -> dict[str, Any]:
    """What is lost, what is there twice, what is left; and what the callers and the page of parked work say."""
    from django.test import Client

    from metrics.models.evaluation import EvaluationRun
    from metrics.models.product import User
    from metrics.models.work import Work
    from tests.chaos import deadly
    from tests.chaos import load as loads

    with psycopg.connect(calm) as one, psycopg.connect(storm.place.postgresql.address(storm.name)) as other:
        lost, beside = loads.compared(loads.expected(loads.tables(one), load), loads.tables(other))
        twice = other.execute(loads.MADE_TWICE).fetchone()
        undone = other.execute(loads.UNDONE).fetchall()
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    page = browser.get("/work/", HTTP_HOST="127.0.0.1").content.decode()
    killer = Work.objects.get(kind=deadly.KIND)
    runs = Counter(EvaluationRun.objects.filter(product__slug="callers").values_list("name", flat=True))
    callers = storm.callers
    return {
        "items": load.items,
        "faults": dict(Counter(fault.kind for fault in faults)),
        "lost": lost,
        "beside": beside,
        "twice": int(twice[0]) if twice else 0,
        "undone": [list(map(str, row)) for row in undone if row[0] != deadly.KIND],
        "killer": {"state": killer.state, "attempts": killer.attempts, "on_page": killer.error[:40] in page},
        "stops": [round(stop, 1) for worker in storm.workers for stop in worker.stops],
        "answers": {f"{what} {status}": count for (what, status), count in sorted(callers.answers.items())},
        "caller_faults": callers.faults,
        "slowest": round(callers.slowest, 1),
        "logged": len(callers.logged),
        "logged_lost": sorted(callers.logged - runs.keys()),
        "logged_twice": sorted(name for name, count in runs.items() if count > 1),
    }


def weathered(place: Place, *, items: int, kills: int, seed: int) -> dict[str, Any]:
    """One storm over a load, compared with the same load in calm."""
    from metrics import jobs
    from tests.chaos import deadly
    from tests.chaos import load as loads

    load = Load.of(items)
    faults = schedule.draw(seed, kills)
    begun = time.monotonic()
    calm = place.copy("calm")
    loads.in_calm(load)
    calmly = time.monotonic() - begun
    told(f"calm: {load.items} done in {calmly:.0f} s")
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(DISK))
        place.copy("storm", store=disk)
        jobs.ask(deadly.KIND, "kills its process")
        storm = Storm(place, "storm", stack, disk=disk, workers=WORKERS[items >= LARGE])
        found = storm.run(load, faults)
        return found | {"calm_seconds": round(calmly), "seed": seed} | outcome(storm, calm, load, faults)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for option, default in (("items", 500), ("kills", 8), ("seed", 1), ("interleavings", 10)):
        parser.add_argument(f"--{option}", type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpi-chaos-", dir="/tmp") as folder:
        place = Place(Path(folder))
        try:
            place.made(Load.of(given.items).products, seed=given.seed)
            with logs_of(place.folder):
                found = weathered(place, items=given.items, kills=given.kills, seed=given.seed)
            found["interleaved"] = interleaved.by_several(place, given.interleavings, seed=given.seed)
            place.copy("swept")
            found["swept"] = interleaved.swept()
        finally:
            place.end()
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
