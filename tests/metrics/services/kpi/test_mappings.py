"""Mappings and their two signatures: what each person alone can do, and what only two can."""

import pytest

from metrics import access
from metrics.models.kpi import Mapping, MappingVersion, Signature
from metrics.models.product import AuditEntry, Membership, User
from metrics.models.work import Change, Work
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board, catalogue, waiting
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.product.products import add_member, change_role
from metrics.services.writing.refusal import Conflict, Invalid

pytestmark = pytest.mark.django_db

FORMULA = {"kind": "formula", "text": "precision_top10"}


@pytest.fixture
def hits(manager, product):
    return kpis.create_kpi(manager, product, key="hit_rate", name="Hit rate", unit="share")


@pytest.fixture
def second(product, admin):
    """Another data scientist and another manager of the product."""
    found = {}
    for username, role in (("scientist2", "data_scientist"), ("manager2", "project_manager")):
        found[username] = User.objects.create_user(username, password="a-long-password")
        add_member(admin, product, username=username, role=role)
    return found


def draft(author, of, definition=FORMULA):
    mapping = Mapping.objects.filter(kpi=of).first()
    if mapping is not None:
        return mappings.create_version(author, mapping, definition=definition)
    return mappings.create_mapping(author, of.product, kpi=of, name=of.name, definition=definition)


def sign(act, actor, version, **rest):
    return act(actor, version, seen=MappingVersion.objects.get(pk=version.pk).digest, **rest)


def state(version):
    return MappingVersion.objects.get(pk=version.pk).state


def acts(version):
    return list(version.signatures.filter(cleared=False).values_list("act", "user__username"))


def test_a_manager_proposes_a_scientist_endorses_and_the_manager_approves(manager, scientist, hits):
    version = draft(manager, hits)
    assert state(version) == "draft"
    assert sign(mappings.propose, manager, version).state == "proposed"
    assert sign(mappings.endorse, scientist, version).state == "endorsed"
    approved = sign(mappings.approve, manager, version)
    assert (approved.state, approved.approved_at is not None) == ("approved", True)
    assert acts(version) == [("proposed", "manager"), ("endorsed", "scientist"), ("approved", "manager")]


def test_a_scientist_who_writes_and_proposes_thereby_endorses(manager, scientist, hits):
    version = draft(scientist, hits)
    assert sign(mappings.propose, scientist, version).state == "endorsed"
    assert acts(version) == [("proposed", "scientist"), ("endorsed", "scientist")]
    assert sign(mappings.approve, manager, version).state == "approved"


def test_a_managers_proposal_of_a_scientists_draft_endorses_nothing(manager, scientist, hits):
    version = draft(scientist, hits)
    assert sign(mappings.propose, manager, version).state == "proposed"
    with pytest.raises(Conflict):
        sign(mappings.approve, manager, version)


def test_one_person_alone_cannot_put_a_version_in_force_even_in_both_roles(admin, product, hits, scientist, manager):

    version = draft(scientist, hits)
    sign(mappings.propose, scientist, version)
    change_role(admin, Membership.objects.get(user=scientist, product=product), role="project_manager")
    with pytest.raises(access.Denied, match="one person alone"):
        sign(mappings.approve, scientist, version)
    assert state(version) == "endorsed"
    assert sign(mappings.approve, manager, version).state == "approved"


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("manager", mappings.endorse),
        ("scientist", mappings.approve),
        ("executive", mappings.endorse),
        ("executive", mappings.approve),
        ("admin", mappings.approve),
        ("admin", mappings.endorse),
        ("executive", mappings.propose),
    ],
)
def test_nobody_signs_in_the_place_of_another_role(people, manager, hits, name, act):
    version = draft(manager, hits)
    if act is not mappings.propose:
        sign(mappings.propose, manager, version)
    if act is mappings.approve:
        sign(mappings.endorse, people["scientist"], version)
    before = state(version)
    with pytest.raises(access.Denied):
        sign(act, people[name], version)
    assert state(version) == before


def test_somebody_outside_finds_no_version_to_sign(outsider, manager, hits):
    version = draft(manager, hits)
    for act in (mappings.propose, mappings.endorse, mappings.approve, mappings.retire):
        with pytest.raises(access.Hidden):
            sign(act, outsider, version)


def test_a_scientist_proposes_own_drafts_only(scientist, second, hits):
    version = draft(scientist, hits)
    with pytest.raises(access.Denied):
        sign(mappings.propose, second["scientist2"], version)
    with pytest.raises(access.Denied):
        sign(mappings.edit_draft, second["scientist2"], version, definition=FORMULA)


def test_no_step_can_be_left_out_or_taken_twice(manager, scientist, second, hits):
    version = draft(manager, hits)
    for act, actor in ((mappings.endorse, scientist), (mappings.approve, manager), (mappings.retire, manager)):
        with pytest.raises(Conflict):
            sign(act, actor, version)
    sign(mappings.propose, manager, version)
    with pytest.raises(Conflict):
        sign(mappings.propose, manager, version)
    sign(mappings.endorse, scientist, version)
    with pytest.raises(Conflict):
        sign(mappings.endorse, second["scientist2"], version)
    sign(mappings.approve, manager, version)
    with pytest.raises(Conflict):
        sign(mappings.approve, second["manager2"], version)
    assert Signature.objects.filter(version=version).count() == 3


