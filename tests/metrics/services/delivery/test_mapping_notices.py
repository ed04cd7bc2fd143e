"""Who wrote a mapping version, and who owns its KPI, hears once what somebody else did with it; here and by mail."""

import pytest
from django.core import mail

from metrics import access
from metrics.models.kpi import MappingVersion
from metrics.models.notice import Notice
from metrics.models.product import Membership, User
from metrics.models.work import Work
from metrics.queries.product import notices as queries
from metrics.services.delivery import comments
from metrics.services.kpi import kpis, mappings
from metrics.services.product.products import add_member
from metrics.services.writing.refusal import Conflict

pytestmark = pytest.mark.django_db

FORMULA = {"kind": "formula", "text": "precision_top10"}


@pytest.fixture
def hits(manager, product):
    return kpis.create_kpi(manager, product, key="hit_rate", name="Hit rate", unit="share")


@pytest.fixture
def owner(hits, admin, product):
    """Another manager, who owns the KPI."""
    found = User.objects.create_user("manager2", email="m2@example.org")
    add_member(admin, product, username="manager2", role="project_manager")
    type(hits).objects.filter(pk=hits.pk).update(owner="manager2")
    hits.refresh_from_db()
    return found


@pytest.fixture
def proposed(manager, hits):
    draft = mappings.create_mapping(manager, hits.product, kpi=hits, name="Hits", definition=FORMULA)
    return mappings.propose(manager, draft, seen=draft.digest)


def objected(person, version, reason="the study says two"):
    return mappings.object_to(person, version, seen=version.digest, reason=reason)


def endorsed(person, version):
    return mappings.endorse(person, version, seen=version.digest)


def approved(person, version):
    return mappings.approve(person, version, seen=version.digest)


def said(person, version, text="Which rows?"):
    product = version.mapping.product
    thing = f"mapping/{product.slug}/{version.mapping_id}/{version.number}"
    return comments.say(person, product, thing=thing, text=text)


def told(user):
    return list(queries.of(user).order_by("created_at").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (objected, "objected", "scientist objects to Hits, version 1, which is a draft again: the study says two"),
        (endorsed, "endorsed", "scientist endorses Hits, version 1. A manager approves it next."),
        (said, "commented", "scientist says of Hits, version 1: Which rows?"),
    ],
)
def test_the_author_and_the_owner_hear_what_a_scientist_does(proposed, manager, scientist, owner, act, kind, text):
    act(scientist, proposed)
    for user in (manager, owner):
        notice = queries.unread(user).get()
        assert (notice.kind, notice.text) == (kind, text)
        assert notice.thing == f"mapping/cancellation-calls/{proposed.mapping_id}/1"
    assert told(scientist) == []


def test_the_author_hears_of_an_approval_by_another_manager(proposed, manager, scientist, owner):
    approved(owner, endorsed(scientist, proposed))
    assert told(manager) == ["endorsed", "approved"]
    assert queries.unread(manager).get().text == "manager2 approves Hits, version 1. It is in force."
    assert told(owner) == ["endorsed"]


def test_nobody_is_told_of_what_they_do_themselves(proposed, manager, scientist):
    said(manager, proposed)
    objected(manager, proposed)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("name", ["manager", "MANAGER", " m@example.org "])
def test_an_author_who_is_the_owner_is_told_once(proposed, manager, scientist, hits, name):
    User.objects.filter(pk=manager.pk).update(email="m@example.org")
    type(hits).objects.filter(pk=hits.pk).update(owner=name)
    objected(scientist, MappingVersion.objects.get(pk=proposed.pk))
    assert told(manager) == ["objected"]
    assert Notice.objects.count() == 1


def test_a_second_objection_is_told_anew_and_a_later_act_settles_the_earlier(proposed, manager, scientist):
    again = mappings.propose(manager, objected(scientist, proposed), seen=proposed.digest)
    again = mappings.propose(manager, objected(scientist, again, "the study says one"), seen=again.digest)
    assert told(manager) == ["objected", "objected"]
    assert "says one" in queries.unread(manager).get().text
    approved(manager, endorsed(scientist, again))
    assert told(manager) == ["objected", "objected", "endorsed"]
    assert not queries.unread(manager).exists(), "who approves has seen that it is endorsed"


