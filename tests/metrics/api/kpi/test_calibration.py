"""Pairs over the API: previewed, imported as JSON or CSV, listed, and taken back."""

import pytest

from metrics.models.calibration import Pair

pytestmark = pytest.mark.django_db

CSV = "x,y,y_error,at\n0.5,12,0.2,2017-03\n0.6,11,,2017-04\n"


@pytest.fixture
def at(product):
    return f"/products/{product.slug}"


@pytest.fixture
def body(asks, at):
    assert asks("manager").post(f"{at}/kpis/", {"key": "sold", "name": "Sold", "unit": "EUR"}).status_code == 201
    return {"kpi": "sold", "metric": "log_loss"}


def test_a_csv_is_previewed_then_imported_listed_and_undone(asks, at, body):
    manager = asks("manager")
    seen = manager.post(f"{at}/pairs/", body | {"csv": CSV, "preview": True})
    plain = {"x_error": None, "y_error": None, "covariance": None, "disjoint": False}
    read = [
        plain | {"x": 0.5, "y": 12.0, "y_error": 0.2, "at": "2017-03-01"},
        plain | {"x": 0.6, "y": 11.0, "at": "2017-04-01"},
    ]
    assert (seen.status_code, seen.json()) == (200, {"would_write": 2, "unchanged": 0, "pairs": read, "said": []})
    assert not Pair.objects.exists()
    made = manager.post(f"{at}/pairs/", body | {"csv": CSV, "source": "crm"})
    assert made.status_code == 201
    assert made.json()["written"] == 2
    again = manager.post(f"{at}/pairs/", body | {"csv": CSV})
    assert again.json() == {"batch": None, "written": 0, "unchanged": 2, "said": []}
    rows = asks("executive").get(f"{at}/pairs/?kpi=sold&metric=log_loss&kind=history").json()["results"]
    assert [
        (row["x"], row["y"], row["y_error"], row["at"], row["source"]) for row in sorted(rows, key=lambda row: row["x"])
    ] == [
        (0.5, 12.0, 0.2, "2017-03-01", "crm"),
        (0.6, 11.0, None, "2017-04-01", "crm"),
    ]
    address = f"{at}/pairs/{made.json()['batch']}/"
    assert asks("scientist").delete(address).status_code == 403
    assert manager.delete(address).status_code == 204
    assert manager.delete(address).status_code == 404
    assert asks("executive").get(f"{at}/pairs/").json()["results"] == []


def test_pairs_of_experiments_are_imported_as_json(asks, at, body):
    pairs = [
        {"x": -0.1, "y": 2.5, "x_error": 0.01, "y_error": 0.3, "covariance": 0.001},
        {"x": 0, "y": 0, "disjoint": True},
    ]
    made = asks("manager").post(f"{at}/pairs/", body | {"kind": "experiment", "pairs": pairs})
    assert made.json()["written"] == 2
    assert set(Pair.objects.values_list("kind", "covariance", "disjoint")) == {
        ("experiment", 0.001, False),
        ("experiment", None, True),
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "pairs"),
        ({"pairs": [], "csv": CSV}, "pairs"),
        ({"csv": "x\n1\n"}, "text"),
        ({"csv": CSV, "metric": "no_such"}, "metric"),
        ({"csv": CSV, "metric": "no_such", "preview": True}, "metric"),
        ({"csv": CSV, "kpi": "no_such"}, "kpi"),
        ({"csv": CSV, "kind": "dream"}, "kind"),
        ({"csv": "x,y,x_error\n1,2,-1\n", "preview": True}, "text"),
        ({"csv": "x,y\n", "preview": True}, "text"),
        ({"pairs": [{"x": "one", "y": 1}]}, None),
        ({"pairs": [{"x": 1, "y": 1, "y_error": -1}]}, None),
        ({"pairs": [{"x": 1, "y": 1, "covariance": 0.1}]}, "text"),
        ({"csv": "x,y,x_error,y_error,covariance\n1,2,0.1,0.1,0.02\n", "preview": True}, "text"),
    ],
)
def test_what_cannot_be_is_refused_by_name(asks, at, body, refused, change, field):
    refused(asks("manager").post(f"{at}/pairs/", body | change), 400, field)
    assert not Pair.objects.exists()


@pytest.mark.parametrize(("name", "status"), [("scientist", 403), ("executive", 403), ("outsider", 404)])
def test_only_a_manager_imports(asks, at, body, name, status):
    assert asks(name).post(f"{at}/pairs/", body | {"csv": CSV}).status_code == status
