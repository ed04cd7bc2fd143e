"""Migrations forward on a filled database: whoever reads and writes goes on, and what would keep them is found."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module

import psycopg
import pytest
from django.db import connections, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import ConnectionHandler
from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

from kpiplatform import env
from tests.places import ROOT

pytestmark = pytest.mark.services

LONGEST = 2.0  # seconds
ROWS = 200_000
FOLDED = "0004_reporting_views"  # the last of those that make the tables of a new installation
MIGRATE = """
import sys
from django.conf import settings
from kpiplatform import env
settings.configure(
    INSTALLED_APPS=["tests.kpiplatform.growing"], DATABASES={"default": env.postgresql("to", sys.argv[1])}, USE_TZ=True
)
import django
django.setup()
from django.core.management import call_command
from kpiplatform.management.commands.migrate import Command
call_command(Command(), "growing", sys.argv[2], verbosity=0)
"""
HELD = """
    SELECT mode FROM pg_locks WHERE granted AND relation = to_regclass('growing_thing') AND mode IN
    ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


def migrate(address, name):
    begun = [sys.executable, "-c", MIGRATE, address, name]
    return subprocess.Popen(begun, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-2000:]
    return out + err


@dataclass
class Watched:
    """Readers and writers at a table, the longest that one of them waited, and the longest that it was held."""

    address: str
    waited: dict[str, float] = field(default_factory=lambda: {"read": 0.0, "write": 0.0})
    done: dict[str, int] = field(default_factory=lambda: {"read": 0, "write": 0})
    held: float = 0.0

    def __enter__(self):
        self._stop = threading.Event()
        acts = {
            "read": "SELECT max(worth) FROM growing_thing WHERE id < 1000",
            "write": "INSERT INTO growing_thing (name, worth) VALUES ('new', 1)",
        }
        self._threads = [threading.Thread(target=self._act, args=act) for act in acts.items()]
        self._threads.append(threading.Thread(target=self._look))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _act(self, what, statement):
        with psycopg.connect(self.address, autocommit=True) as database:
            while not self._stop.wait(0.01):
                begun = time.monotonic()
                database.execute(statement)
                self.waited[what] = max(self.waited[what], time.monotonic() - begun)
                self.done[what] += 1

    def _look(self):
        since = None
        with psycopg.connect(self.address, autocommit=True) as database:
            while not self._stop.wait(0.02):
                if not database.execute(HELD).fetchall():
                    since = None
                    continue
                since = since or time.monotonic()
                self.held = max(self.held, time.monotonic() - since)


@pytest.fixture
def filled(postgresql):
    """A database as the first migration made it, full of rows."""
    ended(migrate(postgresql, "0001"))
    with psycopg.connect(postgresql, autocommit=True) as database:
        database.execute(
            "INSERT INTO growing_thing (name, worth) SELECT 'thing ' || n, random() FROM generate_series(1, %s) n",
            [ROWS],
        )
    return postgresql


def test_a_filled_database_is_brought_forward_while_others_read_and_write_and_none_waits_for_two_seconds(filled):
    with Watched(filled) as seen:
        with psycopg.connect(filled) as reader:  # who holds the table when the migration wants it
            reader.execute("SELECT count(*) FROM growing_thing")
            process = migrate(filled, "0002")
            told = process.stderr.readline()
        ended(process)
        ended(migrate(filled, "0003"))
    assert "attempt 1: somebody holds the table" in told
    assert max(seen.held, *seen.waited.values()) <= LONGEST + 0.5  # of its patience, and of a slow machine
    assert seen.held <= LONGEST
    assert min(seen.done.values()) > 10
    with psycopg.connect(filled) as database:
        ((whole,),) = database.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_by_worth'::regclass")
        assert whole
        ((rows, noted),) = database.execute("SELECT count(*), count(note) FROM growing_thing")
        assert rows == noted == ROWS + seen.done["write"]

    with Watched(filled) as seen:
        ended(migrate(filled, "0004"))
    assert seen.held > LONGEST
    assert seen.waited["write"] > LONGEST


