"""Making a product, its settings and members, parked work, search."""

import pytest
from django.test import Client
from django.utils import timezone

from metrics import jobs
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import scoring

pytestmark = pytest.mark.django_db
MEMBERS = "/p/cancellation-calls/members/"


@pytest.fixture
def managing(client: Client, manager) -> Client:
    client.force_login(manager)
    return client


@pytest.fixture
def administering(people) -> Client:
    client = Client()
    client.force_login(people["admin"])
    return client


def role_of(product, name: str) -> str | None:
    return catalogue.members(product).filter(user__username=name).values_list("role", flat=True).first()


def test_the_wizard_makes_a_product_and_asks_for_members(managing: Client, product, manager) -> None:
    given = {
        "name": "Churn retention",
        "sentence": "We offer a discount.",
        "currency": "EUR",
        "case_noun": "subscriber",
        "time_zone": "Europe/Lisbon",
        "fiscal_year_start": "4",
    }
    answer = managing.post("/products/new/", given)
    assert answer["Location"] == "/p/churn-retention/members/?new=1"
    made = catalogue.product(manager, "churn-retention")
    assert (made.currency, made.fiscal_year_start, made.time_zone) == ("EUR", 4, "Europe/Lisbon")
    assert "Step 2 of 3" in managing.get(answer["Location"]).content.decode()
    again = managing.post("/products/new/", given)
    assert again.status_code == 422
    assert "already" in str(again.context["form"].errors["name"])
    wrong = managing.post("/products/new/", given | {"name": "X", "currency": "euro"})
    assert "three capital letters" in str(wrong.context["form"].errors["currency"])


def test_settings_are_changed_by_a_manager(managing: Client, product) -> None:
    given = {
        "name": "Calls",
        "sentence": "",
        "case_noun": "booking",
        "time_zone": "Europe/Lisbon",
        "fiscal_year_start": "1",
    }
    assert managing.post("/p/cancellation-calls/settings/", given).status_code == 302
    product.refresh_from_db()
    assert product.name == "Calls"
    assert product.time_zone == "Europe/Lisbon"
    assert "changed the settings" in managing.get("/p/cancellation-calls/settings/").content.decode()


def test_the_time_zone_cannot_be_chosen_once_observed_values_are_kept_in_its_months(managing, world) -> None:
    page = managing.get("/p/cancellation-calls/settings/")
    field = page.context["form"]["time_zone"]
    assert field.field.disabled
    assert "26 observed values" in field.help_text
    given = {"name": "Calls", "case_noun": "booking", "time_zone": "Asia/Kolkata", "fiscal_year_start": "1"}
    assert managing.post("/p/cancellation-calls/settings/", given).status_code == 302
    world.product.refresh_from_db()
    assert (world.product.name, world.product.time_zone) == ("Calls", "UTC")


def test_a_manager_adds_and_removes_a_data_scientist(managing: Client, product, outsider) -> None:
    assert managing.post(MEMBERS, {"username": "outsider", "role": "data_scientist"}).status_code == 302
    assert role_of(product, "outsider") == "data_scientist"
    member = catalogue.members(product).get(user=outsider)
    assert managing.get(f"{MEMBERS}{member.pk}/remove/").status_code == 405
    assert managing.post(f"{MEMBERS}{member.pk}/remove/").status_code == 302
    assert role_of(product, "outsider") is None


def test_a_manager_may_not_make_a_second_manager(managing: Client, product) -> None:
    answer = managing.post(MEMBERS, {"username": "outsider", "role": "project_manager"})
    assert answer.status_code == 422
    assert role_of(product, "outsider") is None


def test_an_unknown_person_is_named_beside_the_field(managing: Client, product) -> None:
    answer = managing.post(MEMBERS, {"username": "nobody", "role": "executive"})
    assert "there is no person" in str(answer.context["form"].errors["username"]).lower()


def test_roles_are_changed_by_an_administrator_alone(managing: Client, administering: Client, product) -> None:
    member = catalogue.members(product).get(user__username="scientist")
    path = f"{MEMBERS}{member.pk}/role/"
    assert managing.post(path, {"role": "executive"}).status_code == 403
    assert administering.post(path, {"role": "executive"}).status_code == 302
    assert role_of(product, "scientist") == "executive"


def test_the_last_manager_stays(administering: Client, product) -> None:
    member = catalogue.members(product).get(role="project_manager")
    answer = administering.post(f"{MEMBERS}{member.pk}/remove/", follow=True)
    assert "keeps at least one manager" in answer.content.decode()
    assert role_of(product, "manager") == "project_manager"


def test_an_executive_sees_members_and_no_way_to_change_them(client: Client, executive, product) -> None:
    client.force_login(executive)
    text = client.get(MEMBERS).content.decode()
    assert "scientist" in text
    assert "Remove" not in text
    assert "Add a person" not in text
    assert client.post(MEMBERS, {"username": "outsider", "role": "executive"}).status_code == 403


def test_parked_work_is_tried_again_and_its_run_with_it(
    administering: Client, managing: Client, product, scientist, rows, log, compute
) -> None:

    run = log(scientist, product, rows(300))
    work = jobs.put("scan", run.pk, product=product)
    jobs.park(work, "MemoryError: out of memory", now=timezone.now())
    scoring.fail_scan(work, "MemoryError: out of memory")
    text = administering.get("/work/").content.decode()
    assert "out of memory" in text
    assert run.pk in text
    assert managing.post(f"/work/{work.pk}/retry/").status_code == 403
    assert administering.post(f"/work/{work.pk}/retry/").status_code == 302
    run.refresh_from_db()
    assert run.state == "received"
    compute()
    run.refresh_from_db()
    assert run.state == "scored"
    assert "is not parked any more" in administering.post(f"/work/{work.pk}/retry/", follow=True).content.decode()


def test_search_finds_by_name_among_what_one_may_see(client: Client, world, outsider) -> None:
    client.force_login(world.people["executive"])
    text = client.get("/search/?q=calls").content.decode()
    assert "/p/cancellation-calls/" in text
    found = client.get("/search/?q=val").content.decode()
    assert "/p/cancellation-calls/kpis/value_per_booking/" in found
    assert "/mappings/" in found
    assert f"/runs/{world.run.pk}/" in client.get("/search/?q=first").content.decode()
    client.force_login(outsider)
    assert "Nothing has that in its name" in client.get("/search/?q=first").content.decode()