def test_an_objection_clears_the_signatures_and_goes_back_to_draft_with_its_reason(manager, scientist, hits):
    version = draft(manager, hits)
    sign(mappings.propose, manager, version)
    with pytest.raises(Invalid):
        sign(mappings.object_to, scientist, version, reason="  ")
    sign(mappings.object_to, scientist, version, reason="the top tenth is too coarse")
    assert state(version) == "draft"
    assert version.signatures.filter(act="proposed", cleared=True).exists()
    (objection,) = catalogue.objections(version)
    assert (objection.reason, objection.user) == ("the top tenth is too coarse", scientist)
    sign(mappings.propose, manager, version)
    sign(mappings.endorse, scientist, version)
    assert sign(mappings.approve, manager, version).state == "approved"


def test_an_endorsed_version_can_still_be_objected_to_and_one_in_force_cannot(manager, scientist, hits):
    version = draft(scientist, hits)
    sign(mappings.propose, scientist, version)
    sign(mappings.object_to, manager, version, reason="which rows?")
    assert state(version) == "draft"
    sign(mappings.propose, scientist, version)
    sign(mappings.approve, manager, version)
    with pytest.raises(Conflict):
        sign(mappings.object_to, scientist, version, reason="too late")


def test_signing_something_else_than_what_was_seen_is_a_conflict(manager, scientist, hits):
    version = draft(manager, hits)
    seen = version.digest
    mappings.edit_draft(manager, version, definition={"kind": "formula", "text": "precision"}, seen=seen)
    for act in (mappings.propose, mappings.edit_draft):
        rest = {"definition": FORMULA} if act is mappings.edit_draft else {}
        with pytest.raises(Conflict, match="changed since you saw it"):
            act(manager, version, seen=seen, **rest)
    assert state(version) == "draft"


def test_a_proposed_version_is_edited_no_more(manager, hits):
    version = draft(manager, hits)
    sign(mappings.propose, manager, version)
    with pytest.raises(Conflict):
        sign(mappings.edit_draft, manager, version, definition=FORMULA)


def test_editing_what_is_in_force_makes_a_new_version_that_supersedes_once_approved(manager, scientist, hits):
    first = draft(scientist, hits)
    sign(mappings.propose, scientist, first)
    sign(mappings.approve, manager, first)
    second_version = draft(scientist, hits, {"kind": "formula", "text": "precision"})
    assert (second_version.number, state(first)) == (2, "approved")
    assert not second_version.signatures.exists()
    sign(mappings.propose, scientist, second_version)
    sign(mappings.approve, manager, second_version)
    assert (state(first), state(second_version)) == ("superseded", "approved")
    with pytest.raises(Conflict):
        sign(mappings.retire, manager, first)


def test_a_retired_mapping_leaves_no_figure_in_force(manager, scientist, hits, product):
    version = draft(scientist, hits)
    sign(mappings.propose, scientist, version)
    sign(mappings.approve, manager, version)
    sign(mappings.retire, manager, version)
    assert state(version) == "retired"
    (row,) = board.board(Known(product))
    assert row.figure.quantity.reason == "no approved mapping"


def test_approving_says_why_figures_will_move_and_asks_for_them(manager, scientist, hits, product):
    version = draft(scientist, hits)
    sign(mappings.propose, scientist, version)
    assert not Change.objects.exists()
    sign(mappings.approve, manager, version)
    assert Change.objects.get().cause == "definition"
    assert Work.objects.get(kind="recompute").scope == product.pk


def test_each_step_is_in_the_audit_with_the_digest_that_was_signed(manager, scientist, hits):
    version = draft(manager, hits)
    sign(mappings.propose, manager, version)
    sign(mappings.endorse, scientist, version)
    sign(mappings.approve, manager, version)
    rows = AuditEntry.objects.filter(action__startswith="mapping.").order_by("created_at")
    assert [(row.actor, row.action) for row in rows] == [
        (manager.mark, "mapping.create_draft"),
        (manager.mark, "mapping.submit"),
        (scientist.mark, "mapping.endorse"),
        (manager.mark, "mapping.approve"),
    ]
    assert {row.detail["digest"] for row in rows} == {version.digest}


def test_a_kpi_has_one_mapping(manager, hits):
    draft(manager, hits)
    with pytest.raises(Invalid):
        mappings.create_mapping(manager, hits.product, kpi=hits, name="again", definition=FORMULA)


def test_the_kpi_of_another_product_is_not_there(manager, hits, make_product):
    with pytest.raises(access.Hidden):
        mappings.create_mapping(manager, make_product("Deposits"), kpi=hits, name="x", definition=FORMULA)


