"""An alert rings once a crossing and again after it has recovered; it is tried on what was known, from then on."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from metrics import access, jobs
from metrics.models.delivery import Alert, Delivery, Ring
from metrics.models.kpi import Target
from metrics.models.product import User
from metrics.models.work import Work
from metrics.queries.delivery.alerts.history import history
from metrics.queries.delivery.alerts.kind import State, whole
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.documents.known import Known
from metrics.services.delivery import alerts, subscriptions
from metrics.services.kpi import kpis
from metrics.services.recompute import work
from metrics.services.writing.refusal import Invalid
from metrics.things import Thing

pytestmark = pytest.mark.django_db

State_ = Delivery.State
THING = Thing("product", ("x",))


@pytest.fixture
def reader(executive):
    User.objects.filter(pk=executive.pk).update(email="executive@example.org")
    executive.refresh_from_db()
    return executive


@pytest.fixture
def watch(reader, product):
    """Make an alert of a kind for the executive."""

    def make(kind="expires", **given):
        slots = given.pop("slots", {})
        return alerts.save(reader, product, kind=kind, slots=slots, time_zone="Europe/Lisbon", **given)

    return make


@pytest.fixture
def assumed(manager, product):
    def make(days, key="offer"):
        until = product.today() + timedelta(days=days)
        given = {"key": key, "name": key, "unit": "share", "source": "s", "valid_until": until, "owner": ""}
        return kpis.create_assumption(manager, product, distribution={"kind": "point", "value": 0.4}, **given)

    return make


def look(product):
    row = jobs.put("alerts", product.pk, product=product)
    work.perform(row.pk)


def do_all():
    for row in Work.objects.filter(kind="delivery").exclude(state__in=["done", "parked"]):
        work.perform(row.pk)


def seen(on, subject="x"):
    return [State(subject=subject, on=on, text="It is so.", thing=THING)]


def test_it_rings_once_a_crossing_and_again_after_it_has_recovered(watch):
    alert = watch()
    for on in (True, True, None, True, False, False, True):
        alerts.cross(alert, seen(on))
    assert Ring.objects.filter(alert=alert).count() == 2
    assert Ring.objects.filter(alert=alert, recovered_at=None).count() == 1
    assert Delivery.objects.filter(ring__alert=alert).count() == 2


def test_what_is_unknown_neither_rings_nor_recovers(watch):
    alert = watch()
    alerts.cross(alert, seen(None))
    assert not Ring.objects.exists()
    alerts.cross(alert, seen(True))
    alerts.cross(alert, seen(None))
    assert Ring.objects.get().recovered_at is None


def test_what_is_not_there_any_more_has_recovered(watch):
    alert = watch()
    alerts.cross(alert, seen(True))
    alerts.cross(alert, [])
    assert Ring.objects.get().recovered_at is not None


def test_an_assumption_that_expires_rings_by_a_real_mail_with_its_sentence(watch, assumed, product, server):
    assumed(5)
    watch(slots={"days": "7"})
    look(product)
    look(product)
    do_all()
    (letter,) = server.taken
    assert letter["Subject"] == f"Cancellation calls: offer holds until {product.today() + timedelta(days=5):%-d %b %Y}"
    body = letter.get_body(("plain",)).get_content()
    assert "You asked to be told when an assumption expires within 7 days." in body


def test_in_quiet_hours_it_waits_until_they_end(watch, monkeypatch):
    alert = watch(quiet_from=time(22), quiet_until=time(7))
    monkeypatch.setattr(timezone, "now", lambda: datetime(2027, 1, 5, 23, tzinfo=UTC))
    alerts.cross(alert, seen(True))
    assert Delivery.objects.get().due_at == datetime(2027, 1, 6, 7, tzinfo=UTC)


def test_while_it_is_muted_the_ledger_has_what_was_not_told(watch, reader):
    alert = watch()
    alerts.mute(reader, alert, timezone.now() + timedelta(days=7))
    alerts.cross(alert, seen(True))
    row = Delivery.objects.get()
    assert (row.state, row.why) == (State_.NOT_SENT, "the alert was muted")


def test_for_the_regular_mail_there_has_to_be_one_and_it_tells_what_rang_once(watch, reader, server):
    with pytest.raises(Invalid, match="gets no regular mail"):
        watch(digest=True)
    given = {"what": "decisions", "rule": "weekly", "day": 0, "at": time(7), "time_zone": "UTC"}
    weekly = subscriptions.save(reader, **given)
    alert = watch(digest=True)
    alerts.cross(alert, seen(True))
    assert not Delivery.objects.exists()
    subscriptions.test(reader, weekly)
    do_all()
    assert Ring.objects.get().digested_at is None  # a test is not counted


@pytest.mark.promise("S13")
def test_who_may_not_see_the_product_makes_none_and_gets_none(watch, product, outsider, reader, server):
    with pytest.raises(access.Hidden):
        alerts.save(outsider, product, kind="expires", slots={}, time_zone="UTC")
    alert = watch()
    alerts.cross(alert, seen(True))
    product.memberships.filter(user=reader).delete()
    do_all()
    row = Delivery.objects.get()
    assert (row.state, row.why) == (State_.NOT_SENT, f"executive may not see {product} any more")


@pytest.mark.parametrize(
    ("kind", "slots", "field"),
    [
        ("chance_below", {"below": "120"}, "below"),
        ("chance_below", {"below": "half"}, "below"),
        ("expires", {"days": "2.5"}, "days"),
        ("risk_above", {"above": "-1"}, "above"),
        ("nothing", {}, "kind"),
    ],
)
def test_a_slot_that_is_none_is_refused_by_its_name(watch, kind, slots, field):
    with pytest.raises(Invalid) as refused:
        watch(kind, slots=slots)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not Alert.objects.exists()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_every_kind_has_a_sentence_and_sees_what_is_there_without_a_fault(kind, world):
    known, slots = Known(world.product), whole(kind.slots, {})
    assert "  " not in kind.sentence(world.product, slots)
    for state in kind.now(known, slots):
        assert state.text.endswith(".")
        assert len(state.subject) <= 120


def test_the_chance_is_below_a_target_out_of_reach_and_not_below_a_low_one(world):
    kind = KINDS["chance_below"]
    for value, on, words in ((1e9, True, "below 50"), (1.0, False, "not below 50")):
        Target.objects.filter(pk=world.target.pk).update(value=value)
        (state,) = kind.now(Known(world.product), {"below": 0.5})
        assert state.on is on
        assert words in state.text


def test_without_a_target_the_chance_is_not_known_and_the_reason_is_said(world):
    Target.objects.all().update(withdrawn_at=timezone.now())
    (state,) = KINDS["chance_below"].now(Known(world.product), {"below": 0.5})
    assert state.on is None
    assert "not known: no target is set" in state.text


def test_the_past_is_told_from_when_anything_was_known(world):
    kind, known = KINDS["chance_below"], Known(world.product)
    Target.objects.filter(pk=world.target.pk).update(value=1e9, created_at=timezone.now() - timedelta(days=400))
    found = history(kind, known, {"below": 0.5}, timezone.now())
    assert found.since == kind.since(known)
    assert not found.whole
    assert len(found.rings) == 1
    assert "below 50" in found.rings[0].text


def test_an_assumption_rang_on_the_day_its_days_began_and_what_replaced_it_did_not(assumed, product, manager):
    held = assumed(3).assumption
    made = timezone.now() - timedelta(days=100)
    held.versions.update(created_at=made, valid_until=product.today() - timedelta(days=10))
    kpis.update_assumption(
        manager, held, distribution={"kind": "point", "value": 0.4}, source="s", valid_until=date(2099, 1, 1)
    )
    found = history(KINDS["expires"], Known(product), {"days": 30.0}, timezone.now())
    assert [ring.at.date() for ring in found.rings] == [product.today() - timedelta(days=40)]


def test_a_kind_of_which_nothing_is_kept_says_so(world):
    found = history(KINDS["risk_above"], Known(world.product), {"above": 1.0}, timezone.now())
    assert (found.rings, found.since) == ((), None)
    assert found.why == "what it was at earlier moments is not kept"
