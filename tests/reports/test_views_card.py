"""The cards of KPIs and models: each sentence where it would be false, each form, each person."""

import io
import json
import re
from datetime import date
from decimal import Decimal

import pypdf
import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.services.evaluation import registry
from metrics.services.kpi import kpis
from reports.exports import cards
from tests.pack_trouble import MARKUP

pytestmark = pytest.mark.django_db

P = "/p/cancellation-calls/"
KPI = f"{P}kpis/value_per_booking/card"


@pytest.fixture
def reads(client: Client, manager) -> Client:
    client.force_login(manager)
    return client


def told(answer) -> str:
    """The words of a page."""
    body = answer.content.decode().split("<main", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("&#x27;", "'")


def sections(document) -> dict[str, str]:
    """Heading → what stands under it."""
    return {
        block.heading: " ".join(getattr(block, "lines", ())) for block in document.blocks() if hasattr(block, "heading")
    }


def test_a_card_says_what_it_is_how_it_is_computed_and_how_well_it_is_known(reads: Client, world) -> None:
    answer = reads.get(f"{KPI}/")
    document = answer.context["document"]
    said = sections(document)
    assert document.title.startswith("Value: ")
    assert "in force since" in said["How it is computed"]
    assert "Worth" in said["How it is computed"]
    assert said["Grade"].startswith(f"{document.sections[0].grade},")
    assert re.match(r"\d+ of \d+ checks hold; \d+ could not be made\.", said["Evidence"])
    figures = document.figures()
    assert figures["value"] in document.title
    assert "What it assumes" in said
    page = told(answer)
    assert all(" ".join(line.split()) in page for line in document.sections[0].left[0].lines)


def test_without_a_mapping_and_without_months_it_says_so_and_shows_no_number(reads: Client, manager, product) -> None:
    kpis.create_kpi(manager, product, key="bare", name="Bare", unit="EUR")
    document = reads.get(f"{P}kpis/bare/card/").context["document"]
    said = sections(document)
    assert document.title.startswith("Bare is not known: ")
    assert document.figures()["value"] == "–"
    assert said["How it is computed"] == "No mapping in force computes it, and no month of it was counted."
    assert said["What it is"].startswith("Nobody has said what it means.")
    assert said["Grade"] == "It has no grade: there is no figure."
    assert said["Evidence"] == "No run stands behind it, so there is nothing to check."
    assert document.figures()["target"] == "–"


def test_a_counted_kpi_is_no_mapping_s_and_has_no_grade(reads: Client, manager, product) -> None:
    made = kpis.create_kpi(manager, product, key="counted", name="Counted", unit="bookings", aggregation="sum")
    months = [(date(2017, 1, 1), Decimal(120)), (date(2017, 2, 1), Decimal(130))]
    kpis.import_actuals(manager, made, values=months, source="the desk")
    document = reads.get(f"{P}kpis/counted/card/").context["document"]
    said = sections(document)
    assert said["How it is computed"] == "It is counted by the business: no mapping in force computes it."
    assert said["Grade"] == "It has no grade: it is an observed number, and rests on no mapping."
    (came,) = [table for table in document.tables() if table.name == "months"]
    assert [row[0].text for row in came.rows] == ["February 2017", "January 2017"]


def test_nobody_as_owner_is_said_and_one_who_left_is_named_so(reads: Client, manager, world) -> None:
    kpis.update_kpi(manager, world.value, owner="")
    assert sections(reads.get(f"{KPI}/").context["document"])["Who owns it"] == "Nobody is named as its owner."
    kpis.update_kpi(manager, world.value, owner="the desk")
    assert sections(reads.get(f"{KPI}/").context["document"])["Who owns it"] == "The desk."


@pytest.mark.parametrize("form", cards.FORMS)
def test_the_figures_of_a_card_are_the_same_in_every_form(form: str, reads: Client, world) -> None:
    figures = reads.get(f"{KPI}/").context["document"].figures()
    answer = reads.get(f"{KPI}.{form}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == cards.FORMS[form][0]
    assert answer["Content-Disposition"] == f'attachment; filename="cancellation-calls-value_per_booking-card.{form}"'
    if form == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        assert len(pages) == 1
        text = pages[0].extract_text()
    else:
        text = answer.content.decode().replace("\\", "")
    flat = " ".join(text.split())
    missing = {key: shown for key, shown in figures.items() if " ".join(shown.split()) not in flat}
    assert not missing


def test_a_model_s_card_says_who_is_champion_and_what_it_is_worth(reads: Client, world) -> None:
    answer = reads.get(f"{P}models/{world.run.version.model.key}/card/")
    document = answer.context["document"]
    said = sections(document)
    assert document.title == f"{world.run.version.model.name}: version {world.run.version.name} is champion"
    assert "Value: " in said["What it is used for"]
    assert f"logged the run it stands on, {world.run.name}," in said["Who stands for it"]
    assert "promoted" in said["Who stands for it"]
    assert {table.name for table in document.tables()} >= {"metrics", "history"}


def test_a_model_without_a_champion_claims_nothing(reads: Client, scientist, product) -> None:
    made = registry.create_model(scientist, product, name="New", task="binary")
    document = reads.get(f"{P}models/{made.key}/card/").context["document"]
    said = sections(document)
    assert document.title == "New has no champion"
    assert said["Who stands for it"] == "Nobody has made a version of it champion."
    assert said["What it is used for"] == "No mapping in force reads it: it moves no KPI."
    assert said["What it measures"] == "Nothing: no run of a champion stands."
    assert "No version of it was logged." in said["What it is"]
    assert document.figures() == {}
    front = reads.get(f"{P}models/{made.key}/card.hf.md").content.decode().split("---")[1]
    assert yaml.safe_load(front) == {"tags": ["kpiplatform"]}


def test_the_form_of_hugging_face_holds_the_points_and_the_digest_of_the_rows(reads: Client, world) -> None:
    made = reads.get(f"{P}models/{world.run.version.model.key}/card.hf.md").content.decode()
    _, front, body = made.split("---\n", 2)
    (entry,) = yaml.safe_load(front)["model-index"]
    (result,) = entry["results"]
    assert entry["name"] == world.run.version.model.name
    assert result["task"]["type"] == "tabular-classification"
    assert result["dataset"]["revision"] == world.run.data_set.digest
    scores = {one["type"]: one["value"] for one in result["metrics"]}
    assert 0.5 < scores["roc_auc"] <= 1
    assert body.lstrip().startswith("# ")


def test_a_name_full_of_markup_is_text_in_every_form(reads: Client, manager, product) -> None:
    kpis.create_kpi(manager, product, key="evil", name=MARKUP[:100], unit="EUR", meaning='"\n---\nlicense: x')
    page = reads.get(f"{P}kpis/evil/card/").content.decode()
    assert "<b>bold</b>" not in page
    made = reads.get(f"{P}kpis/evil/card.md").content.decode()
    assert r"\<b\>bold\</b\> \*strong\*" in made
    assert "\n---" not in made
    assert MARKUP[:100] in json.loads(reads.get(f"{P}kpis/evil/card.json").content)["title"]


def test_each_role_reads_it_and_nobody_else_knows_of_it(client: Client, people, world) -> None:
    urls = [f"{KPI}/", f"{KPI}.md", f"{P}models/{world.run.version.model.key}/card/"]
    for name, status in {"scientist": 200, "manager": 200, "executive": 200, "admin": 200, "outsider": 404}.items():
        client.force_login(people[name])
        assert {client.get(url).status_code for url in urls} == {status}, name


@pytest.mark.parametrize(
    "address",
    [
        "kpis/none/card/",
        "kpis/none/card.md",
        "kpis/value_per_booking/card.exe",
        "models/none/card/",
        "models/none/card.hf.md",
    ],
)
def test_what_is_not_there_is_not_found(address: str, reads: Client, world) -> None:
    assert reads.get(P + address).status_code == 404


def test_the_api_gives_the_same_bytes(api, manager, reads: Client, world) -> None:
    door = api(manager)
    model = world.run.version.model.key
    for address in ("kpis/value_per_booking/card.md", f"models/{model}/card.hf.md", f"models/{model}/card.json"):
        asked = door.get(f"/api/v1/products/cancellation-calls/{address}")
        assert asked.status_code == 200
        assert asked.content == reads.get(P + address).content
    assert door.get("/api/v1/products/cancellation-calls/kpis/value_per_booking/card.exe").status_code == 404


def test_cards_are_linked_from_their_pages_and_found(reads: Client, world) -> None:
    model = world.run.version.model.key
    assert f"{KPI}/" in reads.get(f"{P}kpis/value_per_booking/").content.decode()
    assert f"{P}models/{model}/card/" in reads.get(f"{P}runs/{world.run.pk}/").content.decode()
    assert f"{KPI}/" in reads.get("/search/?q=value+per+booking").content.decode()


def test_more_versions_and_months_ask_no_more_queries(reads: Client, world, manager) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reads.get(f"{P}kpis/bookings/card/").status_code == 200
        return len(queries)

    asked()
    before = asked()
    kpis.import_actuals(manager, world.volume, values=[(date(2014, 12, 1), Decimal(800))], source="arrivals")
    assert asked() <= before
