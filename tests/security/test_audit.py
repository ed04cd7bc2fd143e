"""The audit only grows: the database itself refuses to change, delete or empty it, whoever asks."""

import pytest
from django.db import DatabaseError, connection, transaction

from metrics import access
from metrics.models.product import AuditEntry, User
from metrics.queries.product.audit import audit
from metrics.services.kpi import kpis
from metrics.services.product.tokens import create_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("S8")]

TABLE = AuditEntry._meta.db_table


@pytest.fixture
def entry(append_only, manager, product):
    kpis.create_kpi(manager, product, key="hit_rate", name="Hits", unit="share")
    return AuditEntry.objects.get(action="kpi.create")


def refused(act):
    before = list(AuditEntry.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    assert list(AuditEntry.objects.order_by("pk").values()) == before


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_entry_is_written_and_names_who_did_what_to_which_thing(entry, product, manager):
    assert (entry.actor, entry.action, entry.subject, entry.product) == (
        f"person {manager.pk}",
        "kpi.create",
        "hit_rate",
        product.slug,
    )
    assert entry in audit(product)


def test_no_entry_is_changed_through_a_model(entry):
    entry.actor = "somebody else"
    refused(entry.save)
    refused(lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor="somebody else"))


def test_no_entry_is_deleted_through_a_model(entry):
    refused(entry.delete)
    refused(lambda: AuditEntry.objects.all().delete())


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE {TABLE} SET actor = 'somebody else'",
        f"UPDATE {TABLE} SET detail = '{{}}' WHERE action = 'kpi.create'",
        f"DELETE FROM {TABLE}",
        f"DELETE FROM {TABLE} WHERE action = 'kpi.create'",
    ],
)
def test_no_entry_is_changed_or_deleted_by_sql(entry, sql):
    refused(lambda: execute(sql))


def test_the_audit_is_not_emptied_either(entry):
    if connection.vendor == "postgresql":
        refused(lambda: execute(f"TRUNCATE {TABLE}"))
    else:
        refused(lambda: execute(f"DELETE FROM {TABLE}"))  # SQLite knows no TRUNCATE; this is what it has instead


def test_an_entry_put_in_the_place_of_another_is_refused(entry):
    columns = ", ".join(field.column for field in AuditEntry._meta.fields)
    values = {"id": f"'{entry.pk}'", "detail": "'{}'", "created_at": "CURRENT_TIMESTAMP"}
    row = ", ".join(values.get(field.column, "'x'") for field in AuditEntry._meta.fields)
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(f"INSERT INTO {TABLE} ({columns}) VALUES ({row})")
    if connection.vendor == "sqlite":
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(f"INSERT OR REPLACE INTO {TABLE} ({columns}) VALUES ({row})")
    assert AuditEntry.objects.get(pk=entry.pk).actor == entry.actor


def test_deleting_a_person_or_a_product_leaves_the_audit_as_it_was(entry, make_product, admin, people):

    gone = User.objects.create_user("gone", password="a-long-password")

    create_token(gone, name="laptop")
    before, mark = AuditEntry.objects.count(), gone.mark
    gone.delete()
    assert AuditEntry.objects.count() == before
    assert AuditEntry.objects.filter(actor=mark).exists()


def test_a_refused_act_leaves_no_entry(entry, scientist, product):

    before = AuditEntry.objects.count()
    with pytest.raises(access.Denied):
        kpis.create_kpi(scientist, product, key="other", name="Other", unit="share")
    assert AuditEntry.objects.count() == before


def test_nobody_finds_a_way_to_the_audit_in_the_admin(entry, admin, client):
    client.force_login(admin)
    for path in ("/admin/metrics/auditentry/add/", f"/admin/metrics/auditentry/{entry.pk}/delete/"):
        assert client.post(path, {"post": "yes"}).status_code in (403, 404)
    assert AuditEntry.objects.filter(pk=entry.pk).exists()
