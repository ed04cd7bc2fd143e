"""The chain of the audit finds what was changed, removed, put in, moved and cut off, whoever did it in the database."""

import hashlib
import io
import json
import secrets
import threading
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from metrics.models.product import AuditEntry, AuditLink, User
from metrics.models.row import new_id
from metrics.models.work import Work
from metrics.queries.product import chain as queries
from metrics.services.recompute import work
from metrics.services.writing import audit, chain

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S8")]

TODAY = date(2026, 11, 30)


@pytest.fixture
def entries(settings, tmp_path):
    """Six entries of a manager, linked and anchored; the triggers are off, as for who owns the database."""
    settings.VAR_DIR = tmp_path
    manager = User.objects.create_user("boss")
    for number in range(1, 7):
        audit.record(manager, "kpi.create", f"kpi_{number}", months=number, share=0.1 * number, big=1e22, name="Größe")
    assert chain.link() == 6
    chain.anchor(today=TODAY)
    return list(AuditEntry.objects.order_by("created_at", "pk"))


def faults():
    return chain.verified(chain.anchors())


def verify(*arguments):
    """(exit code, what is printed)"""
    out = io.StringIO()
    try:
        call_command("audit", "verify", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_what_was_written_holds_and_says_how_far(entries):
    code, said = verify()
    assert code == 0
    assert said.startswith("6 entries hold, the last as ")
    assert "1 anchors, the newest of 2026-11-30 at number 6" in said
    assert list(AuditLink.objects.values_list("entry", flat=True)) == [entry.pk for entry in entries]


@pytest.mark.parametrize(
    "changed",
    [
        {"actor": "somebody"},
        {"subject": "kpi_4"},
        {"product": "calls"},
        {"detail": {}},
        {"created_at": timezone.now()},
        {"seal": "0" * 64},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_entry_is_found_and_named(entries, changed):
    AuditEntry.objects.filter(pk=entries[2].pk).update(**changed)
    code, said = verify()
    assert code == 1
    (line,) = said.splitlines()
    assert line.startswith(f"number 3: entry {entries[2].pk}")
    assert "was changed" in line


def test_a_removed_entry_is_found_and_its_link_too(entries):
    AuditEntry.objects.filter(pk=entries[3].pk).delete()
    assert faults() == [f"number 4: its entry {entries[3].pk} was removed"]
    AuditLink.objects.filter(number=4).delete()
    assert faults() == ["number 4 was removed from the chain"]


def test_what_is_put_in_is_found_linked_or_not(entries):
    forged = AuditEntry.objects.create(actor="boss", action="kpi.create", subject="x", created_at=entries[2].created_at)
    (said,) = faults()
    assert said == f"no number: entry {forged.pk} (boss kpi.create x) was put in, and not by the platform"
    link = AuditLink(number=7, entry=forged.pk, previous=queries.last().digest)
    link.digest = queries.linked(forged, number=7, previous=link.previous)["digest"]
    link.save(force_insert=True)  # by somebody who knows the form of the chain
    (said,) = faults()
    assert said.startswith(f"number 7: entry {forged.pk}")
    with pytest.raises(chain.Broken, match=forged.pk):
        chain.anchor(today=TODAY + timedelta(days=1))
    assert len(chain.anchors()) == 1


def test_two_entries_in_each_other_s_place_are_found(entries):
    AuditLink.objects.filter(number=2).update(entry=new_id())
    AuditLink.objects.filter(number=5).update(entry=entries[1].pk)
    AuditLink.objects.filter(number=2).update(entry=entries[4].pk)
    found = faults()
    assert [one.partition(":")[0] for one in found] == ["number 2", "number 5"]
    assert all("in another's place" in one for one in found)


def test_the_last_entries_cut_off_with_their_links_are_found_by_the_anchor(entries):
    AuditLink.objects.filter(number__gt=4).delete()
    AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries[4:]]).delete()
    assert faults() == ["numbers 5 to 6 were removed from the end: the anchor of 2026-11-30 holds number 6"]
    assert list(queries.faults()) == []  # the chain alone does not know


def test_a_chain_that_is_written_anew_over_a_changed_entry_is_found_by_the_anchor(entries):
    AuditEntry.objects.filter(pk=entries[0].pk).update(actor="somebody")
    AuditLink.objects.all().delete()
    previous = ""
    for number, entry in enumerate(AuditEntry.objects.order_by("created_at", "pk"), 1):
        digest = queries.linked(entry, number=number, previous=previous)["digest"]
        AuditLink.objects.create(number=number, entry=entry.pk, previous=previous, digest=digest)
        previous = digest
    assert faults() == ["number 6 is not that of the anchor of 2026-11-30: the chain was written anew"]


def test_the_anchors_are_held_to_a_copy_from_elsewhere(entries, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(chain.place().read_bytes())
    AuditLink.objects.filter(number=6).delete()
    AuditEntry.objects.filter(pk=entries[5].pk).delete()
    chain.place().unlink()
    code, said = verify()
    assert code == 0
    assert "so the end is held by nothing" in said
    assert verify("--anchors", str(copy))[0] == 1
    for wrong, why in ((tmp_path / "none", "no such file"), (tmp_path / "bad", "line 1")):
        (tmp_path / "bad").write_text("2026-11-30 six abc\n")
        with pytest.raises(CommandError, match=why) as refused:
            verify("--anchors", str(wrong))
        assert refused.value.returncode == 2


def test_an_anchor_is_written_once_a_day_by_the_periodic_work(entries, monkeypatch):
    for kind in ("audit_link", "audit_anchor", "audit_anchor"):
        todo = Work.objects.create(kind=kind, scope=secrets.token_hex(4))
        audit.record(User.objects.get(username="boss"), "kpi.delete", "late")
        work.perform(todo.pk)
        todo.refresh_from_db()
        assert todo.state == "done", todo.error
    today = timezone.now().date()
    assert [(one.day, one.number) for one in chain.anchors()] == [(TODAY, 6)] + ([(today, 8)] if today > TODAY else [])
    assert AuditLink.objects.count() == 9
    assert faults() == []


def test_the_database_lets_a_link_be_added_and_nothing_else(entries, append_only):
    added = {"number": 7, "entry": new_id(), "previous": "x", "digest": "y"}
    refused = [
        lambda: AuditLink.objects.filter(number=6).update(digest="y"),
        lambda: AuditLink.objects.filter(number=6).delete(),
        lambda: AuditEntry.objects.filter(pk=entries[0].pk).update(seal=""),
    ]
    if connection.vendor == "sqlite":
        refused += [lambda: replaced(6, new_id()), lambda: replaced(8, entries[0].pk)]
    for act in refused:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    AuditLink.objects.create(**added)
    assert AuditLink.objects.count() == 7


def replaced(number, entry):
    with connection.cursor() as cursor:
        cursor.execute("INSERT OR REPLACE INTO metrics_auditlink VALUES (%s, %s, '', '')", [number, entry])


@pytest.mark.django_db(transaction=True)
def test_linkers_at_once_make_one_chain_and_writers_wait_for_none(entries):
    boss, linked = User.objects.get(username="boss"), []

    def write():
        for number in range(25):
            audit.record(boss, "kpi.update", f"kpi_{number}")
        connections.close_all()

    def link():
        for _ in range(10):
            linked.append(chain.link())
        connections.close_all()

    threads = [threading.Thread(target=act) for act in (write, link, write, link)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(linked) + chain.link() == 50
    assert list(AuditLink.objects.values_list("number", flat=True)) == list(range(1, 57))
    assert faults() == []


def test_an_entry_of_a_transaction_that_lasts_is_linked_when_it_ends(entries):
    with transaction.atomic():
        audit.record(User.objects.get(username="boss"), "kpi.update", "slow")
        transaction.set_rollback(True)
    assert chain.link() == 0
    assert AuditLink.objects.count() == 6


def test_a_line_of_the_chain_is_verified_by_anybody_who_can_digest(entries):
    link, entry = next(queries.walked())
    line = json.loads(json.dumps(queries.linked(entry, number=link.number, previous=link.previous)))
    stated = line.pop("digest")
    assert hashlib.sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == stated


def test_every_entry_of_a_whole_chain_of_work_is_sealed_as_it_comes_back(world):
    assert list(queries.foreign(after=0)) == []
    assert AuditEntry.objects.count() > 10
