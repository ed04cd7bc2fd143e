"""Two signatures by two people in two roles, over what each saw: tried at by every way round that the API offers."""

import pytest

from metrics.models.kpi import MappingVersion, Signature
from metrics.models.product import Membership, User
from metrics.services.kpi import kpis, mappings
from metrics.services.product.products import add_member

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S8")]

FORMULA = {"kind": "formula", "text": "precision_top10"}
OTHER = {"kind": "formula", "text": "precision"}


@pytest.fixture
def version(manager, product):
    """A draft that the manager wrote."""
    hits = kpis.create_kpi(manager, product, key="hit_rate", name="Hits", unit="share")
    return mappings.create_mapping(manager, product, kpi=hits, name="Hits", definition=FORMULA)


@pytest.fixture
def sign(api, version):
    """Post an act on the version as a person: sign(person, "propose")."""

    def signed(person, act, digest=None, **body):
        seen = digest or MappingVersion.objects.get(pk=version.pk).digest
        path = f"/api/v1/mappings/{version.mapping_id}/versions/1/{act}/"
        return api(person).post(path, {"digest": seen} | body).status_code

    return signed


def state(version):
    return MappingVersion.objects.get(pk=version.pk).state


def test_a_manager_alone_gets_nowhere(sign, version, manager):
    assert sign(manager, "propose") == 200
    assert sign(manager, "endorse") == 403
    assert sign(manager, "approve") == 409
    assert state(version) == "proposed"


def test_a_scientist_alone_gets_no_further_than_endorsed(sign, version, scientist):
    assert sign(scientist, "propose") == 403
    assert sign(scientist, "approve") == 403
    assert state(version) == "draft"


def test_a_manager_made_a_scientist_in_between_cannot_sign_for_both(sign, version, manager, scientist, admin, product):
    second = User.objects.create_user("second", password="a-long-password")
    add_member(admin, product, username="second", role="project_manager")
    held = Membership.objects.get(user=manager, product=product)
    assert sign(manager, "propose") == 200
    Membership.objects.filter(pk=held.pk).update(role="data_scientist")
    assert sign(manager, "endorse") == 200
    Membership.objects.filter(pk=held.pk).update(role="project_manager")
    assert sign(manager, "approve") == 403
    assert state(version) == "endorsed"
    assert sign(second, "approve") == 200


def test_an_administrator_who_is_no_member_signs_nothing(sign, version, admin, manager, scientist):
    assert sign(admin, "propose") == 403
    sign(manager, "propose")
    assert sign(admin, "endorse") == 403
    sign(scientist, "endorse")
    assert sign(admin, "approve") == 403
    assert state(version) == "endorsed"


def test_a_text_swapped_after_it_was_seen_is_not_signed(sign, version, manager, scientist):
    sign(manager, "propose")
    seen = version.digest
    sign(scientist, "object", reason="which rows?")
    held = MappingVersion.objects.get(pk=version.pk)
    mappings.edit_draft(manager, held, definition=OTHER, seen=held.digest)
    sign(manager, "propose")
    assert sign(scientist, "endorse", digest=seen) == 409
    assert state(version) == "proposed"


def test_a_text_swapped_in_the_database_is_not_approved_on_an_old_endorsement(sign, version, manager, scientist):
    sign(manager, "propose")
    sign(scientist, "endorse")
    digest = mappings.signed_digest(version.mapping.kpi, OTHER, version.model)
    MappingVersion.objects.filter(pk=version.pk).update(definition=OTHER, digest=digest)
    assert sign(manager, "approve") == 403
    assert state(version) == "endorsed"


def test_a_text_that_does_not_have_the_digest_it_bears_is_not_approved(sign, version, manager, scientist):
    sign(manager, "propose")
    sign(scientist, "endorse")
    MappingVersion.objects.filter(pk=version.pk).update(definition=OTHER)
    assert sign(manager, "approve") == 409
    assert state(version) == "endorsed"


@pytest.mark.parametrize("digest", ["", "0" * 64, "x" * 65, None, 1, ["a"], {"a": 1}])
def test_a_digest_that_is_none_signs_nothing(api, version, manager, digest):
    path = f"/api/v1/mappings/{version.mapping_id}/versions/1/propose/"
    assert api(manager).post(path, {"digest": digest}).status_code in (400, 409)
    assert api(manager).post(path, {}).status_code == 400
    assert not Signature.objects.exists()


@pytest.mark.parametrize("field", ["state", "approved_at", "author", "role", "user", "act"])
def test_no_field_of_a_body_signs_or_approves(api, version, manager, field):
    path = f"/api/v1/mappings/{version.mapping_id}/versions/1/"
    body = {"definition": FORMULA, "digest": version.digest, field: "approved"}
    assert api(manager).patch(path, body).status_code == 400
    assert api(manager).post(f"{path}propose/", {"digest": version.digest, field: "approved"}).status_code == 400
    assert state(version) == "draft"


def test_an_endorsement_cleared_by_an_objection_counts_no_more(sign, version, manager, scientist):
    sign(manager, "propose")
    sign(scientist, "endorse")
    sign(manager, "object", reason="wait")
    assert sign(manager, "approve") == 409
    sign(manager, "propose")
    assert sign(manager, "approve") == 409
    assert state(version) == "proposed"


def test_somebody_who_left_the_product_signs_nothing_and_what_they_signed_stays(sign, version, manager, scientist):
    sign(manager, "propose")
    sign(scientist, "endorse")
    Membership.objects.filter(user=scientist).delete()
    assert sign(scientist, "object", reason="I left") == 404
    assert sign(manager, "approve") == 200
    assert Signature.objects.filter(version=version, cleared=False).count() == 3
