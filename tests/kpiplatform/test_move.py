"""An embedded installation on PostgreSQL by one command: all of it, or nothing."""

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psycopg
import pytest

from kpiplatform.listening import answers
from tests.demonstration import alone
from tests.places import ROOT

pytestmark = [pytest.mark.services, pytest.mark.promise("R12")]

# In one process: what is refused before, the move, and what is refused after it.
ACT = """
import json, sys
import psycopg
from kpiplatform import moving
to, told = sys.argv[-1], []
def refused(match):
    try:
        moving.move(to)
    except moving.Refused as error:
        assert match in str(error), error
    else:
        raise AssertionError(match)
with psycopg.connect(to, autocommit=True) as other:
    other.execute("CREATE TABLE of_others (a int)")
    refused("holds other tables (of_others)")
    other.execute("DROP TABLE of_others")
with (moving.Path(moving.settings.VAR_DIR) / "worker.lock").open("a") as lock:
    moving.fcntl.flock(lock, moving.fcntl.LOCK_EX)
    refused("stop it first")
with (moving.Path(moving.settings.VAR_DIR) / "web.lock").open("a") as lock:
    moving.fcntl.flock(lock, moving.fcntl.LOCK_SH)
    refused("stop it first")
moved = moving.move(to)
refused("the target is not empty")
print(json.dumps({name: table.rows for name, table in moved.tables.items()}))
print(moved.results, moved.entries, moved.end)
"""


def command(folder, *words):
    return {
        "args": [sys.executable, *words],
        "cwd": ROOT,
        "env": alone(folder) | {"DJANGO_SETTINGS_MODULE": "kpiplatform.settings", "PYTHONPATH": str(ROOT)},
    }


def contents(folder):
    """Every file of the installation, but for locks, and what SQLite keeps beside its own while it is read."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".sqlite3-shm", ".sqlite3-wal", ".lock"}
    }


def test_a_filled_installation_is_moved_whole_and_what_was_killed_half_way_is_begun_anew(
    computed, postgresql, tmp_path
):
    folder = tmp_path / "var"
    shutil.copytree(computed(), folder)
    with closing(sqlite3.connect(folder / "kpiplatform.sqlite3")) as here:
        here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = contents(folder)
    with psycopg.connect(postgresql, autocommit=True) as there:
        begun = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND database = %s::oid AND pid <> %s"
        ((this,),) = there.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
        process = subprocess.Popen(**command(folder, "manage.py", "move", "--to", postgresql))
        until = time.monotonic() + 300
        while not there.execute(begun, [this, there.info.backend_pid]).fetchone()[0] > 20:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
        while there.execute(others, [there.info.backend_pid]).fetchone()[0]:
            time.sleep(0.05)
        ((tables,),) = there.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
        assert tables == 0

        script = f"import django; django.setup()\n{ACT}"
        done = subprocess.run(**command(folder, "-c", script, postgresql), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        counted, said = done.stdout.splitlines()[-2:]
        results, entries, end = said.split()
        assert contents(folder) == before
        with closing(sqlite3.connect(folder / "kpiplatform.sqlite3")) as here:
            names = [name for (name,) in here.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            ours = [name for name in names if not name.startswith("sqlite_")]
            assert json.loads(counted).keys() == set(ours)
            for name in ours:
                (held,), (found,) = (
                    database.execute(f'SELECT count(*) FROM "{name}"').fetchone() for database in (here, there)
                )
                linked = found - held if name == "metrics_auditlink" else 0  # the entries that waited for their links
                assert found - linked == held == json.loads(counted)[name], name
            digests = " UNION ALL ".join(
                f"SELECT digest FROM metrics_{name}"
                for name in ("metricresult", "kpiresult", "revenueresult", "artifact")
            )
            here_and_there = [sorted(database.execute(digests).fetchall()) for database in (here, there)]
            assert here_and_there[0] == here_and_there[1]
            assert len(here_and_there[0]) == int(results) > 500
            figures = "SELECT digest, point, low95, high95 FROM metrics_revenueresult ORDER BY digest"
            assert here.execute(figures).fetchall() == there.execute(figures).fetchall()
        ((number, last),) = there.execute(
            "SELECT number, digest FROM metrics_auditlink ORDER BY number DESC LIMIT 1"
        ).fetchall()
        assert (number, last) == (int(entries), end)
        with pytest.raises(psycopg.Error, match="append-only"):
            there.execute("DELETE FROM metrics_auditentry")
        there.execute("SELECT nextval('django_migrations_id_seq')")
        ((behind,),) = there.execute(
            "SELECT currval('django_migrations_id_seq') > max(id) FROM django_migrations"
        ).fetchall()
        assert behind


FREE = """
import django; django.setup()
from kpiplatform.listening import nobody_serves
with nobody_serves() as free: print(free)
"""


def test_a_server_that_runs_alone_is_seen_and_none_begins_during_a_move(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    free = command(tmp_path, "-c", FREE) | {"capture_output": True, "text": True}
    web = command(tmp_path, "manage.py", "web", "--port", str(port))
    assert subprocess.run(**free).stdout == "True\n"
    server = subprocess.Popen(**web)
    try:
        until = time.monotonic() + 120
        while not answers("127.0.0.1", port):
            assert server.poll() is None
            assert time.monotonic() < until
            time.sleep(0.2)
        assert subprocess.run(**free).stdout == "False\n"
    finally:
        server.terminate()
        server.wait()
    with (tmp_path / "web.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(**web, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is being moved to PostgreSQL" in done.stderr.splitlines()[-1]
