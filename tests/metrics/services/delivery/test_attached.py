"""The pack of a subscription: the newest issued one with its date, or one made once for each letter, which says so."""

import io
from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from metrics import access, store
from metrics.models.delivery import Delivery, Subscription
from metrics.models.product import User
from metrics.models.work import Work
from metrics.queries.delivery import packs as read
from metrics.services.delivery import ledger, packs, schedule, subscriptions
from metrics.services.kpi import kpis
from metrics.services.recompute import work
from reports.exports import making
from reports.pages.deliveries.letters import letter_of, preview
from tests.mail_server import MailServer
from tests.world import World

pytestmark = pytest.mark.django_db
State = Delivery.State


def subscribed(world: World, who: str = "executive", **given):
    person = world.people[who]
    User.objects.filter(pk=person.pk).update(email=f"{who}@example.org")
    person.refresh_from_db()
    of = {"what": "product", "product": world.product, "rule": "weekly", "day": 0, "at": time(7), "time_zone": "UTC"}
    return subscriptions.save(person, attached=["pdf"], **of | given)


def come_due(held: Subscription) -> Delivery:
    last = held.when.next_after(timezone.now() - timedelta(weeks=1))
    Subscription.objects.filter(pk=held.pk).update(next_at=last.moment)
    schedule.put_due(now=timezone.now())
    return Delivery.objects.filter(subscription=held).latest("due_at")


def do_all() -> None:
    """Do all work of deliveries that is open, and what comes of it, whenever it is due."""
    for kind in ("delivery_pack", "delivery"):
        for row in Work.objects.filter(kind=kind).exclude(state__in=["done", "parked"]):
            work.perform(row.pk)


def attached(letter) -> dict[str, bytes]:
    return {part.get_filename(): part.get_payload(decode=True) for part in letter.walk() if part.get_filename()}


def words_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def said(letter) -> str:
    (plain,) = (part for part in letter.walk() if part.get_content_type() == "text/plain")
    return plain.get_payload(decode=True).decode()


def test_a_pack_is_made_once_for_a_letter_and_says_that_it_is_not_issued(world: World, server: MailServer) -> None:
    row = come_due(subscribed(world, anew=True))
    server.refusing = 3.0  # the first answer of each try
    do_all()
    first = Delivery.objects.get(pk=row.pk)
    assert (first.state, first.tries) == (State.DUE, 1)
    assert set(read.named_files()) == set(first.pack.values())
    kept = store.get(first.pack["pdf"])
    span = {"from_period": world.target.from_period, "until_period": world.target.until_period}
    kpis.set_target(world.people["manager"], world.product, value=Decimal(90_000), **span)

    server.refusing = 0.0
    do_all()

    (letter,) = server.taken
    assert attached(letter) == {"pack-not-issued.pdf": kept}
    assert Work.objects.filter(kind="delivery_pack").count() == 1
    assert "not issued" in words_of(kept)
    assert "It is not issued: it has no number, and nobody signs it." in said(letter)
    row.refresh_from_db()
    assert (row.state, row.pack) == (State.SENT, {})
    assert list(read.named_files()) == []


def test_what_is_sent_once_more_after_it_failed_holds_the_same_pack(world: World, server: MailServer) -> None:
    row = come_due(subscribed(world, anew=True))
    server.refusing = 3.0  # the first answer of each try
    do_all()
    Delivery.objects.filter(pk=row.pk).update(tries=ledger.MOST_TRIES)
    do_all()
    failed = Delivery.objects.get(pk=row.pk)
    assert failed.state == State.FAILED
    server.refusing = 0.0

    subscriptions.again(world.people["executive"], failed)
    do_all()

    (letter,) = server.taken
    assert attached(letter) == {"pack-not-issued.pdf": store.get(failed.pack["pdf"])}


def test_a_pack_that_cannot_be_made_holds_no_letter_back(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = come_due(subscribed(world, anew=True))

    def refused(*_: object) -> object:
        raise ValueError("the drawing cannot be made")

    monkeypatch.setattr(making, "_of_subscription", refused)
    made = Work.objects.get(kind="delivery_pack", scope=row.pk)
    for _ in range(5):
        work.perform(made.pk)
    assert ledger.gather() == 1
    assert ledger.gather() == 0
    do_all()

    (letter,) = server.taken
    assert attached(letter) == {}
    assert "It could not be made: the drawing cannot be made." in said(letter)


def test_while_a_pack_is_being_made_the_sweep_asks_for_nothing(world: World) -> None:
    row = come_due(subscribed(world, anew=True))

    assert ledger.gather() == 0
    Work.objects.filter(scope=row.pk).delete()
    assert ledger.gather() == 1
    assert Work.objects.get(scope=row.pk).kind == "delivery_pack"


@pytest.mark.promise("S13")
def test_nothing_is_made_for_who_may_not_see_it_any_more(world: World, server: MailServer) -> None:
    row = come_due(subscribed(world, anew=True))
    world.product.memberships.filter(user=world.people["executive"]).delete()
    access.forget(world.people["executive"])

    do_all()

    row.refresh_from_db()
    assert (row.state, row.pack, server.taken) == (State.NOT_SENT, {}, [])


def test_the_newest_issued_one_goes_with_its_number_and_day(world: World, server: MailServer) -> None:
    held = subscribed(world)
    assert preview(held)
    issued = packs.issue(world.people["manager"], world.product)
    world.compute()
    issued.refresh_from_db()

    come_due(held)
    do_all()

    (letter,) = server.taken
    assert attached(letter) == {"pack-1.pdf": store.get(issued.files["pdf"])}
    assert f"Pack 1, issued on {issued.issued_at.day} " in said(letter)


def test_a_letter_that_is_looked_at_before_says_which_pack_will_go_with_it(world: World) -> None:
    letter = preview(subscribed(world, anew=True))

    assert letter is not None
    assert "It is made when the letter is due, and is not issued." in letter.text
    assert letter.attached == ()


def test_the_pack_of_a_portfolio_is_of_what_its_receiver_sees(world: World, make_product, server: MailServer) -> None:
    other = make_product("Deposits", seed=12)
    other.memberships.filter(user=world.people["executive"]).delete()
    access.forget(world.people["executive"])
    row = come_due(subscribed(world, what="portfolio", product=None, anew=True))

    do_all()

    (letter,) = server.taken
    told = words_of(attached(letter)["pack-not-issued.pdf"])
    assert "Cancellation calls" in told
    assert "Deposits" not in told
    assert letter_of(Delivery.objects.get(pk=row.pk))


def test_the_form_and_the_api_say_which_pack(world: World) -> None:
    client = Client()
    client.force_login(world.people["executive"])
    given = {"what": "product", "rule": "weekly", "at": "07:00", "time_zone": "UTC", "attached": ["pdf", "xlsx"]}

    client.post(
        "/deliveries/new/", given | {"product": world.product.slug, "weekday": "0", "month_day": "1", "anew": "on"}
    )
    held = Subscription.objects.get()
    assert (held.attached, held.anew) == (["pdf", "xlsx"], True)
    assert 'name="anew"' in client.get(f"/deliveries/{held.pk}/").content.decode()
    address = f"/api/v1/products/{world.product.slug}/subscriptions/"
    made = client.post(address, given | {"day": 0, "anew": True}, content_type="application/json").json()
    assert (made["attached"], made["anew"]) == (["pdf", "xlsx"], True)