@pytest.mark.parametrize(
    ("definition", "field", "position"),
    [
        ({"kind": "formula", "text": "precision + nonsense"}, "definition.text", 12),
        ({"kind": "formula", "text": "precision +"}, "definition.text", 11),
        ({"kind": "formula", "text": "hit_rate * 2"}, "definition.text", 0),
        ({"kind": "formula", "text": "call_cost * 2"}, "definition.text", 0),
        ({"kind": "formula", "text": "precision + call_cost"}, "definition.text", 10),
        ({"kind": "formula"}, "definition.text", 0),
        ({"kind": "pickle"}, "definition.kind", None),
        ({}, "definition.kind", None),
    ],
)
def test_a_definition_is_refused_at_the_place_where_it_is_wrong(manager, product, hits, definition, field, position):
    price = {"kind": "point", "value": 3}
    kpis.create_assumption(manager, product, key="call_cost", name="Call", unit="EUR", distribution=price)
    with pytest.raises(Invalid) as refused:
        draft(manager, hits, definition)
    fault = refused.value.faults[0]
    assert (fault.field, fault.position) == (field, position)
    assert 0 < len(fault.message) <= 500
    assert not Mapping.objects.exists()


def test_a_kpi_is_never_computed_from_itself(manager, scientist, product, hits):
    other = kpis.create_kpi(manager, product, key="other_rate", name="Other", unit="share")
    first = draft(scientist, hits, {"kind": "formula", "text": "other_rate / 2"})
    sign(mappings.propose, scientist, first)
    sign(mappings.approve, manager, first)
    with pytest.raises(Invalid) as refused:
        draft(manager, other, {"kind": "formula", "text": "hit_rate * 2"})
    assert refused.value.faults[0].code == "circle"


def test_two_drafts_that_need_each_other_cannot_both_be_proposed(manager, scientist, product, hits):
    other = kpis.create_kpi(manager, product, key="other_rate", name="Other", unit="share")
    one = draft(scientist, hits, {"kind": "formula", "text": "other_rate / 2"})
    two = draft(scientist, other, {"kind": "formula", "text": "hit_rate * 2"})
    sign(mappings.propose, scientist, one)
    with pytest.raises(Invalid) as refused:
        sign(mappings.propose, scientist, two)
    assert refused.value.faults[0].code == "circle"
    sign(mappings.approve, manager, one)
    with pytest.raises(Invalid) as refused:
        sign(mappings.propose, scientist, two)
    assert refused.value.faults[0].code == "circle"
    assert state(two) == "draft"


def test_what_waits_for_a_person_is_what_that_person_can_sign_next(manager, scientist, executive, hits):
    version = draft(manager, hits)
    assert [waiting.waiting(user) for user in (scientist, manager, executive)] == [[], [], []]
    sign(mappings.propose, manager, version)
    assert [row.text for row in waiting.waiting(scientist)] == ["Endorse Hit rate, version 1"]
    assert waiting.waiting(manager) == []
    sign(mappings.endorse, scientist, version)
    assert waiting.waiting(scientist) == []
    assert [row.text for row in waiting.waiting(manager)] == ["Approve Hit rate, version 1"]


def test_promoting_a_version_makes_it_the_one_champion_of_its_model(manager, scientist, product, rows, log):
    one, two = (log(scientist, product, rows(n=100), version=version).version for version in ("one", "two"))
    promotion.promote(manager, one)
    promotion.promote(manager, two)
    one.refresh_from_db()
    assert (one.state, two.state) == ("candidate", "champion")
    with pytest.raises(access.Denied):
        promotion.promote(scientist, one)


def test_who_proposed_takes_it_back_to_draft_with_its_signatures_cleared_and_kept(manager, scientist, hits):
    version = draft(manager, hits)
    sign(mappings.propose, manager, version)
    sign(mappings.endorse, scientist, version)
    assert sign(mappings.withdraw, manager, version).state == "draft"
    assert acts(version) == []
    assert list(version.signatures.values_list("act", flat=True)) == ["proposed", "endorsed", "withdrawn"]
    sign(mappings.propose, manager, version)
    sign(mappings.withdraw, manager, version)
    sign(mappings.propose, manager, version)
    sign(mappings.endorse, scientist, version)
    assert sign(mappings.approve, manager, version).state == "approved"


def test_a_proposal_is_taken_back_by_nobody_else(manager, scientist, executive, outsider, second, hits):
    version = draft(scientist, hits)
    sign(mappings.propose, scientist, version)
    for person in (manager, second["manager2"], second["scientist2"], executive):
        with pytest.raises(access.Denied):
            sign(mappings.withdraw, person, version)
    with pytest.raises(access.Hidden):
        sign(mappings.withdraw, outsider, version)
    assert state(version) == "endorsed"


@pytest.mark.parametrize("upto", [(), ("propose", "endorse", "approve")])
def test_only_what_is_on_its_way_is_taken_back(manager, scientist, hits, upto):
    version = draft(manager, hits)
    for step in upto:
        sign(getattr(mappings, step), scientist if step == "endorse" else manager, version)
    with pytest.raises(Conflict):
        sign(mappings.withdraw, manager, version)
