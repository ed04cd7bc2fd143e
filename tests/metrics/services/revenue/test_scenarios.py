"""Scenarios are kept with a reason, called otherwise, removed, and brought back as they were; each is in the audit."""

import pytest

from metrics import access
from metrics.models.product import AuditEntry
from metrics.models.revenue import Scenario
from metrics.queries.revenue import scenarios as queries
from metrics.services.revenue import scenarios
from metrics.services.writing.refusal import Conflict, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def hard(world, executive):
    given = {"growth": 0.02, "offer": 0.06}
    return scenarios.save(executive, world.product, name="A hard year", why="two are rebuilt", overrides=given)


def audited(action):
    return AuditEntry.objects.filter(action=action).order_by("-created_at").first()


def test_one_says_who_saved_it_when_why_and_on_what_it_stood(world, hard, executive):
    assert (hard.saved_by, hard.why) == (executive, "two are rebuilt")
    offer = world.product.assumptions.get(key="offer").versions.get()
    growth = world.product.assumptions.get(key="growth").versions.get()
    assert hard.stood == {"offer": offer.pk, "growth": growth.pk}


def test_the_same_name_again_in_any_case_replaces_it_under_its_address(world, hard, manager):
    again = scenarios.save(manager, world.product, name="a Hard  year", overrides={"offer": 0.04})
    assert (again.pk, again.key, again.saved_by, again.why) == (hard.pk, "a_hard_year", manager, "")
    assert audited("scenario.save").detail == {"replaced": {"growth": 0.02, "offer": 0.06}}


def test_a_new_name_keeps_the_address_and_no_other_may_have_it(world, hard, manager):
    scenarios.save(manager, world.product, name="Good", overrides={"offer": 0.04})
    renamed = scenarios.rename(manager, hard, name=" Lean  year ", why=" one is rebuilt ")
    assert (renamed.key, renamed.name, renamed.why) == ("a_hard_year", "Lean year", "one is rebuilt")
    assert audited("scenario.rename").detail == {"name": "A hard year", "why": "two are rebuilt"}
    for name, code in (("good", "taken"), ("12", "invalid"), ("", "invalid")):
        with pytest.raises(Invalid) as refused:
            scenarios.rename(manager, hard, name=name, why="")
        assert refused.value.faults[0].code == code


def test_an_address_means_one_scenario_for_ever(world, hard, executive):
    scenarios.rename(executive, hard, name="Lean year", why="")
    other = scenarios.save(executive, world.product, name="A hard year", overrides={"offer": 0.05})
    assert other.key == "a_hard_year_2"
    scenarios.remove(executive, hard)
    third = scenarios.save(executive, world.product, name="A  hard year!", overrides={"offer": 0.05})
    assert third.key == "a_hard_year_3"


def test_what_is_removed_comes_back_as_it_was_saved(world, hard, executive, manager):
    scenarios.remove(executive, hard)
    assert not queries.scenarios(world.product)
    with pytest.raises(access.Hidden):
        queries.scenario(world.product, hard.key)
    (gone,) = queries.removed(world.product)
    assert (gone.pk, gone.withdrawn_by) == (hard.pk, executive)
    back = scenarios.restore(manager, gone)
    for field in ("key", "name", "why", "overrides", "stood", "saved_by_id", "saved_at"):
        assert getattr(back, field) == getattr(hard, field)
    assert not queries.removed(world.product)
    with pytest.raises(Conflict, match="brought back already"):
        scenarios.restore(manager, queries.one_removed(world.product, gone.pk))
    assert [row.pk for row in queries.scenarios(world.product)] == [back.pk]
    assert audited("scenario.restore").actor == manager.mark


def test_it_does_not_come_back_over_another_of_its_name_or_beyond_the_most(world, hard, executive, monkeypatch):
    scenarios.remove(executive, hard)
    other = scenarios.save(executive, world.product, name="A HARD YEAR", overrides={"offer": 0.05})
    with pytest.raises(Conflict, match="another scenario is called A hard year"):
        scenarios.restore(executive, queries.one_removed(world.product, hard.pk))
    scenarios.rename(executive, other, name="Other", why="")
    monkeypatch.setattr(scenarios, "MOST", 1)
    with pytest.raises(Conflict, match="there are 1 scenarios"):
        scenarios.restore(executive, queries.one_removed(world.product, hard.pk))
    assert Scenario.objects.filter(withdrawn_at=None).count() == 1


def test_one_that_was_not_removed_is_not_brought_back(world, hard, executive):
    with pytest.raises(access.Hidden):
        queries.one_removed(world.product, hard.pk)
    with pytest.raises(Conflict):
        scenarios.restore(executive, hard)


@pytest.mark.parametrize("act", ["rename", "remove", "restore"])
def test_a_scientist_changes_no_scenario(hard, scientist, act):
    with pytest.raises(access.Denied):
        getattr(scenarios, act)(scientist, hard, **({"name": "x", "why": ""} if act == "rename" else {}))
