"""A kind of mapping is registered in one place: one registered here goes all the way, from its editor to a slider."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np
import pandas as pd
import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from metrics.core.assumptions import Drawn
from metrics.core.estimate import Estimate, Quantity, Unknown, made
from metrics.core.formula import Formula
from metrics.core.kpi.kind import (
    SENTENCE,
    Called,
    Facts,
    Field,
    Line,
    MappingKind,
    Priced,
    Statistics,
    Vocabulary,
    unit_of_value,
)
from metrics.core.kpi.kinds import KINDS
from metrics.core.kpi.matrix import MappingError, money_formula
from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.core.rows.groups import Group
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.queries.receipts import receipts
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.recompute import verification
from metrics.services.recompute.export import exported
from metrics.services.revenue import projections
from tests import openapi

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class PointPrice:
    """A checked definition: what one whole point of a metric is worth a case."""

    price: Formula
    metric: str
    unit: str
    says: str

    @property
    def names(self) -> frozenset[str]:
        return self.price.names | {self.metric}

    def definition(self) -> dict[str, Any]:
        return {"kind": "point_price", "price": self.price.text, "metric": self.metric, "says": self.says}

    def reckoned(self) -> str:
        return ""


class PriceDefinition(TypedDict):
    kind: Literal["point_price"]
    price: str
    metric: str
    says: str


class PriceOfAPoint(MappingKind):
    """Money a case in step with a metric: price · metric."""

    key, words, offers = "point_price", "price of a point", "A price for a point of a metric"
    shape, unit_from = PriceDefinition, "price"
    asks, hint = "What a point is worth", "From nought to one whole point of the metric."
    fields = (Field("price", "A whole point is worth", first="0"), Field("metric", "Point of", "text"), SENTENCE)

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> PointPrice:
        metric, unit = str(definition.get("metric", "")), unit_of_value(vocabulary.currency, vocabulary.case, "case")
        if metric not in vocabulary.metrics:
            raise MappingError("metric", f"there is no metric {metric!r}")
        price = money_formula("price", definition.get("price", ""), vocabulary.assumptions, (unit,), "money a case")
        return PointPrice(price, metric, unit, str(definition.get("says", "")))

    def parts(self, reading: PointPrice, facts: Facts) -> dict[str, Any]:
        used = {name: facts.assumption(name) for name in sorted(reading.price.names)}
        return {"assumptions": used, "operands": {reading.metric: facts.operand(reading.metric)}}

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        document = priced.document
        units = {name: held["unit"] for name, held in document["assumptions"].items()}
        (metric,) = document["operands"]
        measured = priced.operand(metric, drawn)
        if isinstance(measured, Unknown) or measured.draws is None:
            return measured
        price = money_formula("price", document["definition"]["price"], units, (document["unit"],), "money a case")
        point = float(price.evaluate(priced.points(drawn))) * measured.point
        return made(point, np.asarray(price.evaluate(priced.draws(drawn))) * measured.draws, document["unit"])

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return (Line("price", "a whole point", str(definition["price"])),)

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        return (("Point of", definition["metric"]),)


WRITTEN = {
    "kind": "point_price",
    "price": "call_cost * 4",
    "metric": "roc_auc",
    "says": "Better ranked, better called.",
}


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[MappingKind]:
    newcomer = PriceOfAPoint()
    monkeypatch.setitem(KINDS, newcomer.key, newcomer)
    openapi.forget()
    yield newcomer
    openapi.forget()


@pytest.fixture
def worth(kind: MappingKind, world: Any) -> Any:
    """The KPI that the mapping gives."""
    unit = f"EUR/{world.product.case_noun}"
    return kpis.create_kpi(world.people["manager"], world.product, key="worth", name="Worth", unit=unit)


@pytest.fixture
def drafted(worth: Any, world: Any, client: Client) -> MappingVersion:
    """Written in the editor by the scientist, and proposed."""
    scientist = world.people["scientist"]
    client.force_login(scientist)
    given = {"kpi": "worth", "name": "Worth of a point", "note": "", **WRITTEN}
    answer = client.post(f"/p/{world.product.slug}/mappings/new/?kind=point_price", given)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    draft = MappingVersion.objects.get(mapping__kpi=worth)
    world.compute()
    return mappings.propose(scientist, draft, seen=draft.digest)


@pytest.fixture
def in_force(drafted: MappingVersion, worth: Any, world: Any) -> MappingVersion:
    """Signed, and the projection stands on it."""
    manager = world.people["manager"]
    version = mappings.approve(manager, drafted, seen=drafted.digest)
    projections.set_projection(manager, world.product, value_kpi=worth, volume_kpi=world.volume)
    world.compute()
    return version


def auc(world: Any) -> float:
    metric = world.run.metric_results.get(metric="roc_auc")
    return float(metric.point)


def test_a_kind_has_an_editor_with_its_fields(kind: MappingKind, worth: Any, world: Any, client: Client) -> None:
    client.force_login(world.people["manager"])
    text = client.get(f"/p/{world.product.slug}/mappings/new/?kind=point_price").content.decode()
    for words in ("A price for a point of a metric", "What a point is worth", "A whole point is worth", "Point of"):
        assert words in text
    assert 'data-inserts="call_cost"' in text


def test_what_is_written_is_checked_and_priced_on_the_champion_at_once(worth: Any, world: Any, client: Client) -> None:
    client.force_login(world.people["manager"])
    check = f"/p/{world.product.slug}/mappings/check/"
    shown = client.post(check, {"kpi": "worth", **WRITTEN}).context["check"]
    assert (shown.wrong, shown.unit) == ((), f"EUR/{world.product.case_noun}")
    assert shown.value.point == pytest.approx(4 * 3 * auc(world), rel=0.02)
    (wrong,) = client.post(check, {"kpi": "worth", **WRITTEN, "price": "call_csot"}).context["check"].wrong
    assert (wrong.place, wrong.at) == ("A whole point", "call_csot")
    (wrong,) = client.post(check, {"kpi": "worth", **WRITTEN, "metric": "rok"}).context["check"].wrong
    assert wrong.place == "Point of"


def test_a_version_is_previewed_and_read_by_its_signers(drafted: MappingVersion, world: Any, client: Client) -> None:
    client.force_login(world.people["manager"])
    page = client.get(f"/p/{world.product.slug}/mappings/{drafted.mapping_id}/1/")
    assert page.context["page"].preview.value.point == pytest.approx(12 * auc(world), rel=0.02)
    text = page.content.decode()
    assert "Better ranked" in text
    assert ("Point of", "roc_auc") in page.context["page"].rules
    assert "price of a point" in client.get(f"/p/{world.product.slug}/mappings/").content.decode()


def test_a_version_appears_in_the_api_and_its_schema(
    drafted: MappingVersion, world: Any, api: Any, tmp_path: Any
) -> None:
    manager = world.people["manager"]
    answer = api(manager).get(f"/api/v1/mappings/{drafted.mapping_id}/versions/1/").json()
    assert answer["definition"] == WRITTEN
    schema = tmp_path / "schema.yaml"
    call_command("spectacular", "--file", str(schema), "--validate", "--fail-on-warn")
    shapes = yaml.safe_load(schema.read_text())["components"]["schemas"]
    assert {"$ref": "#/components/schemas/PriceDefinition"} in shapes["MappingDefinition"]["oneOf"]
    assert shapes["PriceDefinition"]["properties"]["kind"] == {"const": "point_price"}


def test_the_outlook_stands_on_it_with_drivers_and_a_slider(
    in_force: MappingVersion, world: Any, client: Client
) -> None:
    client.force_login(world.people["executive"])
    page = client.get(f"/p/{world.product.slug}/").context["page"]
    assert isinstance(page.one.total, Estimate)
    assert {slider.name for slider in page.what_if.sliders} == {"call_cost"}
    assert {line.name for line in page.drivers.lines} >= {"call cost", "Size of the test sample"}
    what_if = client.post(f"/p/{world.product.slug}/what-if/", {"call_cost": "3.4"}, headers={"HX-Request": "true"})
    answer = what_if.context["answer"]
    assert answer.total.point == pytest.approx(page.one.total.point * 3.4 / 3.0, rel=1e-3)


def test_a_run_and_a_comparison_show_it(in_force: MappingVersion, world: Any, client: Client, rows: Any) -> None:
    scientist = world.people["scientist"]
    frame = rows()
    frame["y_score"] = (frame["y_score"] * 0.9 + 0.05).round(3)
    other = world.log(scientist, world.product, frame, version="two", where={"split": "test"})
    world.compute()
    client.force_login(scientist)
    money = client.get(f"/p/{world.product.slug}/runs/{other.pk}/").context["kpis"]
    assert "Worth" in {row["name"] for row in money}
    page = client.get(f"/p/{world.product.slug}/compare/?run={world.run.pk}&run={other.pk}")
    assert "Worth" in page.content.decode()


def test_its_receipt_verifies_on_the_server_and_offline(in_force: MappingVersion, world: Any, tmp_path: Any) -> None:
    digest = KPIResult.objects.get(version=in_force, run=world.run, newest=True).digest
    assert verification.verified(digest)["verdict"] == "equal"
    carried = tmp_path / "receipt.zip"
    carried.write_bytes(exported(receipts.receipt(world.people["manager"], digest)))
    assert verified(read(carried))["verdict"] == "equal"


def test_the_risks_of_its_rows_are_told(
    kind: MappingKind, in_force: MappingVersion, world: Any, client: Client, rows: Any
) -> None:
    frame = rows(2400)
    frame["event_time"] = pd.to_datetime("2016-10-01", utc=True) + pd.to_timedelta(np.arange(2400) % 240, unit="D")
    run = world.log(world.people["scientist"], world.product, frame, version="two")
    world.compute()
    promotion.promote(world.people["manager"], run.version)
    world.compute()
    client.force_login(world.people["executive"])
    page = client.get(f"/p/{world.product.slug}/risks/").context["page"]
    assert page.why == ""
    told = {line.title for line in (*page.lines, *page.harmless)}
    assert told >= {"The newest months, Mar\u00a02017 – May\u00a02017", "More bookings with hotel “City”"}
