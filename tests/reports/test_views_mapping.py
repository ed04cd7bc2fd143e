"""Mapping pages: what signers read, who may sign when, and how a text is checked while it is written."""

import re
from typing import Any

import pytest

from metrics.core.estimate import Estimate
from metrics.models.product import Membership
from metrics.queries.documents.known import Known
from metrics.queries.revenue.approval_preview import preview
from metrics.services.kpi import kpis, mappings
from reports.forms.mapping import MatrixForm
from tests.world import calls_matrix

MAPPINGS = "/p/cancellation-calls/mappings/"


def address(version: Any) -> str:
    return f"{MAPPINGS}{version.mapping_id}/{version.number}/"


def sign(client: Any, person: Any, version: Any, act: str, **more: str) -> Any:
    client.force_login(person)
    return client.post(f"{address(version)}{act}/", {"seen": version.digest, **more})


@pytest.fixture
def proposed(world, manager) -> Any:
    """Version two, written and proposed by the manager."""

    draft = mappings.create_version(manager, world.version.mapping, definition=calls_matrix("offer * 0.8"), note="new")
    mappings.propose(manager, draft, seen=draft.digest)
    world.compute()
    draft.refresh_from_db()
    return draft


def test_a_value_matrix_reads_as_sentences_with_money_and_counts(world, executive, client) -> None:
    client.force_login(executive)
    text = client.get(address(world.version)).content.decode()
    assert text.count("EUR</span>") + text.count("a case") >= 3
    assert len(re.findall(r"[\d,]+ bookings in the test", text)) == 4
    assert '<span class="name">keep_rate</span>' in text
    assert "5 of 5" not in text
    assert "4 of 4 have an owner" in text


def test_the_page_of_a_proposal_tells_what_approving_it_would_change(world, proposed, manager, client) -> None:
    client.force_login(manager)
    text = client.get(address(proposed)).content.decode()
    assert "If this is approved" in text
    assert "Approving restates it by" in text
    assert "its 80&nbsp;% band" in text
    assert "Version 1, in force (tick)" in text
    assert 'class="op new"' in text
    restated = text[text.index("Approving restates it by") :].partition("</dd>")[0]
    assert not re.search(r"\b(good|bad)\b", restated)  # what is counted otherwise is no gain


def test_the_impact_is_computed_from_paired_draws(world, proposed) -> None:

    found = preview(proposed, Known(world.product))
    assert isinstance(found.difference, Estimate)
    assert found.difference.point == pytest.approx(found.value.point - found.in_force_value.point)
    low, high = found.difference.band(0.8)
    wide = found.value.band(0.8)
    assert high - low < (wide[1] - wide[0]) / 3
    assert found.restates.point == pytest.approx(found.projected.point - found.projected_in_force.point)
    assert not found.held


def test_a_version_whose_figures_wait_is_priced_on_the_decisions_held(world, manager) -> None:
    from metrics.services.kpi import mappings
    from tests.world import calls_matrix

    draft = mappings.create_version(manager, world.version.mapping, definition=calls_matrix("offer * 0.5"))
    found = preview(draft, Known(world.product))
    assert found.held
    assert isinstance(found.value, Estimate)


def test_the_buttons_follow_the_role_and_the_state(world, proposed, people, client) -> None:
    def offered(role: str) -> list[str]:
        client.force_login(people[role])
        text = client.get(address(proposed)).content.decode()
        return [
            act for act in ("propose", "endorse", "approve", "retire") if f'action="{address(proposed)}{act}/"' in text
        ] + (["object"] if 'data-opens="object"' in text else [])

    assert offered("scientist") == ["endorse", "object"]
    assert offered("manager") == ["object"]
    assert offered("admin") == []
    sign(client, people["scientist"], proposed, "endorse")
    assert offered("manager") == ["approve", "object"]
    assert offered("scientist") == ["object"]


def test_an_executive_does_not_find_what_is_not_in_force(proposed, world, executive, client) -> None:
    client.force_login(executive)
    assert client.get(address(proposed)).status_code == 404
    assert "version 2" not in client.get(MAPPINGS).content.decode()
    assert client.get(address(world.version)).status_code == 200


def test_two_people_put_a_version_in_force(world, proposed, people, client) -> None:
    assert sign(client, people["scientist"], proposed, "endorse").status_code == 302
    assert sign(client, people["manager"], proposed, "approve").status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "approved"
    text = client.get(address(proposed)).content.decode()
    assert "Both have signed" in text


@pytest.mark.parametrize(("role", "act"), [("manager", "endorse"), ("executive", "approve"), ("scientist", "approve")])
def test_whoever_may_not_sign_is_refused(world, proposed, people, client, role, act) -> None:
    response = sign(client, people[role], proposed, act)
    assert response.status_code in (403, 404)
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_one_person_alone_cannot_sign_twice(world, proposed, scientist, manager, client) -> None:

    sign(client, scientist, proposed, "endorse")
    Membership.objects.filter(user=scientist).update(role="project_manager")
    client.force_login(scientist)
    text = client.get(address(proposed)).content.decode()
    assert "another person has to approve it" in text
    assert sign(client, scientist, proposed, "approve").status_code == 403
    proposed.refresh_from_db()
    assert proposed.state == "endorsed"


def test_a_signature_on_what_has_changed_is_a_conflict(world, proposed, scientist, client) -> None:
    client.force_login(scientist)
    response = client.post(f"{address(proposed)}endorse/", {"seen": "0" * 64})
    assert response.status_code == 409
    assert "Nothing was signed." in response.content.decode()
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_an_objection_needs_its_reason_and_is_shown_with_it(world, proposed, scientist, client) -> None:
    assert sign(client, scientist, proposed, "object", reason=" ").status_code == 400
    assert sign(client, scientist, proposed, "object", reason="the offer was 5 %").status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "draft"
    assert "the offer was 5 %" in client.get(address(proposed)).content.decode()


