"""Answering a decision from a mail: by a link that works once, for one person, on one proposal."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from metrics import jobs
from metrics.models.product import Membership, User
from metrics.models.selection import AnswerLink, Decision
from metrics.models.work import Work
from metrics.queries.selection import catalogue
from metrics.services.delivery import notices
from metrics.services.recompute import work
from metrics.services.selection import answering, decisions
from tests.security.matrix import Prepared

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S11")]


@pytest.fixture
def proposed(world, executive):
    """A decision that waits for the executive, and the address that they were mailed."""
    made = catalogue.decision(world.product, Prepared(world, executive).decision_at("proposed").number)
    secret = answering.link(executive, made)
    return made, f"/answer/{secret}/"


def browser(person=None):
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def signed(made):
    return list(Decision.objects.get(pk=made.pk).signatures.filter(act="signed_off").values_list("user__username"))


def test_it_leads_to_signing_in_first_and_then_to_the_answer(proposed, executive):
    made, address = proposed
    assert browser().get(address)["Location"] == f"/sign-in/?next={address}"
    text = browser(executive).get(address).content.decode()
    assert "Your answer" in text
    assert signed(made) == []
    assert browser(executive).post(address, {"act": "sign"})["Location"].endswith(f"/decisions/{made.number}/")
    assert signed(made) == [("executive",)]


def test_it_works_once(proposed, executive):
    made, address = proposed
    client = browser(executive)
    assert client.post(address, {"act": "sign"}).status_code == 302
    again = client.post(address, {"act": "sign"})
    assert again.status_code == 409
    assert "you have answered by this link already" in again.content.decode().lower()
    assert signed(made) == [("executive",)]
    assert "Nothing to answer" in client.get(address).content.decode()


def test_whoever_it_was_forwarded_to_finds_nothing(world, proposed, people, make_product):
    _, address = proposed
    other = people["outsider"]
    Membership.objects.create(product=world.product, user=other, role="executive")
    for name in ("outsider", "manager", "scientist", "admin"):
        client = browser(people[name])
        missing = client.get("/answer/no-such-secret/")
        assert (client.get(address).status_code, missing.status_code) == (404, 404)
        assert client.post(address, {"act": "sign"}).status_code == 404
    assert AnswerLink.objects.get().used_at is None


def test_a_refusal_needs_its_reason_and_leaves_the_link_as_it_was(proposed, executive):
    made, address = proposed
    client = browser(executive)
    assert client.post(address, {"act": "refuse", "reason": " "}).status_code == 422
    assert AnswerLink.objects.get().used_at is None
    assert client.post(address, {"act": "refuse", "reason": "count first"}).status_code == 302
    assert Decision.objects.get(pk=made.pk).state == "open"


@pytest.mark.parametrize("how", ["expired", "withdrawn", "left"])
def test_what_has_passed_is_told_and_nothing_is_signed(world, proposed, executive, manager, how):
    made, address = proposed
    if how == "expired":
        AnswerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "withdrawn":
        decisions.withdraw(manager, made)
    else:
        Membership.objects.filter(product=world.product, user=executive).delete()
    answer = browser(executive).post(address, {"act": "sign"})
    assert answer.status_code == (404 if how == "left" else 409)
    assert signed(made) == []
    assert AnswerLink.objects.get().used_at is None


def test_nobody_is_given_a_link_to_what_does_not_wait_for_their_signature(proposed, people):
    made, _ = proposed
    found = catalogue.decision(made.product, made.number)
    assert [name for name in ("scientist", "manager", "admin", "outsider") if answering.link(people[name], found)] == []
    assert answering.link(people["executive"], found)


def test_the_mail_that_tells_of_a_proposal_holds_a_link_that_answers_it(world, people, executive):
    for person in people.values():
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
    made = Prepared(world, executive).decision_at("proposed")
    notices.write_due(jobs.put("notices", "by hand"))
    for row in Work.objects.filter(kind="delivery").exclude(state__in=["done", "parked"]):
        work.perform(row.pk)
    letters = {letter.to[0].partition("@")[0]: letter.body for letter in mail.outbox}
    links = {name: re.findall(r"http\S+(/answer/\S+/)", body) for name, body in letters.items()}
    assert len(links["executive"]) == 1
    assert [name for name, found in links.items() if found] == ["executive"]
    assert browser(executive).post(links["executive"][0], {"act": "sign"}).status_code == 302
    assert signed(made) == [("executive",)]
