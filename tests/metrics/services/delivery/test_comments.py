"""Comments: on whatever one may read, told once to who is concerned, changed in time, withdrawn, resolved, reopened."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from metrics import access
from metrics.models.comment import Comment, CommentAct
from metrics.models.notice import Notice
from metrics.models.product import AuditEntry, Membership, User
from metrics.queries.comments import threads
from metrics.queries.comments.mentions import mentioned, pieces, unknown
from metrics.services.delivery import comments
from metrics.services.product import products
from metrics.services.writing.refusal import Conflict, Invalid
from metrics.things import Thing, page
from tests.security.matrix import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def kpi(world):
    return f"kpi/{world.product.slug}/value_per_booking"


@pytest.fixture
def say(world):
    def said(person, text, thing="", answers=None):
        about = thing or f"product/{world.product.slug}"
        return comments.say(person, world.product, thing=about, text=text, answers=answers)

    return said


def told(user):
    return [row.text for row in Notice.objects.filter(user=user, kind="commented").order_by("created_at")]


def test_a_mention_is_a_name_behind_an_at_whatever_a_sentence_ends_with():
    names = ["ada", "ada.b", "m@example.org"]
    assert mentioned("@ada, @Ada.B. and (@m@example.org)! not x@ada @adam @", names) == [
        "ada",
        "ada.b",
        "m@example.org",
    ]
    assert pieces("<b>@ada</b>", names) == [("<b>", ""), ("@ada", "ada"), ("</b>", "")]
    assert unknown("@ada @bob. @adam", names) == ["bob", "adam"]


@pytest.mark.parametrize("kind", ["product", "kpi", "mapping", "run", "decision", "receipt"])
def test_whatever_has_an_address_is_commented_on_and_leads_there(world, manager, client, say, kind):
    slug = world.product.slug
    keys = {
        "product": (),
        "kpi": ("value_per_booking",),
        "mapping": (world.version.mapping_id, "1"),
        "run": (world.run.pk,),
        "receipt": (world.version.results.first().digest,),
    }
    if kind == "decision":
        keys["decision"] = (str(Prepared(world, manager).decision_at("open").number),)
    thing = Thing(kind, (slug, *keys[kind]))
    said = say(manager, "why?", str(thing))
    (thread,) = threads.of(world.product, thing)
    assert (thread.first.pk, thread.open) == (said.pk, True)
    client.force_login(manager)
    answer = client.get(page(thing))
    assert answer.status_code == 200
    assert f"comments/on/?thing={thing}" in answer.content.decode()


NOT_THERE = [
    *("", "kpi", "kpi/{slug}/none", "kpi/other/bookings", "member/{slug}/1", "run/{slug}/x/y", "decision/{slug}/0x1"),
    *(
        "receipt/{slug}/" + "a" * 64,
        "receipt/{slug}/abc",
        "mapping/{slug}/x/1",
        "x/y",
        "kpi/{slug}/\0",
        "product/{slug}/",
    ),
]


@pytest.mark.parametrize("thing", NOT_THERE)
def test_what_is_not_there_is_hidden(world, manager, say, thing):
    with pytest.raises(access.Hidden):
        say(manager, "x", thing.format(slug=world.product.slug) or "nothing")
    assert not Comment.objects.exists()


def test_words_are_needed_and_have_an_end(say, manager):
    for text in ("", "  \n ", "x" * 2001):
        with pytest.raises(Invalid) as refused:
            say(manager, text)
        assert refused.value.faults[0].field == "text"


def test_who_is_mentioned_is_told_once_by_notice_and_mail(world, say, compute, manager, scientist, executive):
    User.objects.filter(pk=scientist.pk).update(email="s@example.org")
    say(manager, "@scientist @Scientist and @manager, @outsider: which rows?")
    assert told(scientist) == [
        "manager says of the outlook of Cancellation calls: @scientist @Scientist and @manager, @outsider: which rows?"
    ]
    assert told(manager) == told(executive) == []
    assert not Notice.objects.filter(user__username="outsider").exists()
    compute()
    (letter,) = mail.outbox
    assert letter.to == ["s@example.org"]
    assert f"/p/{world.product.slug}/" in letter.body


def test_only_who_may_read_the_thing_at_the_time_is_told(world, say, manager, executive, scientist):
    version = world.second_version()
    thing = f"mapping/{world.product.slug}/{version.mapping_id}/2"
    say(manager, "@executive @scientist see", thing)
    assert (told(executive), len(told(scientist))) == ([], 1)
    with pytest.raises(access.Hidden):
        say(executive, "x", thing)
    Membership.objects.filter(user=scientist).delete()
    access.forget(scientist)
    say(manager, "@scientist again", thing)
    assert len(told(User.objects.get(pk=scientist.pk))) == 1


def test_who_takes_part_hears_of_later_answers_and_nobody_of_their_own(say, manager, scientist, executive):
    first = say(manager, "@executive look")
    answer = say(scientist, "why?", answers=first)
    assert answer.answers_id == first.pk
    assert told(manager) == ["scientist answers on the outlook of Cancellation calls: why?"]
    assert len(told(executive)) == 2
    again = say(executive, "since May", answers=answer)
    assert again.answers_id == first.pk, "an answer to an answer stands in the same thread"
    assert (len(told(manager)), len(told(scientist)), len(told(executive))) == (2, 1, 2)


def test_the_owner_of_a_kpi_and_the_author_of_a_version_are_concerned(world, say, kpi, manager, scientist, executive):
    type(world.value).objects.filter(pk=world.value.pk).update(owner="Manager")
    say(executive, "is it right?", kpi)
    assert len(told(manager)) == 1
    say(executive, "who wrote it?", f"mapping/{world.product.slug}/{world.version.mapping_id}/1")
    assert len(told(scientist)) == 1


def test_an_answer_stays_with_its_thing(world, say, kpi, manager):
    first = say(manager, "one", kpi)
    with pytest.raises(access.Hidden):
        say(manager, "two", answers=first)


def test_words_are_changed_within_their_time_and_those_before_are_kept(say, manager, scientist, executive):
    said = say(manager, "@scientist look")
    comments.edit(manager, said, text="@scientist and @executive look")
    row = Comment.objects.get()
    assert (row.text, row.edited_at is not None) == ("@scientist and @executive look", True)
    act = CommentAct.objects.get()
    assert (act.act, act.before, act.user) == ("edited", "@scientist look", manager)
    assert (len(told(scientist)), len(told(executive))) == (1, 1)
    comments.edit(manager, row, text=" @scientist and @executive look ")
    assert CommentAct.objects.count() == 1, "the same words are no change"
    with pytest.raises(access.Denied):
        comments.edit(scientist, row, text="mine")
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    with pytest.raises(Conflict, match="15 minutes"):
        comments.edit(manager, Comment.objects.get(), text="late")


def test_one_s_own_are_withdrawn_and_an_administrator_withdraws_any(say, manager, scientist, admin):
    said, other = say(manager, "secret"), say(manager, "rude")
    with pytest.raises(access.Denied):
        comments.withdraw(scientist, said)
    comments.withdraw(manager, said)
    comments.withdraw(admin, other)
    assert [row.withdrawn_by for row in Comment.objects.all()] == [manager, admin]
    assert list(CommentAct.objects.values_list("before", flat=True)) == ["secret", "rude"]
    with pytest.raises(Conflict):
        comments.withdraw(manager, Comment.objects.get(pk=said.pk))
    with pytest.raises(Conflict):
        comments.edit(manager, Comment.objects.get(pk=said.pk), text="back")


def test_a_thread_is_resolved_and_reopened_by_whom_and_when(world, say, manager, executive):
    first = say(manager, "why?")
    answer = say(executive, "so", answers=first)
    comments.resolve(executive, first)
    row = Comment.objects.get(pk=first.pk)
    assert (row.resolved_by, row.resolved_at is not None) == (executive, True)
    with pytest.raises(Conflict, match="resolved already"):
        comments.resolve(manager, row)
    with pytest.raises(Conflict, match="settled with its thread"):
        comments.resolve(manager, answer)
    comments.reopen(manager, row)
    assert Comment.objects.get(pk=first.pk).resolved_at is None
    assert [(act.act, act.user) for act in first.acts.all()] == [("resolved", executive), ("reopened", manager)]
    done = set(AuditEntry.objects.filter(action__startswith="comment.").values_list("action", flat=True))
    assert done == {"comment.create", "comment.resolved", "comment.reopened"}


def test_open_threads_are_counted_thing_by_thing(world, say, kpi, manager):
    one, two, gone = say(manager, "1", kpi), say(manager, "2", kpi), say(manager, "3", kpi)
    say(manager, "an answer", kpi, answers=two)
    say(manager, "elsewhere")
    comments.resolve(manager, one)
    comments.withdraw(manager, gone)
    outlook = f"product/{world.product.slug}"
    assert threads.counts([world.product], [kpi, outlook, "run/x/y"]) == {kpi: 1, outlook: 1}


def test_a_list_holds_what_a_person_may_read_alone(world, say, manager, executive):
    version = world.second_version()
    say(manager, "hidden", f"mapping/{world.product.slug}/{version.mapping_id}/2")
    shown = say(manager, "shown", f"mapping/{world.product.slug}/{version.mapping_id}/1")
    for person, count in ((manager, 2), (executive, 1)):
        rows = threads.of_product(person, world.product)
        found = threads.shown(person, world.product, rows)
        assert len(found) == count
    assert found[0].first.pk == shown.pk


def test_an_archived_product_is_read_and_nothing_is_said_in_it(world, say, manager, admin):
    said = say(manager, "before")
    products.archive(admin, world.product)
    world.product.refresh_from_db()
    assert threads.comment(manager, world.product, said.pk)[0].pk == said.pk
    with pytest.raises(access.Denied):
        say(manager, "after")
