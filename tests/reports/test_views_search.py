"""Search and the palette: everything with a name is found, and whatever is named opens for whoever looked for it."""

import re

import pytest
from django.utils import timezone

from metrics.models.evaluation import Metric, Model
from metrics.models.selection import Decision
from metrics.services.evaluation import runs
from metrics.services.kpi import mappings
from metrics.services.selection import decisions, terms
from reports.templatetags.names import marked

pytestmark = pytest.mark.django_db

ROLES = ("scientist", "manager", "executive", "admin", "outsider")
OPTION = re.compile(r'<a\s+role="option".*?href="([^"]*)"', re.DOTALL)
RECEIPT = re.compile(r'data-receipt="([^"]*)"')
PART = {"HX-Request": "true"}
# words that meet every kind; the last ones look through one kind, and for nothing
TEXTS = (
    "call",
    "first",
    "cancellation",
    "log",
    "o",
    "secret",
    "draft",
    "late",
    ">",
    "> new",
    "@",
    "@ m",
    "",
    "decision",
    "terms",
    "taken back",
    "sent back",
    "early",
)


@pytest.fixture
def named(world, people, rows, log, make_product, compute):
    """Things of every kind and state: drafts, retired mappings, a metric of its own, a product that is archived."""
    world.second_version()
    scientist, manager = people["scientist"], people["manager"]
    drafted = make_kpi(manager, world.product, "draft_only", "Draft only")
    mappings.create_mapping(
        scientist, world.product, kpi=drafted, name="Draft rule", definition={"kind": "formula", "text": "offer"}
    )
    Metric.objects.create(product=world.product, key="late_share", name="Late share", direction="down", task="binary")
    model = Model.objects.get()
    draft = terms.create(manager, model)
    for step, who in ((terms.propose, manager), (terms.endorse, scientist), (terms.approve, manager)):
        draft = step(who, draft, seen=draft.digest)
    terms.create(manager, model)
    decisions.open_(manager, model)
    reported = {"model": "cancellation", "metrics": {"roc_auc": 0.8}}
    runs.log_run(scientist, world.product, manifest=reported | {"version": "early", "name": "Told early"})
    gone = runs.log_run(scientist, world.product, manifest=reported | {"version": "gone", "name": "Taken back"})
    runs.withdraw(scientist, gone, reason="wrong labels")
    other_kpi = make_kpi(manager, world.product, "sent_back", "Other one")
    sent_back = mappings.create_mapping(
        scientist, world.product, kpi=other_kpi, name="Sent back", definition={"kind": "formula", "text": "offer"}
    )
    proposed = mappings.propose(scientist, sent_back, seen=sent_back.digest)
    mappings.object_to(manager, proposed, seen=proposed.digest, reason="of no use")
    other = make_product("Secret deposits", seed=12)
    other.archived_at = timezone.now()
    other.save()
    return world


def make_kpi(manager, product, key, name):
    from metrics.services.kpi import kpis

    return kpis.create_kpi(manager, product, key=key, name=name, unit="share")


def found(client, text):
    """Names by title, as the page shows them."""
    page = client.get("/search/", {"q": text})
    assert page.status_code == 200
    return {group.title: [hit.name for hit in group.hits] for group in page.context["found"].groups}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_named_opens_for_whoever_looked_for_it(named, client, people, role) -> None:
    client.force_login(people[role])
    tried = set()
    for text in TEXTS:
        for headers in ({}, PART):
            answer = client.get("/search/", {"q": text}, headers=headers)
            html = answer.content.decode()
            hits = [hit for group in answer.context["found"].groups for hit in group.hits]
            if headers:
                assert html.count('role="option"') == len(OPTION.findall(html)) == len(hits)
                tried |= set(RECEIPT.findall(html))
            tried |= {hit.url for hit in hits}
    assert len(tried) >= 5
    refused = {url: client.get(url).status_code for url in sorted(tried)}
    assert {url: status for url, status in refused.items() if status != 200} == {}


def test_a_run_that_was_withdrawn_is_found_as_such(named, client, people) -> None:
    client.force_login(people["executive"])
    ((run,),) = (
        group.hits
        for group in client.get("/search/", {"q": "taken back"}).context["found"].groups
        if group.title == "Runs"
    )
    assert (run.name, run.aside) == ("Taken back", "withdrawn")


def test_every_kind_is_found(named, client, people) -> None:
    client.force_login(people["scientist"])
    assert found(client, "cancellation calls")["Products"] == ["Cancellation calls"]
    assert found(client, "bookings")["KPIs"] == ["Bookings"]
    assert found(client, "value per call")["Mappings"] == ["Value per call"]
    assert found(client, "keep rate")["Assumptions"] == ["keep rate"]
    assert found(client, "first")["Runs"] == ["first"]
    assert found(client, "cancellation")["Models"] == ["cancellation"]
    assert found(client, "decision 1")["Decisions"] == ["Decision 1 on cancellation"]
    assert found(client, "decision cancel")["Decisions"] == ["Decision 1 on cancellation"]
    assert found(client, "terms of choice")["Terms of choice"] == ["Terms of choice of cancellation"]
    assert found(client, "log loss")["Metrics"] == ["Log loss"]
    assert found(client, "late_share")["Metrics"] == ["Late share"]
    assert found(client, named.run.data_set.name)["Data sets"] == [named.run.data_set.name]
    assert found(client, "executive")["People"] == ["executive"]
    assert found(client, "which loss")["Pages"] == ["Which loss?"]
    assert "Log a run in Cancellation calls" in found(client, "log a run")["Actions"]
    assert found(client, "api reference")["Pages"] == ["API reference"]


