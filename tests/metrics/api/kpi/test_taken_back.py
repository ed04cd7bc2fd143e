"""What the API says before something is taken back, and how it comes back; rights as for taking it back."""

import pytest

from metrics.models.kpi import Actual, Target
from metrics.models.product import AuditEntry
from metrics.services.kpi import calibration
from metrics.services.kpi.calibration import PairRow

pytestmark = pytest.mark.django_db

AT = "/api/v1/products/cancellation-calls"


def test_an_import_is_priced_taken_back_and_restored(world, api, manager, executive):
    row = world.volume.actuals.order_by("period").first()
    one = f"{AT}/actuals/{row.pk}/"
    told = api(manager).get(f"{one}impact/", {"whole": "1"}).json()
    (projection,) = [found for found in told["results"] if found["kind"] == "projected"]
    assert projection["before"]["point"]
    assert projection["after"]["unknown"]
    assert api(executive).get(f"{one}impact/").status_code == 403
    assert api(manager).post(f"{one}restore/").status_code == 404
    assert api(manager).delete(f"{one}?whole=1").status_code == 204
    assert api(executive).post(f"{one}restore/").status_code == 403
    made = api(manager).post(f"{one}restore/")
    assert (made.status_code, len(made.json()["months"])) == (201, 26)
    back = Actual.objects.get(pk=made.json()["import"])
    assert (back.restores_id, back.imported_by, back.source) == (row.pk, manager, "arrivals")
    again = api(manager).post(f"{one}restore/")
    assert again.status_code == 409
    assert "brought back already" in again.json()["detail"]
    assert AuditEntry.objects.filter(action="actual.restore", actor__startswith="person ").count() == 1


def test_a_month_taken_back_alone_comes_back_alone(world, api, manager):
    first, second = world.volume.actuals.order_by("period")[:2]
    for row in (first, second):
        api(manager).delete(f"{AT}/actuals/{row.pk}/")
    made = api(manager).post(f"{AT}/actuals/{second.pk}/restore/").json()
    assert made["months"] == ["2015-02"]


def test_pairs_are_priced_taken_back_and_restored(world, api, manager):
    (pair,) = calibration.import_pairs(
        manager, world.value, metric="log_loss", kind="history", rows=[PairRow(x=0.1, y=2.0)]
    )
    one = f"{AT}/pairs/{pair.batch}/"
    assert api(manager).get(f"{one}impact/").json()["results"] == []
    assert api(manager).delete(one).status_code == 204
    made = api(manager).post(f"{one}restore/")
    assert (made.status_code, made.json()["pairs"]) == (201, 1)
    assert api(manager).get(f"{AT}/pairs/").json()["results"][0]["batch"] == made.json()["batch"]


def test_a_target_is_withdrawn_and_set_again(world, api, manager, scientist):
    one = f"{AT}/targets/{world.target.pk}/"
    assert api(scientist).delete(one).status_code == 403
    assert api(manager).delete(one).status_code == 204
    assert api(manager).get(f"{AT}/targets/").json()["results"] == []
    assert api(scientist).post(f"{one}restore/").status_code == 403
    made = api(manager).post(f"{one}restore/")
    assert made.status_code == 201
    assert Target.objects.get(pk=made.json()["id"]).value == 50_000
