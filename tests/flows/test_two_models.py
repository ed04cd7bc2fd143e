"""Two models in one product, each with a mapping, and one formula over both: every figure is of the model it names."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from metrics.core.estimate import Unknown
from metrics.models.evaluation import Model
from metrics.models.kpi import KPIResult
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board
from metrics.queries.revenue import bridge, impact
from metrics.queries.revenue.approval_preview import preview
from metrics.queries.revenue.outlook import outlook
from metrics.services.evaluation import promotion, registry, runs
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db
API = "/api/v1/"


class Shop:
    """Models "Fraud guard" and "Churn, EU", each of which reports a score; the total is that of the first × 120."""

    def __init__(self, product, people, compute) -> None:
        self.product, self.people, self.compute = product, people, compute
        scientist = people["scientist"]
        for key in ("score", "other"):
            registry.register_metric(scientist, product, key=key, name=key, direction="up", unit="EUR/booking")

    def log(self, model: str, version: str, **metrics: float):
        manifest = {"model": model, "version": version, "name": f"{model} {version}", "metrics": metrics}
        run = runs.log_run(self.people["scientist"], self.product, manifest=manifest)
        self.compute()
        return run

    def promoted(self, model: str, version: str, **metrics: float):
        run = self.log(model, version, **metrics)
        promotion.promote(self.people["manager"], run.version)
        self.compute()
        return run

    def kpi(self, key: str, text: str, **given: str):
        made = kpis.create_kpi(self.people["manager"], self.product, key=key, name=key, unit="EUR/booking")
        version = self.approved(made, text, **given)
        self.compute()
        return version

    def approved(self, made, text: str, **given: str):
        scientist, manager = self.people["scientist"], self.people["manager"]
        definition = {"kind": "formula", "text": text}
        draft = mappings.create_mapping(
            scientist, self.product, kpi=made, name=made.key, definition=definition, **given
        )
        mappings.propose(scientist, draft, seen=draft.digest)
        return mappings.approve(manager, draft, seen=draft.digest)

    def value(self, key: str):
        found = {row.figure.kpi.key: row.figure.quantity for row in board.board(Known(self.product))}[key]
        return found if isinstance(found, Unknown) else found.point


@pytest.fixture
def shop(product, people, compute) -> Shop:
    made = Shop(product, people, compute)
    made.promoted("Fraud guard", "one", score=3.0)
    made.kpi("fraud", "score")
    volume = kpis.create_kpi(people["manager"], product, key="bookings", name="Bookings", unit="booking")
    months = [(date(2024 + at // 12, at % 12 + 1, 1), Decimal(10)) for at in range(18)]
    kpis.import_actuals(people["manager"], volume, values=months, source="crm")
    value = Known(product).kpis["fraud"]
    projections.set_projection(people["manager"], product, value_kpi=value, volume_kpi=volume)
    made.compute()
    return made


def test_a_champion_of_another_model_moves_nothing(shop) -> None:
    before = outlook(Known(shop.product)).total.point
    assert (shop.value("fraud"), before) == (3.0, pytest.approx(360))
    shop.promoted("Churn, EU", "one", score=0.1)
    assert shop.value("fraud") == 3.0
    assert outlook(Known(shop.product)).total.point == before
    assert bridge.last_explained(Known(shop.product)) is None
    told = Change.objects.filter(product=shop.product, cause="model").first()
    assert told.before == told.after


def test_kpis_of_two_models_and_a_formula_over_both(shop) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    version = shop.kpi("churn", "score", model="churn_eu")
    assert version.model.name == "Churn, EU"
    shop.kpi("both", "fraud + churn")
    shop.kpi("at_once", "fraud_guard.score * 10 + churn_eu.score")
    shop.kpi("mixed", "score * 100 + fraud_guard.score", model="Churn, EU")
    keys = ("fraud", "churn", "both", "at_once", "mixed")
    assert [shop.value(key) for key in keys] == [3.0, 2.0, 5.0, 32.0, 203.0]
    shop.promoted("Churn, EU", "two", score=7.0)
    assert [shop.value(key) for key in keys] == [3.0, 7.0, 10.0, 37.0, 703.0]
    shop.promoted("Fraud guard", "two", score=4.0)
    assert [shop.value(key) for key in keys] == [4.0, 7.0, 11.0, 47.0, 704.0]


def test_a_run_implies_the_kpis_of_its_own_model_alone(shop) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    shop.kpi("churn", "score", model="churn_eu")
    shop.kpi("both", "fraud + churn")
    run = shop.log("Churn, EU", "candidate", score=9.0)
    known = Known(shop.product)
    found = {row.figure.kpi.key: row.figure.quantity.point for row in board.implied(run, known)}
    assert found == {"churn": 9.0, "both": 12.0}  # the other part is the fraud champion's 3
    assert not KPIResult.objects.filter(run=run, version__mapping__kpi__key="fraud").exists()


def test_a_model_without_a_champion_is_named(shop) -> None:
    shop.log("Churn, EU", "one", score=2.0)
    shop.kpi("churn", "score", model="churn_eu")
    shop.kpi("both", "fraud + churn")
    shop.kpi("at_once", "fraud_guard.score + churn_eu.score")
    assert shop.value("churn") == Unknown("Churn, EU: no champion with a scored run")
    assert shop.value("both").reason == "churn: Churn, EU: no champion with a scored run"
    assert shop.value("at_once").reason == "churn_eu.score: Churn, EU: no champion with a scored run"


def test_with_several_models_a_mapping_has_to_name_one(shop, api) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    scientist, manager = shop.people["scientist"], shop.people["manager"]
    made = kpis.create_kpi(manager, shop.product, key="churn", name="Churn", unit="EUR/booking")
    with pytest.raises(Invalid) as refused:
        shop.approved(made, "score")
    (fault,) = refused.value.faults
    assert (fault.field, fault.code, fault.remedy) == ("model", "required", "one of fraud_guard, churn_eu")
    with pytest.raises(Invalid, match="no model “gone”"):
        shop.approved(made, "score", model="gone")
    with pytest.raises(Invalid, match="'gone' is no model here: models are churn_eu, fraud_guard"):
        shop.approved(made, "gone.score")
    body = {"kpi": "churn", "name": "Churn", "definition": {"kind": "formula", "text": "score"}}
    path = f"{API}products/{shop.product.slug}/mappings/"
    answer = api(scientist).post(path, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "model")
    answer = api(scientist).post(path, body | {"model": "churn_eu"})
    assert answer.json()["versions"][0]["model"] == "churn_eu"
    listed = api(scientist).get(f"{API}products/{shop.product.slug}/models/").json()["results"]
    assert {one["name"]: one["key"] for one in listed} == {"Churn, EU": "churn_eu", "Fraud guard": "fraud_guard"}


def test_the_model_is_signed_and_stays_with_new_versions(shop) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    version = shop.kpi("churn", "score", model="churn_eu")
    other = mappings.signed_digest(version.mapping.kpi, version.definition, Model.objects.get(key="fraud_guard"))
    assert other != version.digest
    scientist, definition = shop.people["scientist"], {"kind": "formula", "text": "score * 2"}
    again = mappings.create_version(scientist, version.mapping, definition=definition)
    assert again.model.key == "churn_eu"
    moved = mappings.create_version(scientist, version.mapping, definition=definition, model="fraud_guard")
    assert moved.model.key == "fraud_guard"
    assert moved.digest != again.digest


def test_the_editor_asks_for_the_model_and_offers_metrics_of_each(shop, client: Client) -> None:
    scientist, manager = shop.people["scientist"], shop.people["manager"]
    kpis.create_kpi(manager, shop.product, key="churn", name="Churn", unit="EUR/booking")
    client.force_login(scientist)
    page = f"/p/{shop.product.slug}/mappings/new/?kind=formula"
    assert 'name="model"' not in client.get(page).content.decode()  # there is but one
    shop.promoted("Churn, EU", "one", score=2.0)
    text = client.get(page).content.decode()
    assert 'name="model"' in text
    assert 'data-inserts="churn_eu.score"' in text
    sent = {"kind": "formula", "kpi": "churn", "name": "Churn", "text": "score", "says": "", "note": ""}
    check = f"/p/{shop.product.slug}/mappings/check/"
    assert 'aria-label="2' in client.post(check, sent | {"model": "churn_eu"}).content.decode()
    assert 'aria-label="3' in client.post(check, sent | {"model": "fraud_guard"}).content.decode()
    refused = client.post(page, sent)
    assert refused.status_code == 400
    assert "the product has several models" in refused.content.decode().lower()
    made = client.post(page, sent | {"model": "churn_eu"}, follow=True).content.decode()
    assert "It is read from the champion of" in made
    assert "Churn, EU" in made


def test_a_metric_at_a_threshold_may_be_another_models(world, rows) -> None:
    scientist, manager, product = world.people["scientist"], world.people["manager"], world.product
    run = world.log(scientist, product, rows(800, seed=8), model="Second", version="one", name="second")
    promotion.promote(manager, run.version)
    made = kpis.create_kpi(manager, product, key="missed", name="Missed", unit="")
    text = "at_threshold(second.recall, 0.3) - at_threshold(cancellation.recall, 0.3)"
    world.approved(made, "Missed", {"kind": "formula", "text": text})
    world.compute()
    frame, own = rows(800, seed=8), rows().query("split == 'test'")
    recalls = [float((held.y_score[held.y_true == 1] > 0.3).mean()) for held in (frame, own)]
    found = next(row.figure for row in board.board(Known(product)) if row.figure.kpi.key == "missed")
    assert found.quantity.point == pytest.approx(recalls[0] - recalls[1], rel=1e-9)


def test_a_total_over_both_moves_with_either_and_the_bridge_says_the_model(shop, api) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    shop.kpi("churn", "score", model="churn_eu")
    shop.kpi("both", "fraud_guard.score + churn")
    manager, volume = shop.people["manager"], Known(shop.product).kpis["bookings"]
    both = Known(shop.product).kpis["both"]
    projections.set_projection(manager, shop.product, value_kpi=both, volume_kpi=volume)
    shop.compute()
    assert outlook(Known(shop.product)).total.point == pytest.approx(600)
    shop.promoted("Fraud guard", "two", score=4.0)
    told = bridge.last_explained(Known(shop.product))
    assert (told.before.point, told.after.point) == (pytest.approx(600), pytest.approx(720))
    assert {part.name: part.amount for part in told.bridge.parts} == {"model": 120}
    receipt = api(manager).get(f"{API}receipts/{told.receipts[1]}/").json()
    runs_named = {link["text"] for link in receipt["links"] if link["link"] == "evaluation"}
    assert runs_named == {
        "Fraud guard, version two.",
        "Churn, EU, version one.",
    }


def test_a_preview_reads_the_model_that_the_version_names(shop) -> None:
    shop.promoted("Churn, EU", "one", score=2.0)
    version = shop.kpi("churn", "score", model="churn_eu")
    moved = mappings.create_version(
        shop.people["scientist"], version.mapping, definition=version.definition, model="fraud_guard"
    )
    found = preview(moved, Known(shop.product))
    assert (found.in_force_value.point, found.value.point, found.difference.point) == (2.0, 3.0, 1.0)
    (row,) = impact.of_version(moved, Known(shop.product)).of("kpi")
    assert (row.before.point, row.after.point) == (2.0, 3.0)
