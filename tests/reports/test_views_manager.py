"""The manager's pages: boards, KPIs, targets, actuals, assumptions, the projection."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.queries.documents.known import Known

P = "/p/cancellation-calls/"


@pytest.fixture
def signed(client: Any, manager: Any) -> Any:
    client.force_login(manager)
    return client


def text_of(client: Any, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_home_shows_what_waits_and_the_kpis_in_brief(world, signed) -> None:
    second = world.second_version()
    text = text_of(signed, "/manage/")
    assert "1 thing waits for your answer or signature" in text
    assert f"Approve Value per call, version {second.number}" in text
    assert "Value" in text
    assert "EUR / booking" in text.replace("&nbsp;", " ").replace("\xa0", " ")


def test_an_empty_product_tells_the_next_step(product, signed) -> None:
    assert "Getting started" in signed.get("/manage/").content.decode().partition("No KPI yet")[2]
    assert "Make a KPI" in text_of(signed, f"{P}kpis/")
    assert "Make an assumption" in text_of(signed, f"{P}assumptions/")
    assert "A mapping gives a KPI, and there is none yet" in text_of(signed, f"{P}mappings/")
    assert "A projection needs two KPIs" in text_of(signed, f"{P}projection/")


def test_an_executive_has_no_managers_home(world, executive, client) -> None:
    client.force_login(executive)
    assert client.get("/manage/").status_code == 403


PAGES = ["kpis/", "kpis/bookings/", "assumptions/", "assumptions/offer/", "mappings/"]
FORMS = ["kpis/new/", "kpis/bookings/actuals/", "targets/new/", "assumptions/new/", "projection/"]


@pytest.mark.parametrize("url", PAGES)
def test_pages_are_read_by_every_member_and_by_nobody_else(world, people, client, url) -> None:
    answers = {}
    for role, person in people.items():
        client.force_login(person)
        answers[role] = client.get(P + url).status_code
    assert answers == {"scientist": 200, "manager": 200, "executive": 200, "admin": 200, "outsider": 404}


@pytest.mark.parametrize("url", FORMS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_forms_are_the_managers(world, people, client, url, method) -> None:
    answers = {}
    for role, person in people.items():
        client.force_login(person)
        answers[role] = getattr(client, method)(P + url).status_code
    good = 200 if method == "get" else 400
    assert answers == {"scientist": 403, "manager": good, "executive": 403, "admin": 403, "outsider": 404}


def test_a_kpi_is_made_and_its_faults_stand_beside_the_fields(product, signed) -> None:
    given = {"name": "Value", "key": "value", "unit": "EUR/booking", "direction": "up", "aggregation": "ratio"}
    assert signed.post(f"{P}kpis/new/", given | {"key": "Value!"}).status_code == 400
    wrong = signed.post(f"{P}kpis/new/", given | {"unit": "EUR/"}).content.decode()
    assert 'id="id_unit_error"' in wrong
    assert signed.post(f"{P}kpis/new/", given).status_code == 302
    assert product.kpis.get().unit == "EUR/booking"


def test_a_kpi_is_renamed_but_keeps_what_was_signed(world, signed) -> None:
    given = {"name": "Worth of a call", "meaning": "", "direction": "up", "owner": "sales", "unit": "USD"}
    assert signed.post(f"{P}kpis/value_per_booking/", given).status_code == 302
    world.value.refresh_from_db()
    assert (world.value.name, world.value.unit) == ("Worth of a call", "EUR/booking")


def test_actuals_are_looked_at_first_and_then_imported(world, signed) -> None:
    url = f"{P}kpis/bookings/actuals/"
    before = world.volume.actuals.count()
    pasted = "month;bookings\n2017-02;1000\n2017-03; 1.234,5\n2016-01;900"
    text = signed.post(url, {"text": pasted, "source": "sheet"}).content.decode()
    assert world.volume.actuals.count() == before
    assert "This would be imported" in text
    assert "New" in text
    assert "As known" in text or "Restates" in text
    assert signed.post(url, {"text": pasted, "source": "sheet", "save": "1"}).status_code == 302
    assert world.volume.actuals.get(period=date(2017, 3, 1)).value == Decimal("1234.5")


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("", "Paste at least one month"),
        ("2017-13, 5", "Line 1"),
        ("2017-01, many", "is no number"),
        ("2017-01, 5\n2017-01, 6", "stands in line 1 already"),
        ("month, value", "no month with a value"),
        ("2017-01, 1e99", "is no number"),
    ],
)
def test_lines_that_cannot_be_read_are_named(world, signed, pasted, told) -> None:
    response = signed.post(f"{P}kpis/bookings/actuals/", {"text": pasted, "save": "1"})
    assert response.status_code == 400
    assert told in response.content.decode()


def test_values_that_can_be_read_in_two_ways_are_asked_for_and_then_kept_as_they_were_seen(world, signed) -> None:
    url = f"{P}kpis/bookings/actuals/"
    given = {"text": "2017-02;1,250\n2017-03;1,300", "source": "sheet"}
    asked = signed.post(url, given)
    assert asked.status_code == 400
    assert "is 1250 with a decimal point and 1.25 with a decimal comma" in asked.content.decode()
    assert '<select name="decimal"' in asked.content.decode()
    assert '<select name="dates"' not in asked.content.decode()
    seen = signed.post(url, given | {"decimal": ","})
    assert seen.status_code == 200
    sent = dict(re.findall(r'type="hidden" name="([a-z]+)"\s+value="([^"]*)"', seen.content.decode()))
    assert (
        signed.post(url, {name: html.unescape(value) for name, value in sent.items()} | {"save": "1"}).status_code
        == 302
    )
    assert world.volume.actuals.get(period=date(2017, 3, 1)).value == Decimal("1.3")


def test_the_text_of_a_file_that_is_asked_about_stands_in_the_form(world, signed) -> None:
    file = SimpleUploadedFile("sheet.csv", b"01/02/2017;5\n01/04/2017;6\n")
    text = signed.post(f"{P}kpis/bookings/actuals/", {"file": file}).content.decode()
    assert "01/02/2017;5\n01/04/2017;6\n</textarea>" in text
    assert '<select name="dates"' in text


def test_how_a_file_was_read_is_said_before_it_counts(world, signed) -> None:
    file = SimpleUploadedFile("erlös.csv", "Monat;Erlös €\n2017-02;4711,98 €\n2017-03;3.820,00 €\n".encode("cp1252"))
    text = signed.post(f"{P}kpis/bookings/actuals/", {"file": file}).content.decode()
    assert "The file is read as Windows-1252, as it is no UTF-8." in text
    assert "The numbers are given in EUR." in text
    assert "4,712" in text


def test_an_import_is_undone_as_a_whole(world, signed) -> None:
    url = f"{P}kpis/bookings/actuals/"
    signed.post(url, {"text": "2017-01, 5\n2017-02, 6", "save": "1"})
    row = world.volume.actuals.filter(period=date(2017, 1, 1)).order_by("-known_at").first()
    assert row.value == 5
    assert signed.post(f"{url}{row.pk}/undo/", {"whole": "1"}).status_code == 302

    known = dict(Known(world.product).actuals(world.volume))
    assert known["2017-01"] == 900
    assert known["2017-02"] == 931


def test_one_value_is_taken_back(world, signed) -> None:
    row = world.volume.actuals.get(period=date(2017, 2, 1))
    assert signed.post(f"{P}kpis/bookings/actuals/{row.pk}/undo/").status_code == 302
    row.refresh_from_db()
    assert row.withdrawn_at is not None


def test_a_target_is_set_for_the_product_and_withdrawn(world, signed) -> None:
    given = {"kpi": "", "value": "60000", "from_period": "2017-03", "until_period": "2018-02"}
    assert signed.post(f"{P}targets/new/", given).status_code == 302
    made = world.product.targets.order_by("-created_at").first()
    assert made.value == 60_000
    assert signed.post(f"{P}targets/{made.pk}/withdraw/").status_code == 302
    assert signed.post(f"{P}targets/nothing/withdraw/").status_code == 404
    backwards = given | {"until_period": "2016-01"}
    assert "lies before the start" in signed.post(f"{P}targets/new/", backwards).content.decode().lower()


@pytest.mark.parametrize(
    ("written", "value"), [("1.200.000", "1200000"), ("€ 54,5", "54.5"), ("0.00034", "0.00034"), ("41 %", "0.41")]
)
def test_a_target_is_read_as_people_write_it(world, signed, written, value) -> None:
    given = {"kpi": "", "value": written, "from_period": "2017-01", "until_period": "2017-12"}
    assert signed.post(f"{P}targets/new/", given).status_code == 302
    assert world.product.targets.order_by("-created_at").first().value == Decimal(value)


def test_a_target_that_can_be_read_in_two_ways_is_asked_for_again(world, signed) -> None:
    given = {"kpi": "", "value": "1.234", "from_period": "2017-01", "until_period": "2017-12"}
    text = signed.post(f"{P}targets/new/", given).content.decode()
    assert "“1.234” is 1.234 with a decimal point and 1234 with a decimal comma" in text
    assert "Write 1234 or 1.2340." in text


def test_a_target_starts_with_the_months_that_are_projected(world, signed) -> None:
    text = text_of(signed, f"{P}targets/new/")
    assert 'value="2017-03"' in text
    assert 'value="2018-02"' in text


def test_the_register_shows_owner_source_expiry_and_share(world, signed) -> None:
    text = text_of(signed, f"{P}assumptions/")
    assert "study of 2016" in text
    assert "90 % sure between 33 and 47\u00a0%" in text
    assert "Holds" in text
    assert text.index("unsold share") < text.index("call cost")


def test_a_new_version_of_an_assumption_keeps_the_old_one(world, signed) -> None:
    given = {
        "low": "0.3",
        "high": "0.5",
        "shape": "normal",
        "point": "",
        "owner": "sales",
        "source": "2017",
        "after": "1",
    }
    assert signed.post(f"{P}assumptions/keep_rate/?kind=interval90", given).status_code == 302
    versions = world.product.assumptions.get(key="keep_rate").versions
    assert versions.count() == 2
    again = signed.post(f"{P}assumptions/keep_rate/?kind=interval90", given)
    assert again.status_code == 409
    assert "Somebody saved meanwhile." in again.content.decode()
    assert versions.count() == 2


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("point", {"value": "3"}),
        ("pert", {"low": "1", "mode": "2", "high": "4"}),
        ("normal", {"mean": "2", "sd": "1"}),
        ("lognormal", {"median": "2", "sigma": "0.3"}),
        ("beta", {"alpha": "2", "beta": "5"}),
        ("interval90", {"low": "1", "high": "3", "shape": "lognormal", "point": "2"}),
    ],
)
def test_assumptions_of_every_kind_are_made(world, signed, kind, numbers) -> None:
    given = {"name": "Extra", "key": "extra", "unit": "", "owner": "a", "source": "b", **numbers}
    assert signed.post(f"{P}assumptions/new/?kind={kind}", given).status_code == 302
    assert world.product.assumptions.get(key="extra").versions.get().distribution["kind"] == kind


def test_a_distribution_that_cannot_be_is_refused_beside_its_field(world, signed) -> None:
    given = {"name": "Extra", "key": "extra", "low": "3", "high": "1"}
    response = signed.post(f"{P}assumptions/new/", given)
    assert response.status_code == 400
    assert 'id="id_high_error"' in response.content.decode()


def test_a_projection_is_set_up_and_units_that_do_not_fit_are_refused(world, signed) -> None:
    given = {
        "value_kpi": "value_per_booking",
        "volume_kpi": "bookings",
        "growth": "",
        "baseline": "act_on_none",
        "months": "6",
    }
    assert signed.post(f"{P}projection/", given).status_code == 302
    world.product.projection.refresh_from_db()
    assert (world.product.projection.months, world.product.projection.growth) == (6, None)
    swapped = signed.post(f"{P}projection/", given | {"value_kpi": "bookings"})
    assert swapped.status_code == 400
    assert 'id="id_value_kpi_error"' in swapped.content.decode()


def test_a_board_asks_a_bounded_number_of_queries(world, signed, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(45):
        text_of(signed, f"{P}kpis/")