def made_of(connection, operation):
    """The statements of one operation on the table as its first migration made it."""
    before = ProjectState()
    CREATE.state_forwards("growing", before)
    after = before.clone()
    operation.state_forwards("growing", after)
    with connection.schema_editor(collect_sql=True) as editor:
        operation.database_forwards("growing", editor, before, after)
    return editor.collected_sql


def statements(connection, migration):
    loader = MigrationExecutor(connection).loader
    return [line for line in loader.collect_sql([(migration, False)]) if not line.startswith("--")]


def faults(sql):
    """What the linter of migrations says of statements, and what it does not look for: constraints that are checked
    against every row while the table is held."""
    errors, _, warnings = analyse_sql_statements(PostgresqlAnalyser, sql)
    checked = {
        "ADD_CONSTRAINT"
        for line in sql
        if line.startswith("ALTER TABLE") and " ADD CONSTRAINT " in line and "NOT VALID" not in line
    }
    return {issue.code for issue in (*errors, *warnings)} | checked


def in_one_transaction(migration):
    """Whether it runs code over rows in a transaction: what it locks stays locked until the last row."""
    return migration.atomic and any(
        isinstance(operation, migrations.RunPython) and operation.atomic is not False
        for operation in migration.operations
    )


@pytest.fixture
def connection(postgresql, django_db_blocker):
    """One to PostgreSQL, whatever the tests run on."""
    kept, own = connections["default"], ConnectionHandler({"default": env.postgresql("to", postgresql)})["default"]
    connections["default"] = own
    with django_db_blocker.unblock():
        yield own
        own.close()
    connections["default"] = kept


def test_no_migration_that_came_later_holds_a_table_that_is_full(connection):
    loader = MigrationExecutor(connection).loader
    later = sorted(key for key in loader.disk_migrations if key[0] == "metrics" and key[1] > FOLDED)
    assert ("metrics", FOLDED) in loader.disk_migrations
    assert {key: found for key in later if (found := faults(statements(connection, loader.disk_migrations[key])))} == {}
    assert [key for key in later if in_one_transaction(loader.disk_migrations[key])] == []


def test_code_over_rows_runs_outside_of_one_transaction():
    class Over(migrations.Migration):
        operations = (migrations.RunPython(migrations.RunPython.noop),)

    class Apart(Over):
        atomic = False

    assert in_one_transaction(Over("over", "growing"))
    assert not in_one_transaction(Apart("apart", "growing"))
    assert not in_one_transaction(
        import_module("tests.kpiplatform.growing.migrations.0002_note").Migration("0002", "growing")
    )


CREATE = import_module("tests.kpiplatform.growing.migrations.0001_tables").Migration.operations[0]
SAFE = {
    "0002_note": migrations.AddField("Thing", "note", models.TextField(blank=True, default="", db_default="")),
    "may be empty": migrations.AddField("Thing", "also", models.FloatField(null=True)),
}
UNSAFE = {
    "CREATE_INDEX": migrations.AddIndex("Thing", models.Index(fields=["worth"], name="things_by_worth")),
    "ALTER_COLUMN": migrations.AlterField("Thing", "worth", models.DecimalField(max_digits=9, decimal_places=2)),
    "NOT_NULL": migrations.AddField("Thing", "also", models.FloatField(default=0.0)),  # what runs still gives none
    "DROP_COLUMN": migrations.RemoveField("Thing", "worth"),
    "RENAME_COLUMN": migrations.RenameField("Thing", "worth", "value"),
    "ADD_UNIQUE": migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["name"], name="one_name")),
    "ADD_CONSTRAINT": migrations.AddConstraint(
        "Thing", models.CheckConstraint(name="positive", condition=models.Q(worth__gt=0))
    ),
}


def test_the_guard_lets_pass_what_is_quick_and_finds_what_is_not(connection):
    for name, operation in SAFE.items():
        assert faults(made_of(connection, operation)) == set(), name
    for code, operation in UNSAFE.items():
        assert code in faults(made_of(connection, operation)), code
