"""The pages of what goes out: nothing yet, what failed first, alerts as sentences, links that end one thing alone."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.core import numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.models.delivery import Alert, Delivery, Ring, Subscription, Webhook
from metrics.models.product import User
from metrics.queries.delivery import ledger
from metrics.services.delivery import alerts, subscriptions
from reports.pages.deliveries.letter import chance
from reports.pages.deliveries.letters import letter_of

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def reader(executive):
    User.objects.filter(pk=executive.pk).update(email="executive@example.org")
    executive.refresh_from_db()
    return executive


@pytest.fixture
def weekly(reader, product):
    given = {"what": "portfolio", "rule": "weekly", "day": 0, "at": time(7), "time_zone": "Europe/Lisbon"}
    return subscriptions.save(reader, **given)


def went(held, state, **given):
    at = timezone.now() - timedelta(hours=1)
    of = {"subscription": held, "receiver": held.receiver, "source": f"subscription {held.pk}"}
    return Delivery.objects.create(state=state, due_at=at, tries=3, period=str(given.pop("period", at)), **of, **given)


def page(person, path="/deliveries/"):
    answer = signed_in(person).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("executive", "Weekly mail"),
        ("scientist", "Add an alert"),
        ("outsider", "You are a member of no product yet"),
    ],
)
def test_where_nothing_goes_out_the_page_holds_the_next_step_of_the_role(people, product, who, words):
    shown = page(people[who])
    assert "Nothing goes out yet" in shown
    assert words in shown


def test_what_failed_is_first_and_in_the_title(weekly, reader):
    went(weekly, "failed", why="the mail server refuses it: mailbox full")
    shown = page(reader)
    assert "<h1>One delivery failed</h1>" in shown
    assert "Portfolio did not reach executive" in shown
    assert "mailbox full" in shown


def test_of_what_may_have_arrived_the_reader_is_asked(weekly, reader):
    row = went(weekly, "uncertain", why="the worker was stopped while the server was answering")
    shown = page(reader)
    assert "of one delivery it is not known whether it arrived" in shown.lower()
    assert "It arrived" in shown
    signed_in(reader).post(reverse("delivery-arrived", args=[row.pk]))
    assert "The last delivery arrived" in page(reader)


@pytest.mark.parametrize(
    ("states", "title"),
    [
        ([], "The first goes out on"),
        (["sent"], "The last delivery arrived"),
        (["not_sent"], "The last delivery was not sent"),
    ],
)
def test_the_title_says_how_the_last_went(weekly, reader, states, title):
    for state in states:
        went(weekly, state)
    assert title in page(reader)


def test_a_deleted_one_is_brought_back_and_goes_on(weekly, reader):
    client = signed_in(reader)
    client.post(reverse("delivery-delete", args=["subscription", weekly.pk]))
    assert not ledger.subscriptions(reader).exists()
    assert "Bring back" in page(reader)
    client.post(reverse("delivery-restore", args=["subscription", weekly.pk]))
    assert ledger.subscriptions(reader).exists()


def test_what_is_another_persons_is_not_there(weekly, scientist, outsider):
    for person in (scientist, outsider):
        client = signed_in(person)
        for name, args in (
            ("delivery-pause", ["subscription", weekly.pk]),
            ("delivery-delete", ["subscription", weekly.pk]),
            ("delivery-test", [weekly.pk]),
        ):
            assert client.post(reverse(name, args=args)).status_code == 404
        assert weekly.receiver.username not in client.get("/deliveries/").content.decode()
    assert Subscription.objects.get(pk=weekly.pk).paused_at is None


def test_a_manager_sends_to_a_member_and_an_executive_to_oneself_alone(manager, reader, product):
    form = {"what": "product", "product": product.slug, "rule": "monthly", "month_day": 5, "weekday": 0, "at": "06:00"}
    form |= {"time_zone": "UTC", "receiver": "executive"}
    assert signed_in(manager).post("/deliveries/new/", form).status_code == 302
    made = Subscription.objects.get()
    assert (made.receiver, made.owner, made.when.words()) == (reader, manager, "Monthly, on the 5th 06:00")
    assert signed_in(reader).post("/deliveries/new/", form | {"receiver": "manager"}).status_code in (302, 403, 422)
    assert not Subscription.objects.filter(receiver=manager).exists()


def test_the_link_of_a_mail_ends_that_delivery_and_only_by_a_post(weekly):
    client = Client(enforce_csrf_checks=True)
    path = reverse("delivery-stop", args=[ledger.stop_token("subscription", weekly.pk)])
    assert "Stop Portfolio?" in client.get(path).content.decode()
    weekly.refresh_from_db()
    assert weekly.paused_at is None
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    weekly.refresh_from_db()
    assert weekly.paused_at is not None
    assert client.get("/deliveries/").status_code == 302  # it signs nobody in
    assert "nothing to stop" in client.get(path[:-2] + "x/").content.decode()


def test_an_alert_is_a_sentence_that_is_tried_before_it_is_kept(world, executive):
    client = signed_in(executive)
    path = f"/deliveries/alerts/new/?product={world.product.slug}&kind=chance_below"
    shown = client.get(path).content.decode()
    assert "the chance to meet the target is below" in shown
    form = {"product": world.product.slug, "kind": "chance_below", "how": "now", "time_zone": "UTC", "below": "99"}
    form |= {"quiet_from": "22:00", "quiet_until": "07:00"}
    assert client.post("/deliveries/alerts/new/", form | {"try": "1"}).status_code == 200
    assert not Alert.objects.exists()
    assert client.post("/deliveries/alerts/new/", form | {"save": "1"}).status_code == 302
    made = Alert.objects.get()
    assert made.slots == {"below": 0.99}
    shown = page(executive)
    assert "Never rang." in shown
    assert '<b class="slot">99&nbsp;%</b>' in shown or "99\u00a0%" in shown


def test_a_slot_that_is_none_is_said_beside_it(world, executive):
    form = {"product": world.product.slug, "kind": "chance_below", "how": "now", "time_zone": "UTC", "below": "150"}
    form |= {"quiet_from": "00:00", "quiet_until": "00:00", "save": "1"}
    answer = signed_in(executive).post("/deliveries/alerts/new/", form)
    assert answer.status_code == 422
    assert "Lies between 0 and 100 percent" in answer.content.decode()


def test_the_secret_of_a_webhook_is_on_one_page_only(product, manager):
    client = signed_in(manager)
    form = {"product": product.slug, "name": "warehouse", "kind": "plain", "url": "https://8.8.8.8/hook"}
    answer = client.post("/deliveries/webhooks/new/", form)
    assert answer["Cache-Control"] == "no-store"
    from metrics.services.delivery.webhook import secret

    assert secret(Webhook.objects.get()) in answer.content.decode()
    assert secret(Webhook.objects.get()) not in page(manager)


def test_both_forms_of_a_letter_have_the_same_sentences_in_the_same_order(world, executive):
    held = subscriptions.save(
        executive, what="product", product=world.product, rule="weekly", day=0, at=time(7), time_zone="Asia/Kolkata"
    )
    letter = letter_of(Delivery(subscription=held, receiver=executive, source=f"subscription {held.pk}", period="x"))
    place = 0
    for said in letter.sentences[1:]:
        words = said.partition(": ")[2] if said.startswith(("Value", "Realised", "Chance")) else said
        found = letter.text.find(words, place)
        assert found >= 0, said
        place = found
    assert "http-equiv" not in letter.html
    assert "<script" not in letter.html
    assert "<img" not in letter.html


def test_a_chance_in_a_letter_is_printed_as_on_the_pages():
    line = chance("Chance", Estimate(0.6249, "share"), against="target of 1 EUR")
    assert (line.number, line.notes) == (numerals.chance(0.6249), ("target of 1 EUR",))
    unknown = chance("Chance", Unknown("no target is set"), against="")
    assert (unknown.number, unknown.notes) == ("–", ("no target is set",))


def test_a_name_with_markup_is_inert_in_a_letter(world, executive):
    world.product.name = "<script>alert(1)</script>"
    world.product.save()
    held = subscriptions.save(executive, what="portfolio", rule="weekly", day=0, at=time(7), time_zone="UTC")
    letter = letter_of(Delivery(subscription=held, receiver=executive, source=f"subscription {held.pk}", period="x"))
    assert "<script" not in letter.html
    assert "&lt;script&gt;" in letter.html


def test_an_alerts_letter_says_where_it_is_not_so_any_more(world, executive):
    alert = alerts.save(executive, world.product, kind="expires", slots={}, time_zone="UTC")
    of = {
        "alert": alert,
        "subject": "x",
        "text": "Offer expired on 3 May 2026.",
        "thing": f"product/{world.product.slug}",
    }
    ring = Ring.objects.create(recovered_at=timezone.now(), **of)
    letter = letter_of(Delivery(ring=ring, receiver=executive, source=f"ring {ring.pk}", period="once"))
    assert letter.title == f"{world.product}: Offer expired on 3 May 2026"
    assert "It is not so any more." in letter.sentences


def test_what_failed_is_not_told_once_a_later_one_arrived_and_what_is_uncertain_is(weekly, reader):
    for hours, state in ((3, "uncertain"), (2, "failed"), (1, "sent")):
        row = went(weekly, state, period=state)
        Delivery.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(hours=hours))
    assert [row.state for row in ledger.went_wrong(reader)] == ["uncertain"]
