"""Work that stopped, as an administrator sees it: what, why, since when; tried again one by one or kind by kind."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics import jobs
from metrics.models.product import AuditEntry
from metrics.models.work import Work
from metrics.services.recompute import work as recompute
from reports import tasks
from reports.pages.home.parked import SHOWN
from reports.words.trail import told
from reports.words.work import KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def administering(client: Client, admin) -> Client:
    client.force_login(admin)
    return client


def parked(kind: str, scope: str, error: str = "MemoryError: out of memory", **known) -> Work:
    now = timezone.now()
    given = {"attempts": 5, "done_at": now - timedelta(hours=3), "created_at": now - timedelta(days=2)} | known
    return Work.objects.create(kind=kind, scope=scope, state="parked", error=error, **given)


def shown(client: Client) -> str:
    return " ".join(client.get("/work/").content.decode().split())


def test_every_kind_of_work_has_its_words() -> None:
    assert set(KINDS) == {*recompute.DO, *tasks.DO}


def test_what_stopped_is_told_with_its_product_its_attempts_its_error_and_its_request(administering, product) -> None:
    parked("risk", "0f3a", product=product, request_id="checkout-1")
    text = shown(administering)
    assert "1 piece of work stopped" in text
    for said in ("Assessing revenue at risk", "0f3a", str(product), "MemoryError: out of memory", "request checkout-1"):
        assert said in text
    for label, said in (("Attempts", "5"), ("Asked for", "2 days ago"), ("Stopped", "3 h ago")):
        assert f'data-label="{label}"' in text
        assert f">{said}</td>" in text
    assert "Try all" not in text


def test_a_long_error_is_there_whole(administering) -> None:
    parked("sweep", "x", error="a" * 250 + " and its end")
    assert "and its end" in shown(administering)


def test_the_newest_of_a_kind_are_shown_and_the_rest_is_counted(administering) -> None:
    for number in range(SHOWN + 2):
        parked("verify", f"receipt-{number:02}", done_at=timezone.now() - timedelta(minutes=number))
    text = shown(administering)
    assert f"Try all {SHOWN + 2} again" in text
    assert "And 2 older of it." in text
    assert ("receipt-00" in text, f"receipt-{SHOWN}" in text) == (True, False)


def test_all_of_a_kind_is_tried_again_and_no_other_and_the_audit_says_so(administering, product, admin) -> None:
    for scope in ("one", "two"):
        parked("risk", scope, product=product)
    parked("risk", "of the house")
    other = parked("verify", "x")
    answer = administering.post(reverse("work-retry-kind", args=["risk"]), follow=True)
    assert "3 of it are in line again." in answer.content.decode()
    assert set(Work.objects.filter(kind="risk").values_list("state", "attempts")) == {("due", 0)}
    other.refresh_from_db()
    assert other.state == "parked"
    entries = {entry.product: entry for entry in AuditEntry.objects.filter(action="work.retry")}
    assert {of: entry.detail["count"] for of, entry in entries.items()} == {product.slug: 2, "": 1}
    assert sorted(entries[product.slug].detail["scopes"]) == ["one", "two"]
    assert (
        told(entries[""], {}, {entries[""].actor: admin.username})
        == f"{admin.username} had work tried again that had stopped: risk"
    )
    assert (
        "None of it is parked"
        in administering.post(reverse("work-retry-kind", args=["risk"]), follow=True).content.decode()
    )


def test_one_that_is_tried_again_is_in_the_audit_and_one_that_is_not_parked_is_not(administering, product) -> None:
    work = parked("risk", "one", product=product)
    for _ in range(2):
        administering.post(f"/work/{work.pk}/retry/")
    (entry,) = AuditEntry.objects.filter(action="work.retry")
    assert (entry.subject, entry.product, entry.detail) == ("risk", product.slug, {"scopes": ["one"], "count": 1})


def test_what_was_archived_is_neither_listed_nor_tried_again(administering, product) -> None:
    work = parked("risk", "one", product=product)
    product.archived_at = timezone.now()
    product.save()
    assert "All work goes on by itself" in shown(administering)
    administering.post(reverse("work-retry-kind", args=["risk"]))
    work.refresh_from_db()
    assert work.state == "parked"


@pytest.mark.parametrize(("minutes", "late"), [(4, False), (6, True)])
def test_work_that_waits_too_long_is_told(administering, minutes, late) -> None:
    work = jobs.put("verify", "x")
    Work.objects.filter(pk=work.pk).update(due_at=timezone.now() - timedelta(minutes=minutes))
    text = shown(administering)
    assert ("Work is late" in text, "look whether dispatcher and workers run" in text) == (late, late)
    assert ("All work goes on by itself" in text) != late


@pytest.mark.parametrize("name", ["manager", "scientist", "executive", "outsider"])
def test_nobody_else_tries_work_again(people, client, name) -> None:
    work = parked("risk", "one")
    client.force_login(people[name])
    assert client.post(reverse("work-retry-kind", args=["risk"])).status_code == 403
    work.refresh_from_db()
    assert (work.state, AuditEntry.objects.filter(action="work.retry").count()) == ("parked", 0)