def test_a_comment_stays_until_it_is_read(proposed, manager, scientist):
    said(scientist, proposed)
    said(scientist, proposed, "And which months?")
    endorsed(scientist, proposed)
    assert sorted(queries.unread(manager).values_list("kind", flat=True)) == ["commented", "commented", "endorsed"]


def test_acts_on_another_version_settle_nothing(proposed, manager, scientist):
    objected(scientist, proposed)
    second = mappings.create_version(manager, proposed.mapping, definition=FORMULA)
    endorsed(scientist, mappings.propose(manager, second, seen=second.digest))
    assert sorted(queries.unread(manager).values_list("kind", flat=True)) == ["endorsed", "objected"]


def test_an_executive_who_owns_the_kpi_hears_of_what_is_in_force_and_of_no_draft(
    proposed, manager, scientist, executive, hits
):
    type(hits).objects.filter(pk=hits.pk).update(owner="executive")
    said(scientist, proposed)
    version = endorsed(scientist, proposed)
    assert told(executive) == []
    approved(manager, version)
    assert told(executive) == ["approved"]
    said(scientist, proposed)
    assert told(executive) == ["approved", "commented"]


def test_a_scientist_who_proposes_their_own_draft_is_told_nothing_and_the_owner_of_the_endorsement(
    scientist, manager, hits, owner
):
    draft = mappings.create_mapping(scientist, hits.product, kpi=hits, name="Hits", definition=FORMULA)
    mappings.propose(scientist, draft, seen=draft.digest)
    assert (told(scientist), told(owner), told(manager)) == ([], ["endorsed"], [])


@pytest.mark.parametrize("owned_by", ["outsider", "sales", ""])
def test_who_is_no_member_is_told_nothing(proposed, manager, scientist, outsider, hits, owned_by):
    type(hits).objects.filter(pk=hits.pk).update(owner=owned_by)
    Membership.objects.filter(user=manager).delete()
    objected(scientist, MappingVersion.objects.get(pk=proposed.pk))
    assert not Notice.objects.exists()


def test_an_act_that_is_refused_tells_nobody(proposed, manager, scientist, people):
    with pytest.raises(Conflict):
        mappings.endorse(scientist, proposed, seen="another digest")
    with pytest.raises(access.Denied):
        endorsed(people["executive"], proposed)
    assert not Notice.objects.exists()
    assert not Work.objects.filter(kind="notices").exists()


def test_it_is_mailed_by_the_next_worker_once(proposed, manager, scientist, owner, compute, settings):
    settings.URL_BASE = "https://kpi.example.org"
    objected(scientist, proposed, "the study says 0.3. Not 0.4")
    compute()
    (letter,) = mail.outbox  # the author has no address
    assert letter.to == ["m2@example.org"]
    assert letter.subject.startswith("scientist objects to Hits, version 1, which is a draft again: the study says 0.3")
    assert f"https://kpi.example.org/p/cancellation-calls/mappings/{proposed.mapping_id}/1/" in letter.body
    said(scientist, proposed)
    compute()
    compute()
    assert [letter.subject for letter in mail.outbox[1:]] == ["scientist says of Hits, version 1: Which rows?"]


def test_several_at_once_are_one_mail(proposed, scientist, owner, compute):
    said(scientist, proposed)
    objected(scientist, proposed)
    compute()
    (letter,) = mail.outbox
    assert letter.subject == "2 things to look at"
    assert "Which rows?" in letter.body
    assert "the study says two" in letter.body


def test_a_long_comment_is_cut_and_says_so(proposed, manager, scientist):
    said(scientist, proposed, "What is\r\nmeant? " * 100)
    text = queries.of(manager).get().text
    assert len(text) <= 300
    assert text.endswith(" …")
    assert "\n" not in text
