"""The drill: a backup while others write, brought back to the byte; and what is refused before anything is touched."""

import contextlib
import hashlib
import io
import json
import secrets
import shutil
import sqlite3
import tarfile
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from kpiplatform import archive, backing_up, dumping
from metrics import store
from metrics.models.evaluation import Artifact
from metrics.models.product import AuditEntry
from metrics.services.product import two_factor
from metrics.services.recompute import stored
from metrics.services.writing import audit, chain
from tests.authenticator import App
from tests.snapshot import Snapshot

TYPES = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES  # as Django reads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def installation(append_only, world, settings, tmp_path):
    """A whole chain of work, with the triggers of the audit."""
    settings.VAR_DIR = tmp_path / "var"
    world.app = App(world.people["scientist"])
    chain.link()
    chain.anchor(today=world.target.created_at.date())
    return world


def rows(path):
    """Table → its rows, as the backup holds them."""
    with archive.opened(path) as held:
        if connection.vendor == "postgresql":
            names = [name for name in held.getnames() if name.startswith("tables/")]
            return {
                name.removeprefix("tables/"): sorted(archive.part(held, name).read().splitlines()) for name in names
            }
        file = path.with_suffix(".sqlite3")
        file.write_bytes(archive.part(held, dumping.FILE).read())
    with contextlib.closing(sqlite3.connect(file, detect_types=TYPES)) as copy:
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(map(repr, copy.execute(f'SELECT * FROM "{name}"'))) for name in tables}


def present():
    """Table → its rows now, read in another way."""
    taken = Snapshot.taken().tables
    if connection.vendor == "postgresql":
        return {name: sorted(content.splitlines()) for name, content in taken.items()}
    return {name: sorted(map(repr, content)) for name, content in taken.items()}


def files():
    return {file.name: hashlib.sha256(store.get(file.name)).hexdigest() for file in store.files()}


@pytest.mark.promise("R12")
def test_a_backup_made_while_others_write_comes_back_byte_equal_and_of_one_moment(installation, tmp_path, settings):
    stop, path, manager = threading.Event(), tmp_path / "kpi.backup", installation.people["manager"]

    def write(begun):
        while not stop.is_set():
            digest = store.put(secrets.token_bytes(300))
            with transaction.atomic():
                Artifact.objects.create(digest=digest, document={}, file=digest, size=300)
                audit.record(manager, "model.create", digest, product=installation.product)
            begun.set()
            stop.wait(0.01)
        connections.close_all()

    events = [threading.Event() for _ in range(2)]
    threads = [threading.Thread(target=write, args=[event]) for event in events]
    for thread in threads:
        thread.start()
    for event in events:
        event.wait(30)
    try:
        call_command("backup", str(path), stdout=io.StringIO())
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    held = rows(path)
    written = Artifact.objects.count()
    Artifact.objects.all().delete()
    shutil.rmtree(settings.STORE_DIR)

    call_command("restore", str(path), "--over", stdout=io.StringIO())
    now = present()
    assert set(now) <= set(held)
    assert [name for name, found in now.items() if found != held[name]] == []
    named = set(stored.named_files())
    assert files() == {digest: digest for digest in named}
    ours = set(AuditEntry.objects.filter(action="model.create", subject__in=named).values_list("subject", flat=True))
    assert ours == set(Artifact.objects.filter(size=300, document={}).values_list("file", flat=True))
    assert 2 <= len(ours) <= written
    assert chain.verified(chain.anchors()) == []
    assert len(chain.anchors()) == 1
    app = installation.app
    assert two_factor.proved(app.person, app.code(), "203.0.113.7")
    assert two_factor.proved(app.person, app.recovery[0], "203.0.113.7")
    audit.record(manager, "model.create", "after", product=installation.product)  # its sequences and triggers are there
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.fixture
def made(installation, tmp_path):
    path = tmp_path / "kpi.backup"
    backing_up.backup(path)
    return path


def refused(path, match, **options):
    before, stored = present(), files()
    with pytest.raises(CommandError, match=match) as error:
        call_command("restore", str(path), **options)
    assert error.value.returncode == 2
    assert (present(), files()) == (before, stored)


def test_one_byte_off_is_refused_with_the_name_of_its_part_wherever_it_is(made, tmp_path):
    good, digest = made.read_bytes(), sorted(stored.named_files())[0]
    with tarfile.open(made) as tar:
        parts = {info.name: info for info in tar}
    first = next(name for name, info in parts.items() if info.size)
    in_store, manifest = parts[f"store/{digest}"], parts[archive.MANIFEST]
    places = {
        parts[first].offset_data + parts[first].size // 2: first,
        in_store.offset_data: f"store/{digest}",
        in_store.offset + 20: "manifest|frame|missing|no manifest",  # the name in its header
        manifest.offset_data + manifest.size + 1: "between or behind",
        manifest.offset_data + 20: "manifest|frame",
        len(good) - 5: "between or behind",
    }
    damaged = tmp_path / "damaged"
    for place, name in places.items():
        damaged.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        refused(damaged, name, over=True)
    damaged.write_bytes(good[: len(good) // 2])
    refused(damaged, "no backup", over=True)


def test_an_installation_that_is_not_empty_is_not_replaced_unless_told(made):
    refused(made, "is not empty; --over replaces")


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (
            {"migrations": [["metrics", "0001_tables"], ["metrics", "9999_later"]]},
            "newer version, which has metrics.9999_later",
        ),
        ({"database": "another"}, "the backup is of another"),
        ({"form": 9}, "form 9, this version reads form 1"),
    ],
)
def test_a_backup_of_another_version_or_database_is_refused(made, tmp_path, other, match):
    about = archive.verified(made)
    with (tmp_path / "other").open("wb") as file, archive.Writer(file) as writer:
        writer.add(dumping.FILE, io.BytesIO(b""))
        writer.seal({name: about[name] for name in ("database", "migrations", "columns")} | other)
    refused(tmp_path / "other", match, over=True)


def test_a_stored_file_that_a_row_names_and_that_is_missing_or_changed_is_an_error_of_the_backup(made, tmp_path):
    digest = sorted(stored.named_files())[0]
    store.path(digest).write_bytes(b"other")
    for match in ("not those that were stored", "it is missing"):
        with pytest.raises(CommandError, match=match) as error:
            call_command("backup", str(tmp_path / "second"))
        assert digest in str(error.value)
        for held in store.files():
            if held.name == digest:
                store.storage().delete(held)
    assert not list(tmp_path.glob("*second*"))
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(made))


def test_the_manifest_lists_each_part_with_its_digest(made):
    with archive.opened(made) as held:
        listed = json.load(archive.part(held, archive.MANIFEST))["parts"]
        assert set(listed) == set(held.getnames()) - {archive.MANIFEST}
        for name, digest in listed.items():
            assert hashlib.sha256(archive.part(held, name).read()).hexdigest() == digest
    assert made.stat().st_mode & 0o077 == 0
