"""A backup of database and store while everything runs, and back from it: all of it, or nothing is touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from kpiplatform import archive, dumping
from kpiplatform.tables import bring_up_to_date
from metrics import store
from metrics.services.recompute import stored
from metrics.services.writing import chain

STORE, ANCHORS = "store/", "audit/ANCHORS"


class Refused(Exception):
    """Nothing was done; the message says why, and what to do."""


def backup(path: Path) -> int:
    """Write the file, whole or not at all; give the number of stored files in it. Raises Refused."""
    if path.exists():
        raise Refused(f"{path} is there already; name another file")
    chain.link()
    try:
        with _whole_or_nothing(path) as file, archive.Writer(file) as writer, dumping.snapshot():
            about = {
                "made_at": timezone.now().isoformat(timespec="seconds"),
                "database": connection.vendor,
                "migrations": sorted(MigrationRecorder(connection).applied_migrations()),
                "columns": dumping.write(writer),
            }
            named = sorted(set(stored.named_files()))
            for digest in named:
                _add_stored(writer, digest)
            if chain.place().exists():
                with chain.place().open("rb") as anchors:
                    writer.add(ANCHORS, anchors)
            writer.seal(about)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}; nothing was written") from error
    return len(named)


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[IO[bytes]]:
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("xb") as file:
            partial.chmod(0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _add_stored(writer: archive.Writer, digest: str) -> None:
    try:
        with store.opened(digest) as file:
            if writer.add(f"{STORE}{digest}", file) != digest:
                raise Refused(f"the bytes of the stored file {digest} are not those that were stored")
    except store.Missing:
        raise Refused(f"a row names the stored file {digest}, and it is missing; restore it first") from None


def restore(path: Path, *, over: bool = False) -> int:
    """Make database and store what they were; give the number of stored files. Raises Refused, with nothing touched."""
    try:
        about = archive.verified(path)
    except archive.Damaged as damaged:
        raise Refused(str(damaged)) from damaged
    _require_readable(about)
    if not over and not dumping.empty():
        raise Refused("this installation is not empty; --over replaces all that is in it")
    digests = [name.removeprefix(STORE) for name in about["parts"] if name.startswith(STORE)]
    with archive.opened(path) as held:
        for digest in digests:
            # Files are named by their content: those that come first change nothing that is there.
            if store.put_open(archive.part(held, STORE + digest)) != digest:
                raise Refused(f"{STORE}{digest} is not what its name says")
        dumping.put_back(held, about)
        _put_anchors_back(archive.part(held, ANCHORS).read() if ANCHORS in about["parts"] else b"")
    bring_up_to_date()
    return len(digests)


def _require_readable(about: dict[str, Any]) -> None:
    if about["form"] != archive.FORM:
        raise Refused(f"the backup is of form {about['form']}, this version reads form {archive.FORM}")
    if about["database"] != connection.vendor:
        raise Refused(f"the backup is of {about['database']}, this installation is on {connection.vendor}")
    known = set(MigrationLoader(None).disk_migrations)
    newer = [f"{app}.{name}" for app, name in about["migrations"] if (app, name) not in known]
    if newer:
        raise Refused(f"the backup is of a newer version, which has {', '.join(newer)}; update this one first")


def _put_anchors_back(content: bytes) -> None:
    """Those of the backup; what was here is kept beside them, for it speaks of entries that were replaced."""
    place = chain.place()
    if place.exists() and place.read_bytes() != content:
        place.rename(place.with_name(f"ANCHORS.until-{timezone.now():%Y%m%dT%H%M%S}"))
    if content:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
