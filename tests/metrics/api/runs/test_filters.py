"""The list of runs over the API: sorted, narrowed and paged as the runs table is; and saved views."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db


@pytest.fixture
def reported(asks, product, compute):
    """Seven runs that report roc_auc (the last none), and brier where the number is even."""
    path = f"/products/{product.slug}/runs/"
    for number in range(7):
        metrics = {"roc_auc": round(0.9 - ((number * 3) % 7) / 100, 2)} if number < 6 else {"log_loss": 0.3}
        if number % 2 == 0:
            metrics["brier"] = {"value": 0.1 + number / 100, "standard_error": 0.01}
        body = {"model": "gbm" if number % 2 else "forest", "version": str(number), "metrics": metrics}
        body |= {"parameters": {"depth": number}}
        assert asks("scientist").post(path, body).status_code == 202
    compute()
    return path


def versions(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["version"] for row in answer.json()["results"]]


def test_the_list_is_sorted_by_any_metric_with_unknown_figures_last(asks, reported) -> None:
    best = versions(asks("executive").get(f"{reported}?sort=-roc_auc"))
    assert best == ["0", "5", "3", "1", "4", "2", "6"]
    assert versions(asks("executive").get(f"{reported}?sort=roc_auc")) == ["2", "4", "1", "3", "5", "0", "6"]
    assert versions(asks("executive").get(f"{reported}?sort=brier"))[:4] == ["0", "2", "4", "6"]
    assert versions(asks("executive").get(f"{reported}?sort=created")) == list("0123456")
    assert versions(asks("executive").get(f"{reported}?sort=-created")) == list("6543210")


def test_top_gives_the_first_so_many_and_no_further_page(asks, reported) -> None:
    answer = asks("manager").get(f"{reported}?sort=-roc_auc&top=3")
    assert versions(answer) == ["0", "5", "3"]
    assert (answer.json()["next"], answer.json()["previous"]) == (None, None)
    assert versions(asks("manager").get(f"{reported}?top=2")) == ["6", "5"]


def test_a_sorted_list_is_paged_by_number_and_holds_each_run_once(asks, reported) -> None:
    seen, url = [], f"{reported}?sort=-roc_auc&limit=3"
    while url:
        body = asks("manager").get(url).json()
        assert set(body) == {"next", "previous", "results"}
        seen += [row["version"] for row in body["results"]]
        previous, url = url, body["next"] and body["next"].split("/api/v1")[1]
        if url:
            back = asks("manager").get(url).json()["previous"].split("/api/v1")[1]
            assert versions(asks("manager").get(back)) == versions(asks("manager").get(previous))
    assert seen == ["0", "5", "3", "1", "4", "2", "6"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("where=roc_auc > 0.88", ["5", "0"]),
        ("where=roc_auc >= 0.85, brier <= 0.14&sort=brier", ["0", "4"]),
        ("model=gbm&sort=-roc_auc", ["5", "3", "1"]),
        ("q=depth%3D4", ["4"]),
        ("q=FOREST depth=2", ["2"]),
        ("state=received", []),
        ("state=candidate&top=1", ["6"]),
        ("until=2001-01-01", []),
    ],
)
def test_the_filters_are_those_of_the_runs_table(asks, reported, query: str, found: list[str]) -> None:
    assert versions(asks("executive").get(f"{reported}?{query.replace(' ', '+')}")) == found


def test_one_metric_may_be_asked_for_with_its_band_and_receipt(asks, reported) -> None:
    path = f"{reported}?sort=brier&top=1&metric=brier"
    (row,) = asks("executive").get(path).json()["results"]
    assert list(row["metrics"]) == ["brier"]
    brier = row["metrics"]["brier"]
    assert brier["point"] == 0.1
    assert brier["low"] < 0.09 < 0.11 < brier["high"]
    assert brier["level"] == 0.95
    whole = asks("executive").get(f"/runs/{row['id']}/").json()["metrics"]["brier"]
    assert brier == pytest.approx(whole | {"low": brier["low"], "high": brier["high"]})
    assert (whole["low"], whole["high"]) == pytest.approx((brier["low"], brier["high"]), rel=1e-6)
    assert asks("executive").get(f"/receipts/{brier['receipt']}/").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=latency", "sort"),
        ("state=odd", "state"),
        ("where=roc_auc", "where"),
        ("since=yesterday", "since"),
        ("metric=latency", "metric"),
        ("top=0", "top"),
        ("top=many", "top"),
        ("top=201", "top"),
        (f"top=000000001{'9' * 4000}", "top"),  # capped by its value, however it is written
        ("sort=name&limit=-1", "limit"),
    ],
)
def test_what_the_list_cannot_do_is_refused_by_field(asks, reported, refused, query: str, field: str) -> None:
    refused(asks("executive").get(f"{reported}?{query}"), 400, field)


def test_the_list_takes_as_many_queries_for_many_runs_as_for_few(asks, reported) -> None:
    counts, manager = [], asks("manager")
    for limit in (1, 5):
        for sort in ("-roc_auc", "-created"):
            manager.get(f"{reported}?sort={sort}&limit={limit}")
            with CaptureQueriesContext(connection) as queries:
                manager.get(f"{reported}?sort={sort}&limit={limit}")
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) < 9


def test_views_are_saved_listed_changed_and_deleted(asks, product, refused) -> None:
    path = f"/products/{product.slug}/views/"
    made = asks("scientist").post(path, {"name": "Best", "query": "sort=-roc_auc&page=2", "default": True})
    assert made.status_code == 201
    view = made.json()
    assert (view["query"], view["default"]) == ("sort=-roc_auc", True)
    assert view["page"] == f"/p/{product.slug}/runs/?sort=-roc_auc"
    assert asks("scientist").get(path).json()["results"] == [view]
    assert asks("executive").get(path).json()["results"] == []
    changed = asks("scientist").patch(f"{path}{view['id']}/", {"name": "Top", "default": False})
    assert (changed.json()["name"], changed.json()["default"]) == ("Top", False)
    refused(asks("scientist").post(path, {"name": "Top"}), 400, "name")
    refused(asks("scientist").post(path, {"query": "q=x"}), 400, "name")
    refused(asks("scientist").patch(f"{path}{view['id']}/", {"query": "sort=latency"}), 400, "query")
    refused(asks("scientist").patch(f"{path}{view['id']}/", {"user": "manager"}), 400, "user")
    for name in ("manager", "admin", "outsider"):
        refused(asks(name).patch(f"{path}{view['id']}/", {"name": "Mine"}), 404)
        refused(asks(name).delete(f"{path}{view['id']}/"), 404)
    assert asks("scientist").delete(f"{path}{view['id']}/").status_code == 204
    assert asks("scientist").get(path).json()["results"] == []
