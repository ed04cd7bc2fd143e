"""Pairs on the page of a KPI, the editor of a calibrated mapping, and how a fit is shown."""

import re

import pytest
from django.test import Client

from metrics.models.calibration import Pair
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.queries.documents.known import Known
from metrics.services.kpi import calibration, kpis, mappings
from reports.pages.mapping.calibration import fit
from tests.metrics.services.kpi.test_calibration import EXPERIMENT, HISTORY, rows_around
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db

PRODUCT = "/p/cancellation-calls"
PAIRS = f"{PRODUCT}/kpis/sold/pairs/"
CSV = "x,y\n0.5,12\n0.6,11\n"
GIVEN = {"metric": "log_loss", "kind": "history", "text": CSV}


@pytest.fixture
def sold(world):
    return kpis.create_kpi(world.people["manager"], world.product, key="sold", name="Sold", unit="EUR/booking")


def signed_in(name):
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_pairs_are_looked_at_first_then_imported_then_undone(sold):
    manager = signed_in("manager")
    seen = manager.post(PAIRS, GIVEN)
    assert seen.status_code == 200
    assert "This would be imported" in words(seen)
    assert not Pair.objects.exists()
    sent = manager.post(PAIRS, GIVEN | {"save": "1"}, follow=True)
    assert "2 pairs imported." in words(sent)
    assert "Two pairs with log_loss" in words(sent)
    again = words(manager.post(PAIRS, GIVEN))
    assert "As known" in again
    batch = Pair.objects.first().batch
    assert signed_in("scientist").post(f"{PAIRS}{batch}/undo/").status_code == 403
    undone = manager.post(f"{PAIRS}{batch}/undo/", follow=True)
    assert "The import is taken back: 2 pairs." in words(undone)
    assert manager.post(f"{PAIRS}{batch}/undo/").status_code == 404


def test_what_cannot_be_read_stands_beside_the_field(sold):
    answer = signed_in("manager").post(PAIRS, GIVEN | {"text": "x,y\n1,two\n"})
    assert answer.status_code == 400
    assert answer.context["form"].errors["text"] == [
        "Row 1, y: “two” is no number. Write it with digits alone, such as -1200.50."
    ]
    assert signed_in("manager").post(PAIRS, GIVEN | {"text": ""}).context["form"].errors["text"]


@pytest.mark.parametrize(("name", "status"), [("executive", 200), ("scientist", 200), ("outsider", 404)])
def test_members_read_the_imports_and_only_a_manager_has_the_form(sold, name, status):
    answer = signed_in(name).get(PAIRS)
    assert answer.status_code == status
    if status == 200:
        assert answer.context["form"] is None
    assert signed_in(name).post(PAIRS, GIVEN).status_code == (404 if status == 404 else 403)


def test_a_manager_writes_a_calibrated_mapping_in_the_editor(sold):
    manager = signed_in("manager")
    page = manager.get(f"{PRODUCT}/mappings/new/?kind=calibrated&kpi=sold")
    assert "log_loss: " in page.content.decode()
    given = {"kind": "calibrated", "kpi": "sold", "name": "Sold", "metric": "log_loss", "pairs": "experiment"}
    refused = manager.post(f"{PRODUCT}/mappings/new/?kind=calibrated", given)
    assert refused.context["form"].errors["base_x"]
    checked = manager.post(f"{PRODUCT}/mappings/check/", given)
    assert "number" in words(checked)
    sent = manager.post(
        f"{PRODUCT}/mappings/new/?kind=calibrated", given | {"base_x": "0.5", "base_y": "10"}, follow=True
    )
    assert "Saved as a draft" in words(sent)
    version = MappingVersion.objects.get(mapping__kpi=sold)
    assert version.definition == EXPERIMENT | {"says": ""}
    edit = manager.get(f"{PRODUCT}/mappings/{version.mapping_id}/1/edit/")
    assert edit.context["form"].initial["base_x"] == 0.5
    assert "Nothing is fitted yet" in words(sent)
    assert "0 pairs of metric and KPI are known; 8 are needed." in words(sent)


@pytest.fixture
def fitted(world, sold):
    """A version in force, fitted on 24 pairs about the champion's metric."""
    loss = MetricResult.objects.get(run=world.run, metric="log_loss").point
    calibration.import_pairs(
        world.people["manager"], sold, metric="log_loss", kind="history", rows=rows_around(loss, n=24)
    )
    version = world.approved(sold, "Sold", HISTORY)
    world.compute()
    return version