def test_an_act_that_does_not_exist_is_not_found(world, scientist, client) -> None:
    assert sign(client, scientist, world.version, "bless").status_code == 404
    assert client.get(f"{address(world.version)}endorse/").status_code == 405


def test_a_version_of_another_product_is_not_found_under_this_one(world, make_product, manager, client) -> None:
    make_product("Other")
    client.force_login(manager)
    assert client.get(address(world.version).replace("cancellation-calls", "other")).status_code == 404


def form_of(definition: dict[str, Any]) -> dict[str, Any]:

    return {name: value for name, value in MatrixForm.initial_of(definition).items() if value is not None}


def test_a_changed_cell_is_saved_as_a_new_draft(world, manager, client) -> None:
    client.force_login(manager)
    given = form_of(world.version.definition) | {"fp_base": "-call_cost * 2", "note": "calls cost double"}
    response = client.post(f"{address(world.version)}edit/", given)
    assert response.status_code == 302, re.findall(r'class="error"[^>]*>(.*?)</div>', response.content.decode(), re.S)
    made = world.version.mapping.versions.get(number=2)
    assert made.definition["cells"]["fp"]["base"] == "-call_cost * 2"
    assert (made.state, made.note) == ("draft", "calls cost double")


def test_a_wrong_cell_keeps_what_was_written_with_the_error_beside_it(world, manager, client) -> None:
    client.force_login(manager)
    given = form_of(world.version.definition) | {"fp_base": "-call_csot"}
    response = client.post(f"{address(world.version)}edit/", given)
    text = response.content.decode()
    assert response.status_code == 400
    assert "call_cost" in text[text.index('id="id_fp_base_error"') :][:300]
    assert 'value="-call_csot"' in text
    assert world.version.mapping.versions.count() == 1


def test_a_draft_that_somebody_changed_meanwhile_is_not_overwritten(world, manager, client) -> None:

    draft = mappings.create_version(manager, world.version.mapping, definition=world.version.definition)
    client.force_login(manager)
    response = client.post(f"{address(draft)}edit/", form_of(draft.definition) | {"seen": "0" * 64})
    assert response.status_code == 409
    assert "nothing was saved" in response.content.decode()


def test_a_new_formula_is_saved_and_an_executive_may_not_write_one(world, manager, executive, client) -> None:

    kpis.create_kpi(manager, world.product, key="offer_gain", name="Gain of the offer", unit="")
    client.force_login(manager)
    given = {"kpi": "offer_gain", "name": "Gain", "text": "keep_rate - offer", "says": "", "note": ""}
    assert client.post(f"{MAPPINGS}new/?kind=formula", given).status_code == 302
    assert world.product.mappings.filter(kpi__key="offer_gain").exists()
    client.force_login(executive)
    assert client.get(f"{MAPPINGS}new/").status_code == 403
    assert client.post(f"{MAPPINGS}new/?kind=formula", given).status_code == 403


def check(client: Any, **given: Any) -> str:
    response = client.post(f"{MAPPINGS}check/", given)
    assert response.status_code == 200
    return response.content.decode()


def test_a_formula_is_checked_while_it_is_written(world, manager, client) -> None:
    client.force_login(manager)
    good = check(client, kind="formula", kpi="value_per_booking", text="call_cost * (1 + keep_rate)")
    assert "Units agree" in good
    assert "EUR\xa0/\xa0booking" in good
    assert "80" in good
    unknown = check(client, kind="formula", kpi="value_per_booking", text="call_cost * keep_rat")
    assert "<mark>keep_rat</mark>" in unknown
    assert "keep_rate" in unknown
    clash = check(client, kind="formula", kpi="value_per_booking", text="call_cost + keep_rate")
    assert "mark" in clash
    assert "Units agree" not in clash


def test_a_value_matrix_is_checked_on_the_decisions_held(world, manager, client) -> None:
    client.force_login(manager)
    given = form_of(world.version.definition) | {"kind": "value_matrix", "kpi": "value_per_booking"}
    text = check(client, **(given | {"fp_base": "-call_cost * 3"}))
    assert "Units agree" in text
    assert "held as they are now" in text
    assert "acted, not needed" in check(client, **(given | {"fp_base": "-call_cost * 1e"})).lower()


def test_a_check_is_refused_to_those_who_may_not_write(world, executive, client) -> None:
    client.force_login(executive)
    assert client.post(f"{MAPPINGS}check/", {"kind": "formula"}).status_code == 403


def test_a_new_mapping_needs_a_kpi_and_offers_one_in_money_first(product, manager, client) -> None:
    client.force_login(manager)
    page = f"/p/{product.slug}/mappings/new/?kind=error_cost"
    assert "There is no KPI yet" in client.get(page).content.decode()
    for key, unit in (("calls", "call"), ("worth", "EUR/booking")):
        kpis.create_kpi(manager, product, key=key, name=key, unit=unit)
    text = client.get(page).content.decode()
    assert 'value="worth" selected' in text
    product.kpis.filter(key="calls").delete()
    definition = {"kind": "error_cost", "under": "1", "over": "1"}
    mappings.create_mapping(manager, product, kpi=product.kpis.get(), name="Worth", definition=definition)
    text = client.get(page).content.decode()
    assert "Every KPI has its mapping" in text
    assert "There is no KPI yet" not in text
