"""Formulas on the pages: what is offered, a metric at a threshold or in a segment in force, and the tree of parts."""

import pytest

from metrics.core.estimate import Estimate
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.at_threshold import metric_at
from metrics.models.kpi import KPIResult
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import statistics
from metrics.queries.kpi.formula_parts import explained
from metrics.services.kpi import kpis, mappings
from metrics.services.recompute.verification import verified
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db
TEXT = 'at_threshold(recall, 0.3) * 100 - by_segment(roc_auc, "hotel", "Resort")'


@pytest.fixture
def asked(world, manager):
    hits = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    version = world.approved(hits, "Hits", {"kind": "formula", "text": TEXT, "says": "Found at 0.3."})
    world.compute()
    return version


def test_metrics_at_a_threshold_and_in_a_segment_are_computed_and_verified(world, asked, rows) -> None:
    found = KPIResult.objects.get(version=asked, run=world.run)
    cube = statistics.of_run(world.run)
    assert isinstance(cube, Cube)
    at = metric_at(cube, "recall", 0.3, seed=world.product.seed)
    from sklearn.metrics import roc_auc_score

    test = rows()
    resort = test[(test["split"] == "test") & (test["hotel"] == "Resort")]
    auc = roc_auc_score(resort["y_true"], resort["y_score"])
    assert found.point == pytest.approx(100 * at.point - auc, rel=1e-9)
    assert verified(found.digest)["verdict"] == "equal"


def test_the_tree_gives_every_part_its_figure_and_the_root_that_of_the_kpi(world, asked, client, manager) -> None:
    tree = explained(asked, Known(world.product))
    found = KPIResult.objects.get(version=asked, run=world.run)
    assert tree.quantity.point == found.point
    product, segment = tree.parts
    assert tree.quantity.point == pytest.approx(product.quantity.point - segment.quantity.point)
    assert isinstance(segment.quantity, Estimate)
    assert segment.quantity.draws is not None
    client.force_login(manager)
    text = client.get(f"/p/{world.product.slug}/mappings/{asked.mapping_id}/1/").content.decode()
    assert "Part by part" in text
    assert text.count('<div class="part">') == 5
    assert "at_threshold(recall, 0.3) * 100</code>" in text


def test_the_assumptions_of_a_formula_with_a_metric_at_a_threshold_are_listed(world, manager, client) -> None:
    hits = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    text = "keep_rate * at_threshold(recall, 0.3)"
    version = world.approved(hits, "Hits", {"kind": "formula", "text": text})
    client.force_login(manager)
    answer = client.get(f"/p/{world.product.slug}/mappings/{version.mapping_id}/1/")
    assert [row.key for row in answer.context["page"].assumptions] == ["keep_rate"]


def test_a_value_matrix_has_no_tree_and_a_formula_needs_a_champion(world, product, manager, scientist) -> None:
    assert explained(world.version, Known(world.product)) is None


def test_what_may_not_be_asked_is_refused_at_its_place(world, manager, scientist) -> None:
    hits = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    for text, words in (
        ("at_threshold(roc_auc, 0.3)", "does not depend on a threshold"),
        ("at_threshold(unsold_share, 0.3)", "is not a metric"),
        ('recall * by_segment(recal, "hotel", "City")', "did you mean 'recall'"),
    ):
        with pytest.raises(Invalid) as refusal:
            mappings.create_mapping(
                scientist, world.product, kpi=hits, name="Hits", definition={"kind": "formula", "text": text}
            )
        (fault,) = refusal.value.faults
        assert words in fault.message
        assert fault.position is not None


def test_a_segment_that_no_row_is_in_is_unknown_by_name(world, manager) -> None:
    hits = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    version = world.approved(hits, "Hits", {"kind": "formula", "text": 'by_segment(recall, "hotel", "Motel")'})
    world.compute()
    assert "hotel is Motel" in KPIResult.objects.get(version=version, run=world.run).unknown_reason


def test_a_unit_error_is_said_as_a_sentence(world, manager, client) -> None:
    client.force_login(manager)
    given = {"kind": "formula", "kpi": "value_per_booking", "text": "call_cost + keep_rate"}
    text = client.post(f"/p/{world.product.slug}/mappings/check/", given).content.decode()
    assert "EUR / booking + number" in text
    given["text"] = "call_cost * bookings"
    text = client.post(f"/p/{world.product.slug}/mappings/check/", given).content.decode()
    assert "(EUR / booking) × bookings is EUR, not EUR / booking" in text


def test_the_form_offers_names_with_what_they_are_and_functions(world, manager, client) -> None:
    client.force_login(manager)
    url = f"/p/{world.product.slug}/mappings/{world.version.mapping_id}/1/edit/"
    matrix = client.get(url)
    assert {one.what for one in matrix.context["names"]} == {"assumption", "function"}
    assert matrix.content.decode().count('data-completes="names"') == 8
    kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    formula = client.get(f"/p/{world.product.slug}/mappings/new/?kind=formula")
    offered = {one.inserts: one for one in formula.context["names"]}
    assert offered["at_threshold("].what == "function"
    assert offered["keep_rate"].what == "assumption"
    assert offered["bookings"].unit == "booking"
    assert offered["recall"].what == "metric"
    assert "ndcg_10" not in offered  # no model of the product is of that task
    assert "formula.js" in formula.content.decode()
