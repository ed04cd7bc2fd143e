"""Workers killed in the middle of the demonstration: every value is there, and equal to an undisturbed run's."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.promise("R3")]

RESULTS = ("metrics_metricresult", "metrics_kpiresult", "metrics_revenueresult")
KILLS = 10


# With PostgreSQL and Redis test_storm kills workers too, and more: the demonstration under them is the long form.
@pytest.fixture(params=["embedded", pytest.param("production", marks=[pytest.mark.services, pytest.mark.slow])])
def stormy(request: pytest.FixtureRequest, loaded: Callable[[], Path], tools: Any) -> Any:
    """An installation with the demonstration loaded, with the ids of the one that is computed in peace."""
    installation = request.getfixturevalue(request.param)
    shutil.copytree(loaded(), installation.folder, dirs_exist_ok=True)
    if "DATABASE_URL" in installation.env:
        carry(tools.Installation(installation.folder), installation)
    return installation


def carry(source: Any, target: Any) -> None:
    """All rows of one installation, but its audit, into the database of another, whose tables are empty."""
    file = str(target.folder / "rows.json")
    # Migrations write the first two; a dump keeps milliseconds, and entries of the audit are sealed to the microsecond.
    kinds = ("contenttypes", "auth.permission", "metrics.auditentry", "metrics.auditlink")
    for installation, words in (
        (target, ("migrate", "--verbosity", "0")),
        (source, ("dumpdata", "--output", file, *(f"--exclude={kind}" for kind in kinds))),
        (target, ("loaddata", file)),
    ):
        done = installation.run(*words, timeout=300)
        assert done.returncode == 0, done.stderr


def values(installation: Any) -> dict[str, list[Any]]:
    """Every stored result by digest, to the last bit of its draws."""
    columns = "digest, unit, point, unknown_reason, low80, high80, low95, high95, draws"
    found = {}
    for table in RESULTS:
        rows = installation.ask(f"SELECT {columns} FROM {table} ORDER BY digest")
        found[table] = [(*row[:-1], bytes(row[-1]) if row[-1] is not None else None) for row in rows]
    return found


def figures(printed: str) -> Any:
    """What the demonstration prints, without the moment of printing."""
    found = json.loads(printed)
    assert found.pop("at")
    return found


def test_workers_killed_ten_times_leave_all_values_equal(stormy: Any, computed: Callable[[], Path], tools: Any) -> None:
    calm = tools.Installation(computed())

    begun = time.monotonic()
    demo = stormy.start("demo", "--no-serve", "--json")
    killed = kill_workers(stormy, demo, tools)
    assert demo.wait(timeout=900) == 0, demo.err.read_text()[-3000:]
    print(f"{killed} kills, {time.monotonic() - begun:.0f} s")

    assert killed == KILLS
    assert figures(demo.out.read_text()) == figures((calm.folder / "printed.json").read_text())
    assert all(values(calm).values())
    assert values(stormy) == values(calm)
    # What its period wrote in the last moment is not the demonstration's, which does not wait for it.
    undone = "SELECT kind, scope, state, error FROM metrics_work WHERE state <> 'done'"
    assert stormy.ask(f"{undone} AND (state = 'parked' OR scope NOT LIKE 'period %')") == []


def kill_workers(installation: Any, demo: subprocess.Popen[str], tools: Any) -> int:
    """kill -9 a worker, each time while it computes; after every third empty the broker too. Gives how often."""
    chance, killed = random.Random(7), 0
    broker = installation.env.get("REDIS_URL")
    like = "celery" if broker else "manage.py work"
    while killed < KILLS and demo.poll() is None:
        time.sleep(0.05)
        if not computing(installation):
            continue
        time.sleep(chance.choice([0.0, 0.2, 0.5, 1.0]))
        running = tools.descendants(demo.pid, like=like)
        if not running:
            continue
        # one or another of the workers, where there are several
        victim = running[0] if killed % 2 == 0 else running[-1]
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            killed += 1
        if broker and killed % 3 == 0:
            subprocess.run(["redis-cli", "-u", broker, "FLUSHALL"], check=True, capture_output=True)
        tools.until(lambda victim=victim: victim not in tools.descendants(demo.pid, like=like), within=60)
    return killed


def computing(installation: Any) -> bool:
    return installation.ask("SELECT count(*) FROM metrics_work WHERE state = 'leased' AND attempts > 0")[0][0] > 0