def test_a_fit_shows_its_curve_and_the_errors_of_both_forms(world, fitted):
    found = fit(fitted, Known(world.product))
    assert (found.pairs, found.why, found.place.kind, found.notes) == (24, "", "good", ())
    assert [line.name.split(" (")[1] for line in found.errors.lines] == ["Theil–Sen)", "isotonic)"]
    assert sum(line.marked for line in found.errors.lines) == 1
    assert "24 pairs from" in found.chart.says
    answer = signed_in("executive").get(f"{PRODUCT}/mappings/{fitted.mapping_id}/1/")
    said = words(answer)
    assert "Sold read off log_loss" in said
    assert "Error on unseen pairs, in EUR / booking" in said
    assert "Read off log_loss ." in said
    assert "Grade D" not in said


def test_a_fit_that_goes_the_other_way_says_so(world, sold):
    loss = MetricResult.objects.get(run=world.run, metric="log_loss").point
    rows = [calibration.PairRow(x=row.x, y=-row.y, x_error=0.05) for row in rows_around(loss)]
    calibration.import_pairs(world.people["manager"], sold, metric="log_loss", kind="history", rows=rows)
    found = fit(world.approved(sold, "Sold", HISTORY), Known(world.product))
    assert "against the declared directions" in found.notes[0]
    assert "its own error" in found.notes[1]


def test_experiments_say_their_slope_and_why_they_are_not_causal(world, sold):
    loss = MetricResult.objects.get(run=world.run, metric="log_loss").point
    manager = world.people["manager"]
    errors = {"x_error": 0.05, "y_error": 0.2}
    rows = rows_around(loss - 0.5, n=60, **errors)
    calibration.import_pairs(manager, sold, metric="log_loss", kind="experiment", rows=rows)
    version = world.approved(sold, "Sold", EXPERIMENT)
    found = fit(version, Known(world.product))
    assert found.errors.lines[0].name == "a straight line (errors in both: Fuller, York)"
    slope, noise, separate = (note for note in found.notes if "band is open" not in note)
    assert "A change of 1 in the metric changes the KPI by" in slope
    assert "29 % of the spread of the metric’s changes is signal" in slope.replace("\u00a0", " ")
    assert noise.startswith("Grade B, not A: 71 % of the spread")
    assert separate.startswith("Grade B, not A: no covariance of errors")
    world.compute()
    board = words(signed_in("executive").get(f"{PRODUCT}/kpis/"))
    assert "71 % of the spread of the metric&#x27;s changes is their own error" in board


def test_other_kinds_of_mapping_have_no_fit_and_a_change_of_metric_is_a_difference(world, fitted):
    assert fit(world.version, Known(world.product)) is None
    draft = mappings.create_version(
        world.people["scientist"], fitted.mapping, definition=HISTORY | {"metric": "brier"}, note="another metric"
    )
    said = words(signed_in("scientist").get(f"{PRODUCT}/mappings/{draft.mapping_id}/{draft.number}/"))
    assert "What differs from the version in force" in said
    assert "Read off" in said


def test_a_band_with_no_end_says_on_which_side(world, sold):
    loss = MetricResult.objects.get(run=world.run, metric="log_loss").point
    rows = rows_around(loss - 0.01, n=24, spread=0.01)
    calibration.import_pairs(world.people["manager"], sold, metric="log_loss", kind="history", rows=rows)
    version = world.approved(sold, "Sold", HISTORY)
    (note,) = fit(version, Known(world.product)).notes
    # Sold falls with log_loss: draws beyond the highest log loss leave the band open below, and below the lowest above.
    assert "open below" in note


def test_a_value_that_is_calibrated_carries_the_projection_and_its_receipt(world):
    loss = MetricResult.objects.get(run=world.run, metric="log_loss").point
    manager, scientist = world.people["manager"], world.people["scientist"]
    calibration.import_pairs(manager, world.value, metric="log_loss", kind="history", rows=rows_around(loss, n=24))
    draft = mappings.create_version(scientist, world.version.mapping, definition=HISTORY)
    mappings.propose(scientist, draft, seen=draft.digest)
    client = signed_in("manager")
    assert client.get(f"{PRODUCT}/mappings/{draft.mapping_id}/2/").status_code == 200
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    digest = KPIResult.objects.get(version=draft, newest=True).digest
    for page in (f"{PRODUCT}/", f"{PRODUCT}/kpis/", f"{PRODUCT}/runs/", f"/receipts/{digest}/", f"{PRODUCT}/fidelity/"):
        assert client.get(page).status_code == 200, page
    assert client.post(f"{PRODUCT}/what-if/", {"growth": "5"}).status_code < 500
