"""Definitions that go round: refused when they are proposed, and unknown with the reason wherever they are stored."""

import pytest
from django.test import Client

from metrics.core.estimate import Unknown
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.queries.documents.known import Known
from metrics.queries.documents.rounds import MOST_DEEP, depth, round_trip, troubles
from metrics.queries.evaluation.results import quantity
from metrics.services.kpi import kpis, mappings
from metrics.services.writing.refusal import Invalid
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(world):
    """draft("a", "2 * b"): a mapping of a KPI of this name, which is made where it is missing."""

    def made(key, text):
        known = {row.key: row for row in world.product.kpis.all()}
        unit = {"unit": "EUR/booking"}
        manager = world.people["manager"]
        for name in {key, *(word for word in text.split() if word.isidentifier())} - known.keys():
            known[name] = kpis.create_kpi(manager, world.product, key=name, name=name.upper(), **unit)
        given = {"kpi": known[key], "name": key.upper(), "definition": {"kind": "formula", "text": text}}
        return mappings.create_mapping(world.people["scientist"], world.product, **given)

    return made


def propose(world, version):
    return mappings.propose(world.people["scientist"], version, seen=version.digest)


def approve(world, version):
    propose(world, version)
    return mappings.approve(world.people["manager"], version, seen=version.digest)


def refused(call, *given):
    with pytest.raises(Invalid) as told:
        call(*given)
    return told.value.faults[0]


def force(version):
    """In force without anybody having looked, as data of an earlier day may be."""
    MappingVersion.objects.filter(pk=version.pk).update(state=MappingVersion.State.APPROVED)


def test_the_second_of_two_drafts_that_go_round_is_refused_when_it_is_proposed(world, draft):
    first, second = draft("a", "2 * b"), draft("b", "3 * a")
    propose(world, first)
    fault = refused(propose, world, second)
    assert (fault.code, bool(fault.remedy)) == ("circle", True)
    assert "b would be computed from itself: b → a → b" in fault.message
    assert MappingVersion.objects.get(pk=second.pk).state == "draft"


def test_once_the_first_is_proposed_the_second_is_refused_as_a_draft_too(world, draft):
    propose(world, draft("a", "2 * b"))
    assert refused(draft, "b", "3 * a").code == "circle"


@pytest.mark.parametrize("long", [3, 6])
def test_a_round_of_any_length_is_refused(world, draft, long):
    names = [f"k{place}" for place in range(long)]
    versions = [draft(name, f"2 * {names[(place + 1) % long]}") for place, name in enumerate(names)]
    for version in versions[:-1]:
        propose(world, version)
    assert " → ".join([names[-1], *names]) in refused(propose, world, versions[-1]).message


def test_a_proposal_that_is_withdrawn_stands_in_nobodys_way(world, draft):
    first, second = draft("a", "2 * b"), draft("b", "3 * a")
    propose(world, first)
    mappings.withdraw(world.people["scientist"], first, seen=first.digest)
    assert propose(world, second).state == "endorsed"


PAGES = ("kpis/", "mappings/", "", "runs/", "risks/", "what-if/", "fidelity/")


@pytest.mark.parametrize("stored", ["one in force, one a draft", "both in force"])
def test_a_round_in_what_is_stored_is_unknown_with_the_reason_on_every_page(world, draft, stored):
    first, second = draft("a", "2 * b"), draft("b", "3 * a")
    approve(world, first)
    if stored == "both in force":
        force(second)
    world.compute()
    client = Client()
    assert client.login(username="manager", password=PASSWORD)
    slug = world.product.slug
    versions = [f"mappings/{version.mapping_id}/1/" for version in (first, second)]
    for page in (*PAGES, *versions):
        assert client.get(f"/p/{slug}/{page}").status_code < 500, page
    for path in (
        f"/products/{slug}/kpis/",
        *(f"/mappings/{one.mapping_id}/versions/1/impact/" for one in (first, second)),
    ):
        assert client.get(f"/api/v1{path}").status_code < 500, path
    if stored == "both in force":
        found = quantity(KPIResult.objects.get(version=first, newest=True), reason="")
        assert isinstance(found, Unknown)
        assert "b would be computed from itself: b → a → b" in found.reason
        assert set(troubles(Known(world.product))) == {"a", "b"}


def test_a_chain_that_is_too_deep_is_refused_and_unknown_where_it_is_stored(world, draft):
    chain = [draft(f"k{place}", f"2 * k{place + 1}") for place in range(MOST_DEEP + 5)]
    for version in chain[::-1][:MOST_DEEP]:
        approve(world, version)
    assert refused(propose, world, chain[4]).code == "deep"
    for version in chain:
        force(version)
    world.compute()
    found = quantity(KPIResult.objects.get(version=chain[0], newest=True), reason="")
    assert isinstance(found, Unknown)


def test_the_shortest_way_round_is_told():
    under = {"a": {"b", "c"}, "b": {"d"}, "c": {"a"}, "d": {"a"}}
    assert round_trip("a", under["a"], lambda key: under.get(key, ())) == ["a", "c", "a"]
    assert round_trip("x", {"a"}, lambda key: under.get(key, ())) == []
    assert depth({"b"}, lambda key: {"b": {"d"}}.get(key, ())) == 2
    assert depth({"a"}, lambda key: under.get(key, ())) == MOST_DEEP + 1
