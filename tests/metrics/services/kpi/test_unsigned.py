"""What nobody signed is corrected and deleted; what stands on it keeps it, and says so."""

import pytest

from metrics import access
from metrics.models.kpi import KPI, Assumption, Mapping, MappingVersion
from metrics.models.product import AuditEntry
from metrics.services.kpi import kpis, mappings, unsigned
from metrics.services.revenue import scenarios
from metrics.services.writing.refusal import Conflict, Invalid

pytestmark = pytest.mark.django_db

HALF = {"kind": "formula", "text": "offer * 0.5"}
POINT = {"kind": "point", "value": 0.4}


@pytest.fixture
def offer(manager, product):
    return kpis.create_assumption(manager, product, key="offer", name="Offer", unit="share", distribution=POINT)


@pytest.fixture
def guests(manager, product):
    return kpis.create_kpi(manager, product, name="Guests kept", unit="share")


@pytest.fixture
def draft(manager, product, guests, offer):
    return mappings.create_mapping(manager, product, kpi=guests, name="Kept", definition=HALF)


def test_a_key_comes_from_the_name_and_no_two_are_alike(manager, product) -> None:
    names = ("Guests kept", "Guests  kept!", "Brier", "2 nights", "Gäste")
    made = [kpis.create_kpi(manager, product, name=name).key for name in names]
    assert made == ["guests_kept", "guests_kept_2", "kpi_brier", "kpi_2_nights", "gaste"]
    other = kpis.create_assumption(manager, product, name="Guests kept", unit="share", distribution=POINT)
    assert other.assumption.key == "guests_kept_3"


def test_a_unit_is_corrected_while_nothing_is_signed_and_its_draft_speaks_of_the_new_one(
    manager, guests, draft
) -> None:
    before = draft.digest
    kpis.update_kpi(manager, guests, unit="EUR/booking")
    draft.refresh_from_db()
    assert draft.digest != before
    with pytest.raises(Invalid, match="gives a pure number, but Guests kept is in EUR / booking"):
        mappings.propose(manager, draft, seen=draft.digest)
    kpis.update_kpi(manager, guests, unit="share")
    draft.refresh_from_db()
    assert mappings.propose(manager, draft, seen=draft.digest).state == "proposed"


@pytest.mark.parametrize("acts", [["propose"], ["propose", "endorse"], ["propose", "endorse", "approve"]])
def test_what_a_signed_mapping_stands_on_is_kept_and_the_reason_names_it(
    manager, scientist, guests, draft, acts
) -> None:
    for act in acts:
        getattr(mappings, act)(scientist if act == "endorse" else manager, draft, seen=draft.digest)
    with pytest.raises(Invalid, match=r"cannot be changed: its mapping, version 1, (is|was)"):
        kpis.update_kpi(manager, guests, unit="EUR")
    with pytest.raises(Conflict, match="Guests kept cannot be deleted: its mapping, version 1"):
        unsigned.delete_kpi(manager, guests)
    offer = Assumption.objects.get(key="offer")
    named = "Kept, version 1, which was signed or is to be, names it"
    with pytest.raises(Conflict, match=named):
        unsigned.delete_assumption(manager, offer)
    with pytest.raises(Invalid, match=named):
        unsigned.correct_assumption(manager, offer, name="Offer", unit="EUR")
    with pytest.raises(Conflict, match="Kept, version 1 cannot be deleted"):
        unsigned.delete_draft(manager, draft)
    assert not AuditEntry.objects.filter(action__contains="delete").exists()


def test_a_draft_that_names_a_thing_is_told_and_gone_with_it_the_thing_can_go(manager, product, guests, draft) -> None:
    offer = Assumption.objects.get(key="offer")
    with pytest.raises(Conflict, match="the draft of Kept names it: change or delete that first"):
        unsigned.delete_assumption(manager, offer)
    unsigned.delete_draft(manager, draft)
    assert not Mapping.objects.exists()
    unsigned.delete_assumption(manager, offer)
    unsigned.delete_kpi(manager, guests)
    assert not KPI.objects.exists()
    assert not Assumption.objects.exists()
    audited = AuditEntry.objects.filter(action__contains="delete").order_by("created_at")
    assert [row.action for row in audited] == ["mapping.delete_draft", "assumption.delete", "kpi.delete"]
    assert audited[0].detail["definition"]["text"] == "offer * 0.5"
    assert audited[1].detail["versions"] == [POINT]


def test_a_draft_beside_a_version_in_force_goes_alone(world, manager) -> None:
    new = mappings.create_version(manager, world.version.mapping, definition=world.version.definition)
    unsigned.delete_draft(manager, new)
    assert list(MappingVersion.objects.values_list("number", flat=True)) == [1]
    for name in ("volume", "value"):
        with pytest.raises(Conflict, match="cannot be deleted"):
            unsigned.delete_kpi(manager, getattr(world, name))


def test_what_the_projection_or_a_scenario_is_made_of_is_kept(world, manager) -> None:
    with pytest.raises(Conflict, match=r"the projection is made of it \(volume\): change that first"):
        unsigned.delete_kpi(manager, world.volume)
    growth = Assumption.objects.get(key="growth")
    with pytest.raises(Conflict, match=r"the projection is made of it \(growth\)"):
        unsigned.delete_assumption(manager, growth)
    other = kpis.create_assumption(manager, world.product, key="rain", name="Rain", unit="share", distribution=POINT)
    scenarios.save(manager, world.product, name="Wet", overrides={"rain": 0.6})
    with pytest.raises(Conflict, match="the scenario Wet moves it"):
        unsigned.delete_assumption(manager, other.assumption)


def test_an_assumption_is_corrected_where_what_was_stated_lies_in_its_new_unit(manager, product) -> None:
    made = kpis.create_assumption(
        manager, product, key="cost", name="Cost", unit="EUR", distribution={"kind": "point", "value": 3.0}
    ).assumption
    with pytest.raises(Invalid):
        unsigned.correct_assumption(manager, made, name="Cost", unit="share")  # 3 is no share
    unsigned.correct_assumption(manager, made, name="Cost of a call", unit="EUR/booking")
    made.refresh_from_db()
    assert (made.name, made.unit) == ("Cost of a call", "EUR/booking")
    assert AuditEntry.objects.get(action="assumption.correct").detail["was"] == "EUR"


def test_only_who_may_change_a_thing_may_delete_it(scientist, executive, guests, offer, draft) -> None:
    for person in (scientist, executive):
        for call, thing in (
            (unsigned.delete_kpi, guests),
            (unsigned.delete_assumption, offer.assumption),
            (unsigned.delete_draft, draft),  # the manager's
        ):
            with pytest.raises(access.Denied):
                call(person, thing)