def test_a_name_that_begins_with_the_word_comes_first(named, client, people) -> None:
    client.force_login(people["manager"])
    assert next(iter(found(client, "book"))) == "KPIs"
    assert next(iter(found(client, "member"))) == "Pages"


def test_a_draft_is_named_to_its_makers_and_not_to_an_executive(named, client, people) -> None:
    client.force_login(people["scientist"])
    assert found(client, "draft rule")["Mappings"] == ["Draft rule"]
    client.force_login(people["executive"])
    assert "Mappings" not in found(client, "draft rule")
    # of a mapping in force with a newer draft an executive is led to the version in force
    assert found(client, "value per call")["Mappings"] == ["Value per call"]


def test_terms_lead_to_the_version_in_force_and_a_decision_to_where_it_stands(named, client, people) -> None:
    client.force_login(people["executive"])
    groups = {
        group.title: group.hits for group in client.get("/search/", {"q": "cancellation"}).context["found"].groups
    }
    ((decided,), (of_choice,)) = groups["Decisions"], groups["Terms of choice"]
    assert (decided.url, decided.verdict.words) == ("/p/cancellation-calls/decisions/1/", "Open")
    assert (of_choice.url, of_choice.aside) == ("/p/cancellation-calls/terms/cancellation/1/", "version 1, in force")
    Decision.objects.update(chosen=named.run)
    assert found(client, named.run.version.name)["Decisions"] == ["Decision 1 on cancellation"]


def test_data_sets_and_people_are_named_to_those_who_may_see_them(named, client, people) -> None:
    client.force_login(people["executive"])
    assert "Data sets" not in found(client, named.run.data_set.name)
    assert found(client, "@ scien")["People"] == ["scientist"]
    client.force_login(people["outsider"])
    assert found(client, "scientist") == {}
    assert found(client, "@") == {}


def test_what_is_in_an_archived_product_is_not_named_and_the_words_say_so(named, client, people) -> None:
    client.force_login(people["manager"])
    assert "Products" not in found(client, "secret")
    page = client.get("/search/", {"q": "zzz"}).content.decode()
    assert "in archived ones" in page
    part = client.get("/search/", {"q": "zzz"}, headers=PART).content.decode()
    assert "Nothing at work that you may see is called “zzz”." in part
    assert "New KPI in Cancellation calls" in part


def test_nothing_is_said_to_be_missing_before_anything_is_typed(named, client, people) -> None:
    client.force_login(people["manager"])
    assert "Nothing" not in client.get("/search/", headers=PART).content.decode()
    assert list(found(client, "")) == ["Actions", "Pages"]


def test_an_action_is_offered_to_whose_it_is(named, client, people) -> None:
    client.force_login(people["scientist"])
    assert found(client, "> new")["Actions"] == [
        "New mapping in Cancellation calls",
        "New metric in Cancellation calls",
    ]
    client.force_login(people["executive"])
    assert found(client, "> new") == {"Pages": ["New delivery", "New alert"]}
    client.force_login(people["manager"])
    assert "Import actuals of Bookings" in found(client, "bookings")["Next"]
    assert "Renew keep rate" in found(client, "keep rate")["Next"]
    client.force_login(people["executive"])
    assert "Next" not in found(client, "keep rate")


def test_hits_hold_the_figure_that_their_page_shows(named, client, people) -> None:
    client.force_login(people["manager"])
    part = client.get("/search/", {"q": "value"}, headers=PART).content.decode()
    board = client.get("/p/cancellation-calls/kpis/").content.decode()
    shown = re.search(r'<mark>Value</mark>.*?<span class="num">(.*?)</span>\s*<span>\[(.*?)\]', part, re.DOTALL)
    assert shown
    assert shown[1].strip() in board


def test_a_product_of_others_is_not_named(named, client, people, make_product) -> None:
    from metrics.models.product import Membership

    hidden = make_product("Hidden upgrades", seed=13)
    Membership.objects.filter(product=hidden).delete()
    client.force_login(people["manager"])
    assert list(found(client, "hidden")) == ["Actions"]
    client.force_login(people["admin"])
    assert found(client, "hidden")["Products"] == ["Hidden upgrades"]


def test_marks_are_put_into_what_is_escaped() -> None:
    assert marked("<Call>s & calls", ["call"]) == "&lt;<mark>Call</mark>&gt;s &amp; <mark>call</mark>s"
    assert marked("<b>", []) == "&lt;b&gt;"
