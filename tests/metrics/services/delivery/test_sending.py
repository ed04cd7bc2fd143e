"""A subscription that comes due is a row of the ledger, and one real mail; what may not go any more does not."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from metrics import jobs
from metrics.models.delivery import Delivery, Subscription
from metrics.models.product import Membership, User
from metrics.models.work import Work
from metrics.services.delivery import ledger, schedule, subscriptions
from metrics.services.recompute import work
from metrics.services.writing.refusal import Conflict
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

State = Delivery.State


@pytest.fixture
def reader(executive):
    User.objects.filter(pk=executive.pk).update(email="executive@example.org")
    executive.refresh_from_db()
    return executive


@pytest.fixture
def weekly(reader, product):
    given = {"what": "portfolio", "rule": "weekly", "day": 0, "at": time(7), "time_zone": "Europe/Lisbon"}
    return subscriptions.save(reader, **given)


def come_due(held, *, weeks=1):
    """As if it had not been looked at for so many weeks, in each of which it was due once."""
    first = held.when.next_after(timezone.now() - timedelta(weeks=weeks))
    Subscription.objects.filter(pk=held.pk).update(next_at=first.moment)
    schedule.put_due(now=timezone.now())
    return list(Delivery.objects.filter(subscription=held).order_by("due_at"))


def do_all():
    """Do all work of deliveries that is open, whenever it is due."""
    for row in Work.objects.filter(kind="delivery").exclude(state__in=["done", "parked"]):
        work.perform(row.pk)


def test_what_comes_due_is_one_row_and_one_real_mail(weekly, server):
    rows = come_due(weekly)
    assert rows
    do_all()
    row = Delivery.objects.get(pk=rows[-1].pk)
    assert (row.state, row.tries, server.ids) == (State.SENT, 1, [row.sent_as])
    (letter,) = server.taken
    assert letter["To"] == "executive@example.org"
    assert letter["Subject"] == row.title
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {part.get_content_type() for part in letter.walk()} >= {"text/plain", "text/html"}


def test_a_second_look_at_the_same_moment_makes_no_second_row(weekly):
    rows = come_due(weekly)
    Subscription.objects.filter(pk=weekly.pk).update(next_at=rows[0].due_at)
    schedule.put_due(now=timezone.now())
    assert Delivery.objects.filter(subscription=weekly).count() == len(rows)


def test_the_next_one_is_at_the_hour_of_the_reader_whatever_the_clocks_do(reader, product, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 27, 12, tzinfo=UTC))
    given = {"what": "portfolio", "rule": "weekly", "day": 0, "at": time(7), "time_zone": "Europe/Lisbon"}
    held = subscriptions.save(reader, **given)
    assert held.next_at == datetime(2026, 3, 30, 6, tzinfo=UTC)  # summer time since the 29th


def test_after_an_outage_the_newest_goes_and_the_others_are_said_to_be_too_old(weekly, server):
    rows = come_due(weekly, weeks=4)
    do_all()
    states = [row.state for row in Delivery.objects.filter(subscription=weekly).order_by("due_at")]
    assert states == [State.NOT_SENT] * (len(rows) - 1) + [State.SENT]
    assert len(server.taken) == 1


@pytest.mark.promise("S13")
@pytest.mark.parametrize(
    ("happens", "why"),
    [
        ("paused", "it was paused before it went"),
        ("deleted", "it was deleted before it went"),
        ("left", "executive may see no product any more"),
        ("inactive", "executive may not sign in any more"),
        ("no address", "executive has no mail address"),
    ],
)
def test_what_may_not_go_at_the_moment_of_sending_does_not(weekly, server, reader, happens, why):
    come_due(weekly)
    if happens == "paused":
        subscriptions.pause(reader, weekly, paused=True)
    elif happens == "deleted":
        subscriptions.delete(reader, weekly)
    elif happens == "left":
        Membership.objects.filter(user=reader).delete()
    elif happens == "inactive":
        User.objects.filter(pk=reader.pk).update(is_active=False)
    else:
        User.objects.filter(pk=reader.pk).update(email="")
    do_all()
    row = Delivery.objects.filter(subscription=weekly).latest("due_at")
    assert (row.state, row.why, server.taken) == (State.NOT_SENT, why, [])


def test_a_refusal_for_now_is_tried_again_later_under_the_same_message_id(weekly, settings, server):
    row = come_due(weekly)[-1]
    with MailServer(refusing=3.0) as busy:
        settings.EMAIL_PORT = busy.port
        do_all()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.DUE, 1)
    assert "try again later" in row.why
    assert row.next_try > timezone.now()
    settings.EMAIL_PORT = server.port
    do_all()
    row.refresh_from_db()
    assert (row.state, row.tries, server.ids) == (State.SENT, 2, [row.sent_as])


def test_a_mailbox_that_is_not_there_is_a_failure_at_once_in_the_words_of_the_server(weekly, server, reader):
    User.objects.filter(pk=reader.pk).update(email="nobody@example.org")
    row = come_due(weekly)[-1]
    do_all()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.FAILED, 1)
    assert row.why == "the mail server refuses it: 5.1.1 no such mailbox"


def test_it_has_failed_after_the_last_try_and_can_be_sent_once_more(weekly, settings, server, reader):
    row = come_due(weekly)[-1]
    settings.EMAIL_PORT = 1
    for _ in range(ledger.MOST_TRIES):
        do_all()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.FAILED, ledger.MOST_TRIES)
    settings.EMAIL_PORT = server.port
    subscriptions.again(reader, row)
    do_all()
    row.refresh_from_db()
    assert (row.state, server.ids) == (State.SENT, [row.sent_as])
    with pytest.raises(Conflict):
        subscriptions.again(reader, row)


def cut_short(row, *, handed):
    """As a worker leaves it that is killed: before its last line, or after."""
    at = timezone.now() if handed else None
    Delivery.objects.filter(pk=row.pk).update(state=State.SENDING, tries=1, handed_at=at)


def test_killed_before_the_last_line_it_goes_once_more(weekly, server):
    row = come_due(weekly)[-1]
    cut_short(row, handed=False)
    do_all()
    row.refresh_from_db()
    assert (row.state, server.ids) == (State.SENT, [row.sent_as])


@pytest.mark.promise("R13")
def test_killed_after_the_last_line_it_is_not_sent_again_unasked(weekly, server, reader):
    row = come_due(weekly)[-1]
    cut_short(row, handed=True)
    do_all()
    row.refresh_from_db()
    assert (row.state, server.taken) == (State.UNCERTAIN, [])
    subscriptions.arrived(reader, row)
    row.refresh_from_db()
    assert (row.state, row.why) == (State.SENT, "executive says that it arrived")


def test_an_open_row_without_its_work_gets_it_again(weekly, server):
    row = come_due(weekly)[-1]
    Work.objects.filter(kind="delivery").delete()
    assert ledger.gather() == 1
    do_all()
    row.refresh_from_db()
    assert row.state == State.SENT


def test_work_that_died_each_time_is_a_failure_on_the_ledger(weekly):
    row = come_due(weekly)[-1]
    found = Work.objects.get(kind="delivery", scope=row.pk)
    Work.objects.filter(pk=found.pk).update(attempts=jobs.MOST_ATTEMPTS)
    work.perform(found.pk)
    ledger.gather()
    row.refresh_from_db()
    assert row.state == State.FAILED


def test_a_test_goes_to_who_asks_and_is_marked(weekly, server, reader):
    subscriptions.test(reader, weekly)
    do_all()
    (letter,) = server.taken
    assert letter["Subject"].startswith("Test: ")
    assert "This is a test." in letter.get_body(("plain",)).get_content()


def test_for_news_only_nothing_goes_while_nothing_has_changed(weekly, server):
    Subscription.objects.filter(pk=weekly.pk).update(only_moved=True)
    for weeks in (1, 1):
        come_due(weekly, weeks=weeks)
        do_all()
        newest = Delivery.objects.filter(subscription=weekly).latest("due_at")
        Delivery.objects.filter(pk=newest.pk).update(period=f"before {newest.pk}")
    states = sorted(row.state for row in Delivery.objects.filter(subscription=weekly))
    assert states == [State.NOT_SENT, State.SENT]
    assert len(server.taken) == 1


def test_without_a_mail_server_a_letter_is_kept_as_a_file_and_is_not_called_delivered(
    weekly, reader, server, settings, tmp_path
):
    smtp = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    row = come_due(weekly)[-1]
    do_all()
    row.refresh_from_db()
    assert row.state == State.KEPT
    assert row.why.startswith("no mail server is set")
    (letter,) = (tmp_path / "mail").iterdir()
    assert row.sent_as in letter.read_text()
    browser = Client()
    browser.force_login(reader)
    page = browser.get("/deliveries/").content.decode()
    assert "No mail server is set: letters are kept as files, and reach nobody" in page
    assert "Delivered" not in page

    settings.EMAIL_BACKEND = smtp
    subscriptions.again(reader, row)
    do_all()
    row.refresh_from_db()
    assert (row.state, row.why, server.ids) == (State.SENT, "", [row.sent_as])
