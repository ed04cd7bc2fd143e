"""Owners are warned 30 and 7 days before an assumption expires, and when it has; once each, and by mail."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from metrics import access, jobs
from metrics.management.commands.dispatch import put_periodic
from metrics.models.delivery import Delivery
from metrics.models.notice import Notice
from metrics.models.product import User
from metrics.models.work import Work
from metrics.queries.product import notices as queries
from metrics.services.delivery import notices
from metrics.services.kpi import kpis
from metrics.services.product.products import add_member
from metrics.services.recompute import work
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

POINT = {"kind": "point", "value": 0.4}


def day(after):
    return timezone.localdate() + timedelta(days=after)


@pytest.fixture
def assumed(manager, product):
    """Makes an assumption that holds for so many days."""

    def make(days, *, owner="", key="offer"):
        until = None if days is None else day(days)
        return kpis.create_assumption(
            manager,
            product,
            key=key,
            name=key,
            unit="share",
            distribution=POINT,
            owner=owner,
            source="s",
            valid_until=until,
        )

    return make


def look():
    work = jobs.put("notices", f"by hand {Work.objects.count()}")
    notices.write_due(work)
    return Work.objects.get(pk=work.pk).result


def send():
    """Send the letters that are owed."""
    for row in Work.objects.filter(kind="delivery").exclude(state__in=["done", "parked"]):
        work.perform(row.pk)


def kinds(user):
    return list(queries.of(user).order_by("created_at").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("left", "kind"),
    [(31, ""), (30, "expires_30"), (8, "expires_30"), (7, "expires_7"), (0, "expires_7"), (-1, "expired")],
)
def test_a_warning_is_due_thirty_and_seven_days_before_and_the_day_after(left, kind):
    today = date(2026, 11, 23)
    assert notices.kind_of(today + timedelta(days=left), today) == kind


def test_the_whole_way_to_an_expiry_warns_three_times_and_no_oftener(assumed, manager, monkeypatch):
    version = assumed(40)
    started, told = timezone.now(), {}
    for passed in range(60):
        monkeypatch.setattr(timezone, "now", lambda at=passed: started + timedelta(days=at))
        look()
        look()
        told.setdefault(tuple(kinds(manager)), passed)
    third = ("expires_30", "expires_7", "expired")
    assert told == {(): 0, third[:1]: 10, third[:2]: 33, third: 41}
    first, _, last = queries.of(manager).order_by("created_at")
    assert f"{version.valid_until:%-d %b %Y}" in first.text
    assert "graded D" in last.text


@pytest.mark.parametrize("owner", ["scientist", "SCIENTIST", "s@example.org", " scientist "])
def test_the_owner_is_found_by_name_or_mail(assumed, manager, scientist, owner):
    User.objects.filter(pk=scientist.pk).update(email="s@example.org")
    assumed(5, owner=owner)
    look()
    assert (kinds(scientist), kinds(manager)) == (["expires_7"], [])


@pytest.mark.parametrize("owner", ["", "sales", "outsider"])
def test_where_the_owner_is_no_member_all_managers_are_told(assumed, product, admin, people, owner):
    other = User.objects.create_user("manager2")
    add_member(admin, product, username="manager2", role="project_manager")
    assumed(5, owner=owner)
    look()
    assert kinds(people["manager"]) == kinds(other) == ["expires_7"]
    assert [kinds(people[name]) for name in ("scientist", "executive", "outsider", "admin")] == [[], [], [], []]


def test_what_has_no_end_or_a_far_one_warns_nobody(assumed):
    assumed(None)
    assumed(31, key="later")
    assert look()["due"] == 0
    assert not Notice.objects.exists()


def test_a_new_version_settles_what_was_said_of_the_old_one(assumed, manager, product):
    version = assumed(5)
    look()
    assert queries.unread(manager).count() == 1
    kpis.update_assumption(manager, version.assumption, distribution=POINT, source="s", valid_until=day(400))
    look()
    assert queries.unread(manager).count() == 0
    assert queries.of(manager).count() == 1


def test_a_renewal_that_is_too_short_warns_anew(assumed, manager):
    version = assumed(5)
    look()
    kpis.update_assumption(manager, version.assumption, distribution=POINT, source="s", valid_until=day(20))
    look()
    assert kinds(manager) == ["expires_7", "expires_30"]
    assert queries.unread(manager).count() == 1


def test_a_later_warning_replaces_an_earlier_unread_one(assumed, manager, monkeypatch):
    assumed(20)
    look()
    later = timezone.now() + timedelta(days=14)
    monkeypatch.setattr(timezone, "now", lambda: later)
    look()
    assert list(queries.unread(manager).values_list("kind", flat=True)) == ["expires_7"]


def test_each_person_with_an_address_gets_one_mail_with_all_and_none_twice(assumed, manager, settings):
    settings.URL_BASE = "https://kpi.example.org"
    User.objects.filter(pk=manager.pk).update(email="m@example.org")
    assumed(5)
    assumed(-3, key="keep_rate")
    assert look() == {"due": 2, "mailed": 1}
    send()
    (letter,) = mail.outbox
    assert letter.to == ["m@example.org"]
    assert "2 things to look at" in letter.subject
    assert "https://kpi.example.org/p/cancellation-calls/assumptions/keep_rate/" in letter.body
    look()
    send()
    assert len(mail.outbox) == 1


def test_one_notice_alone_is_the_subject_of_its_mail(assumed, manager):
    User.objects.filter(pk=manager.pk).update(email="m@example.org")
    assumed(5)
    look()
    send()
    assert mail.outbox[0].subject == f"offer holds until {day(5):%-d %b %Y}"


def test_who_has_no_address_is_told_on_the_page_alone(assumed, manager):
    assumed(5)
    assert look() == {"due": 1, "mailed": 0}
    assert queries.unread(manager).count() == 1


def test_a_mail_that_fails_is_tried_again_with_the_notice_kept(assumed, manager, settings):
    User.objects.filter(pk=manager.pk).update(email="m@example.org")
    assumed(5)

    look()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    send()
    assert queries.unread(manager).count() == 1
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        send()
        assert len(server.taken) == 1


def test_what_was_read_before_it_went_is_not_mailed(assumed, manager):
    User.objects.filter(pk=manager.pk).update(email="m@example.org")
    assumed(5)
    look()
    notices.read_all(manager)
    send()
    assert mail.outbox == []
    assert Delivery.objects.get().why == "all of it was read, or may not be seen any more"


def test_an_archived_product_warns_nobody(assumed, product):
    assumed(5)
    type(product).objects.filter(pk=product.pk).update(archived_at=timezone.now())
    assert look()["due"] == 0


def test_a_notice_is_read_by_its_owner_alone(assumed, manager, scientist):
    assumed(5)
    look()
    notice = queries.of(manager).get()
    with pytest.raises(access.Hidden):
        notices.read(scientist, notice)
    with pytest.raises(access.Hidden):
        queries.one(scientist, notice.pk)
    notices.read(manager, notice)
    assert queries.unread(manager).count() == 0


def test_who_left_the_product_finds_its_notices_no_more(assumed, manager, product):
    assumed(5)
    look()
    product.memberships.filter(user=manager).delete()
    assert queries.of(manager).count() == 0
    assert notices.read_all(manager) == 1


def test_a_worker_does_it_as_periodic_work(assumed, manager, compute):

    assumed(5)
    put_periodic(now=timezone.now())
    compute()
    assert kinds(manager) == ["expires_7"]
