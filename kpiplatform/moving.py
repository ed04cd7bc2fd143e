"""An embedded installation moved to PostgreSQL: rows copied in one transaction and compared before it is committed.

Whatever ends it half way, a kill too, the target holds nothing of it, and the source is only read.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ConnectionHandler

from kpiplatform import dumping, env
from kpiplatform.backing_up import Refused
from kpiplatform.listening import nobody_serves
from metrics import store
from metrics.core.documents import canonical
from metrics.core.documents import digest as digest_of
from metrics.models.evaluation import Artifact
from metrics.queries.product import chain as links
from metrics.services.recompute import stored
from metrics.services.writing import chain
from metrics.services.writing.ledger import RESULTS

SOURCE = "source"
AT_ONCE = 2000
ALL = 2**256


@dataclass(frozen=True)
class Table:
    """What a table holds: how many rows, and a digest of all of them in any order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Moved:
    """tables: name → what it holds, here and there alike. results: figures and files whose documents bear their digests
    there. entries: of the audit that hold there; end: the digest of the last."""

    tables: dict[str, Table]
    results: int
    entries: int
    end: str


def move(address: str) -> Moved:
    """Copy every row of this embedded installation into an empty database at postgresql://…, and compare all of it.

    Raises Refused, with nothing there and nothing touched here.
    """
    if not settings.EMBEDDED:
        raise Refused("this installation is on PostgreSQL already; `manage.py backup` and `restore` take it elsewhere")
    try:
        config = env.postgresql("--to", address)
    except env.EnvError as error:
        raise Refused(str(error)) from error
    try:
        with _alone(), dumping.snapshot():
            applied = _up_to_date()
            _require_files()
            with _beside(config), transaction.atomic(), connection.cursor() as cursor:
                _require_empty(cursor)
                with dumping.made_anew(cursor, applied):
                    for model in dumping.models():
                        _copy(cursor, model)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                return _compared()
    except DatabaseError as error:
        raise Refused(f"PostgreSQL refuses it: {str(error).strip()}; nothing is there") from error


@contextmanager
def _alone() -> Iterator[None]:
    """No worker and no server of this installation runs or begins meanwhile: what they wrote would be left behind."""
    with (Path(settings.VAR_DIR) / "worker.lock").open("a") as lock, nobody_serves() as free:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not free:
                raise BlockingIOError
        except BlockingIOError:
            raise Refused("this installation runs; stop it first, for what it writes from now on would stay") from None
        yield


def _up_to_date() -> set[tuple[str, str]]:
    loader = MigrationLoader(connection)
    applied, known = set(loader.applied_migrations), set(loader.disk_migrations)
    if missing := sorted(f"{app}.{name}" for app, name in applied ^ known):
        raise Refused(f"its tables are not those of this version ({', '.join(missing)}); run `manage.py migrate` first")
    return applied


def _require_files() -> None:
    there = {file.name for file in store.files()}
    if lost := next((digest for digest in stored.named_files() if digest not in there), None):
        raise Refused(f"a row names the stored file {lost}, and it is missing; restore it first")


@contextmanager
def _beside(config: dict[str, Any]) -> Iterator[None]:
    """The target is the database of all that is asked within, and what was it is the source."""
    here = connections[DEFAULT_DB_ALIAS]
    there = ConnectionHandler({DEFAULT_DB_ALIAS: config})[DEFAULT_DB_ALIAS]
    connections[SOURCE], connections[DEFAULT_DB_ALIAS] = here, there
    try:
        yield
    finally:
        there.close()
        connections[DEFAULT_DB_ALIAS] = here
        del connections[SOURCE]


def _require_empty(cursor: Any) -> None:
    ours = {str(model._meta.db_table) for model in dumping.models()}
    foreign = sorted(set(connection.introspection.table_names(cursor)) - ours)
    if foreign:
        raise Refused(f"the target holds other tables ({', '.join(foreign[:3])}); give a database of its own")
    if not dumping.empty():
        raise Refused("the target is not empty; give an empty database, nothing that is in one is replaced")


def _fields(model: Any) -> list[Any]:
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def _rows(model: Any, alias: str) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in _fields(model)]
    found: Iterator[tuple[Any, ...]] = model._base_manager.using(alias).order_by().values_list(*names).iterator(AT_ONCE)
    return found


def _copy(cursor: Any, model: Any) -> None:
    fields = _fields(model)
    with dumping.copy_in(cursor, model._meta.db_table, [field.column for field in fields]) as to:
        for row in _rows(model, SOURCE):
            given = zip(fields, row, strict=True)
            to.write_row([field.get_db_prep_save(value, connection) for field, value in given])


def _compared() -> Moved:
    """What both hold; raises Refused where it is not the same, so that nothing of it is committed."""
    tables = {}
    for model in dumping.models():
        name, here, there = model._meta.db_table, *(_held(_rows(model, alias)) for alias in (SOURCE, DEFAULT_DB_ALIAS))
        if here != there:
            raise Refused(
                f"{name}: {here.rows:,} rows here and {there.rows:,} there are not the same; nothing was moved"
            )
        tables[name] = there
    results = sum(_bearing(model) for model in (*RESULTS, Artifact))
    if faults := chain.verified(chain.anchors()):
        raise Refused(f"the audit does not hold there: {'; '.join(faults)[:400]}; nothing was moved")
    end = links.last()
    return Moved(tables, results, end.number if end else 0, end.digest if end else "")


def _held(rows: Iterable[tuple[Any, ...]]) -> Table:
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(canonical([_plain(value) for value in row])).digest(), "big")
    return Table(count, f"{total % ALL:064x}")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str | dict | list) else str(value)


def _bearing(model: Any) -> int:
    """How many documents bear the digest of what they say, as PostgreSQL gives them back: all, or Refused."""
    count = 0
    for digest, document in model._base_manager.order_by().values_list("digest", "document").iterator(AT_ONCE):
        if digest_of(document) != digest:
            raise Refused(f"the document {digest} says something else there; nothing was moved")
        count += 1
    return count
