"""Terms of choice and their two signatures: nobody moves the posts without it being seen."""

import copy

import pytest

from metrics.access import Denied
from metrics.models.notice import Notice
from metrics.models.product import AuditEntry
from metrics.models.selection import TermsVersion
from metrics.services.selection import terms
from metrics.services.writing.refusal import Conflict, Invalid


def test_terms_come_in_force_by_two_people_of_two_roles_and_supersede_those_before(in_force, model):
    first, second = in_force(), in_force()
    states = dict(TermsVersion.objects.values_list("number", "state"))
    assert states == {first.number: "superseded", second.number: "approved"}
    assert [row.role for row in second.signatures.filter(act__in=["endorsed", "approved"])] == [
        "data_scientist",
        "project_manager",
    ]
    assert AuditEntry.objects.filter(action="terms.approve").count() == 2


def test_who_drafts_alone_cannot_put_them_in_force(model, manager, scientist):
    draft = terms.propose(manager, (made := terms.create(manager, model)), seen=made.digest)
    with pytest.raises(Conflict):
        terms.approve(manager, draft, seen=draft.digest)
    with pytest.raises(Denied):
        terms.endorse(manager, draft, seen=draft.digest)


def test_who_saw_another_text_does_not_sign_this_one(model, manager, scientist):
    draft = terms.create(manager, model)
    seen = draft.digest
    wider = copy.deepcopy(draft.definition)
    wider["objectives"][0]["smallest"] = 0.5
    terms.edit_draft(manager, draft, definition=wider, seen=seen)
    with pytest.raises(Conflict, match="has changed since you saw it"):
        terms.propose(manager, draft, seen=seen)


@pytest.mark.parametrize("who", ["scientist", "executive"])
def test_each_sets_the_objectives_of_the_own_role_and_nobody_elses(in_force, model, people, who):
    role = {"scientist": "data_scientist", "executive": "executive"}[who]
    definition = copy.deepcopy(in_force().definition)
    mine = next(one for one in definition["objectives"] if one["role"] == role)
    mine["smallest"] *= 2
    assert terms.create(people[who], model, definition=definition).state == "draft"
    others = next(one for one in definition["objectives"] if one["role"] != role)
    others["smallest"] *= 2
    with pytest.raises(Denied, match="of your own role"):
        terms.create(people[who], model, definition=definition)


@pytest.mark.parametrize("who", ["scientist", "executive"])
def test_guardrails_and_the_rule_are_set_by_a_manager(in_force, model, people, who):
    definition = in_force().definition
    loss = definition["objectives"][0]["figure"]
    guardrail = {"figure": loss, "sense": "at_most", "limit": 0.7, "probability": 0.9}
    for changed in ({"guardrails": [guardrail]}, {"rule": "nash_from_worst"}, {"quorum": {"executive": 2}}):
        with pytest.raises(Denied):
            terms.create(people[who], model, definition=definition | changed)
        assert terms.create(people["manager"], model, definition=definition | changed).state == "draft"


def test_an_objection_needs_its_reason_and_tells_who_makes_terms(model, manager, scientist):
    draft = terms.propose(manager, (made := terms.create(manager, model)), seen=made.digest)
    with pytest.raises(Invalid, match="reason"):
        terms.object_to(scientist, draft, seen=draft.digest, reason=" ")
    back = terms.object_to(scientist, draft, seen=draft.digest, reason="15 k is within the noise")
    assert back.state == "draft"
    told = Notice.objects.get(user=manager, kind="objected")
    assert "15 k is within the noise" in told.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"objectives": []}, "definition.objectives"),
        ({"guardrails": [{"figure": {"kind": "metric", "metric": "nonsense"}}]}, "definition.guardrails.0"),
        ({"rule": "the loudest"}, "definition.rule"),
    ],
)
def test_terms_that_cannot_be_used_are_refused_by_field_cause_and_remedy(model, manager, changed, field):
    definition = terms.create(manager, model).definition
    with pytest.raises(Invalid) as refused:
        terms.create(manager, model, definition=definition | changed)
    (fault,) = refused.value.faults
    assert fault.field.startswith(field)
    assert fault.remedy


def test_a_draft_is_deleted_with_what_was_told_of_it_and_the_audit_keeps_its_text(model, manager, scientist):
    draft = terms.create(manager, model)
    terms.delete_draft(manager, draft, seen=draft.digest)
    assert not TermsVersion.objects.exists()
    assert AuditEntry.objects.get(action="terms.delete_draft").detail["definition"] == draft.definition
