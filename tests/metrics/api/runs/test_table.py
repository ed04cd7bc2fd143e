"""Runs and what they belong to, over the API: what is taken in, what is shown, and what is refused with its remedy."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from metrics.models.evaluation import DataSet, EvaluationRun, Model
from metrics.models.work import Work
from metrics.services.evaluation import checking, promotion

pytestmark = pytest.mark.django_db

MANIFEST = {"model": "gbm", "version": "3"}
GOOD = "example_id,y_true,y_score\na,1,0.9\nb,0,0.2\nc,1,0.6\nd,0,0.4\n"


@pytest.fixture
def send(asks, product):
    """Send a file as a run: send(content, name, manifest)."""

    def sent(content, name="rows.csv", *, person="scientist", **manifest):
        content = content.encode() if isinstance(content, str) else content
        body = {"manifest": json.dumps(MANIFEST | manifest), "file": SimpleUploadedFile(name, content)}
        return asks(person).post(f"/products/{product.slug}/runs/", body, format="multipart")

    return sent


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def nothing_is_stored(settings):
    files = [file for file in settings.STORE_DIR.rglob("*") if file.is_file()]
    return not (files or any(table.objects.exists() for table in (EvaluationRun, Model, DataSet, Work)))


def test_a_file_is_taken_in_and_scored(asks, send, product, compute):
    sent = send(GOOD, name="night run.csv", parameters={"depth": 3}, seed=7, note="first")
    assert sent.status_code == 202
    body = sent.json()
    assert (body["state"], sent["Location"]) == ("received", body["status"])
    assert body["page"] == f"/p/{product.slug}/runs/{body['id']}/"
    compute()
    run = asks("executive").get(f"/runs/{body['id']}/").json()
    assert (run["state"], run["n"], run["model"], run["version"], run["created_by"]) == (
        "scored",
        4,
        "gbm",
        "3",
        "scientist",
    )
    assert run["metrics"]["roc_auc"]["point"] == 1.0
    known = {"point", "low", "high", "level", "unit", "text", "band_text", "receipt"}
    assert set(run["metrics"]["roc_auc"]) == known
    assert run["metrics"]["roc_auc"]["text"].startswith("1")
    assert run["metrics"]["roc_auc"]["band_text"].startswith("95 % band 0.")
    assert run["metrics"]["roc_auc"]["low"] < 0.5  # four rows say little
    assert run["metrics"]["roc_auc"]["receipt"]
    assert run["manifest"]["parameters"] == {"depth": 3}
    assert len(run["rows_digest"]) == 64
    assert run["comparable"] is True


def test_metrics_alone_are_taken_in_as_json(asks, product, compute):
    metrics = {"roc_auc": {"value": 0.81, "standard_error": 0.01}, "brier": 0.14}
    sent = asks("scientist").post(f"/products/{product.slug}/runs/", MANIFEST | {"metrics": metrics})
    assert sent.status_code == 202
    compute()
    run = asks("manager").get(sent.json()["status"].removeprefix("/api/v1")).json()
    assert run["metrics"]["roc_auc"]["low"] < 0.81 < run["metrics"]["roc_auc"]["high"]
    brier = run["metrics"]["brier"]
    assert (brier["point"], brier["low"], brier["high"]) == (0.14, None, None)
    assert (run["n"], run["rows_digest"], run["data_digest"]) == (None, None, None)


def test_warnings_about_the_rows_come_with_the_answer(send):
    sent = send("example_id,y_true,y_score\na,1,0.9\nb,,0.2\nc,0,0.4\n")
    assert sent.status_code == 202
    (warning,) = sent.json()["warnings"]
    assert warning["field"] == "y_true"
    assert warning["message"]


@pytest.mark.parametrize(
    ("content", "field", "row"),
    [
        ("", "file", None),
        ("example_id,y_true,y_score\n", "file", None),
        ("example_id,y_true\na,1\n", "y_score", None),
        ("y_true,y_score\n1,0.5\n", "example_id", None),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,high\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,1.5\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,-0.1\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,NaN\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,inf\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,0,\n", "y_score", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,2,0.5\n", "y_true", 2),
        ("example_id,y_true,y_score\na,1,0.5\nb,yes,0.5\n", "y_true", 2),
        ("example_id,y_true,y_score\na,1,0.5\na,0,0.4\n", "example_id", 2),
        ("example_id,y_true,y_score\na,1,0.5\n,0,0.4\n", "example_id", 2),
    ],
)
def test_bad_rows_are_refused_with_field_row_and_remedy_and_nothing_is_stored(
    send, refused, settings, content, field, row
):
    fault = refused(send(content), 400, field)
    assert fault.get("row") == row
    assert fault["remedy"]
    assert nothing_is_stored(settings)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"example_id": ["a", "b"], "y_true": [1, 0], "y_score": ["high", "low"]}, "y_score"),
        ({"example_id": ["a", "b"], "y_true": [1, 0], "y_score": [0.5, None]}, "y_score"),
        ({"example_id": ["a", "b"], "y_true": [1, 3], "y_score": [0.5, 0.1]}, "y_true"),
        ({"example_id": [1, 1], "y_true": [1, 0], "y_score": [0.5, 0.1]}, "example_id"),
        ({"example_id": ["a", "b"], "y_true": [1, 0]}, "y_score"),
    ],
)
def test_bad_parquet_is_refused_alike(send, refused, settings, columns, field):
    refused(send(parquet(**columns), "rows.parquet"), 400, field)
    assert nothing_is_stored(settings)


@pytest.mark.parametrize("content", [b"not parquet at all", b"PAR1" + b"\x00" * 40 + b"PAR1", GOOD.encode()])
def test_a_file_that_is_only_named_parquet_is_refused(send, refused, settings, content):
    fault = refused(send(content, "rows.parquet"), 400, "file")
    assert fault["remedy"]
    assert nothing_is_stored(settings)


def test_a_file_over_the_cap_is_413_with_its_remedy(send, refused, settings):
    settings.UPLOAD_MAX_BYTES = 1024
    content = GOOD + "".join(f"x{number},1,0.5\n" for number in range(200))
    fault = refused(send(content), 413, "file")
    assert fault["remedy"]
    assert nothing_is_stored(settings)


def test_more_rows_than_the_cap_are_413(send, refused, settings):
    settings.UPLOAD_MAX_ROWS = 3
    refused(send(GOOD), 413, "file")
    assert nothing_is_stored(settings)


def test_a_large_file_is_503_while_all_places_are_taken_and_is_told_when_to_come_again(
    asks, send, product, refused, settings, monkeypatch
):
    settings.UPLOAD_CHECKS = 1
    monkeypatch.setattr(checking, "PATIENCE", 0.1)
    large = GOOD + "".join(f"x{number},1,0.5\n" for number in range(120_000))
    with checking.place():
        answer = send(large)
        refused(answer, 503)
        assert answer["Retry-After"] == "5"
        person = Client()
        person.force_login(product.memberships.get(user__username="scientist").user)
        form = {
            "model": "gbm",
            "version": "3",
            "task": "binary",
            "file": SimpleUploadedFile("rows.csv", large.encode()),
        }
        page = person.post(f"/p/{product.slug}/runs/new/", form)
        assert (page.status_code, page["Retry-After"]) == (503, "5")
        assert "As many large files as may be are being checked" in page.content.decode()
        assert nothing_is_stored(settings)
        assert send(GOOD).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": ""}, "model"),
        ({"version": None}, "version"),
        ({"task": "clustering"}, "task"),
        ({"where": "split=test"}, "where"),
        ({"where": {"split": ["a"]}}, "where"),
        ({"rename": {"p": 3}}, "p"),
        ({"colour": "red"}, "colour"),
        ({"created_by": "admin"}, "created_by"),
        ({"state": "scored"}, "state"),
        ({"metrics": {"accuracy": 91.2}}, "metrics.accuracy.value"),
        ({"metrics": {"roc_auc": "high"}}, "metrics.roc_auc.value"),
        ({"where": {"split": "test"}}, "split"),
    ],
)
def test_a_bad_manifest_is_refused_by_its_field(send, refused, settings, change, field):
    refused(send(GOOD, **change), 400, field)
    assert nothing_is_stored(settings)


def test_a_manifest_that_is_no_json_is_refused(asks, product, refused):
    body = {"manifest": "{", "file": SimpleUploadedFile("rows.csv", GOOD.encode())}
    refused(asks("scientist").post(f"/products/{product.slug}/runs/", body, format="multipart"), 400, "manifest")
    body = {"manifest": "[1]", "file": SimpleUploadedFile("rows.csv", GOOD.encode())}
    refused(asks("scientist").post(f"/products/{product.slug}/runs/", body, format="multipart"), 400, "manifest")
    body = {"manifest": SimpleUploadedFile("m.json", b"{}"), "file": SimpleUploadedFile("rows.csv", GOOD.encode())}
    refused(asks("scientist").post(f"/products/{product.slug}/runs/", body, format="multipart"), 400)


def test_neither_file_nor_metrics_is_refused(asks, product, refused):
    refused(asks("scientist").post(f"/products/{product.slug}/runs/", MANIFEST), 400, "file")


def test_renamed_columns_and_a_part_of_the_rows(send, asks, compute):
    content = "id,label,p,split\na,1,0.9,test\nb,0,0.1,test\nc,0,0.8,valid\n"
    rename = {"id": "example_id", "label": "y_true", "p": "y_score"}
    sent = send(content, rename=rename, where={"split": "test"}, reference={"split": "valid"})
    assert sent.status_code == 202
    compute()
    run = asks("scientist").get(f"/runs/{sent.json()['id']}/").json()
    assert run["n"] == 2
    assert run["metrics"]["log_loss"]["point"] == pytest.approx(-np.log(0.9))
    assert run["dataset"] == "split = test"


def test_runs_are_listed_newest_first_by_model_and_state(asks, product, compute):
    path = f"/products/{product.slug}/runs/"
    for model, version in (("gbm", "1"), ("gbm", "2"), ("forest", "1")):
        body = {"model": model, "version": version, "metrics": {"brier": 0.1}}
        assert asks("scientist").post(path, body).status_code == 202
    compute()
    rows = asks("executive").get(path).json()["results"]
    assert [(row["model"], row["version"]) for row in rows] == [("forest", "1"), ("gbm", "2"), ("gbm", "1")]
    assert rows[0]["metrics"]["brier"]["point"] == 0.1
    assert len(asks("executive").get(path, {"model": "gbm"}).json()["results"]) == 2
    assert asks("executive").get(path, {"state": "received"}).json()["results"] == []
    assert asks("executive").get(path, {"state": "odd"}).status_code == 400


def test_pages_of_a_list_hold_each_row_once_and_lead_on(asks, product):
    path = f"/products/{product.slug}/runs/"
    for number in range(7):
        asks("scientist").post(path, {"model": "gbm", "version": str(number), "metrics": {"brier": 0.1}})
    seen, url = [], f"{path}?limit=3"
    while url:
        page = asks("manager").get(url).json()
        assert set(page) == {"next", "previous", "results"}
        assert len(page["results"]) <= 3
        seen += [row["version"] for row in page["results"]]
        url = page["next"] and page["next"].split("/api/v1")[1]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "cursor=cD0x", "limit=-1", "limit=0", "limit=many", "limit=9999999"]
)
def test_odd_paging_is_refused_or_bounded(asks, product, query):
    answer = asks("manager").get(f"/products/{product.slug}/runs/?{query}")
    assert answer.status_code in (200, 400, 404)


def test_a_run_is_withdrawn_with_a_reason(asks, send, refused):
    pk = send(GOOD).json()["id"]
    refused(asks("scientist").post(f"/runs/{pk}/withdraw/", {}), 400, "reason")
    refused(asks("scientist").post(f"/runs/{pk}/withdraw/", {"reason": " "}), 400, "reason")
    done = asks("scientist").post(f"/runs/{pk}/withdraw/", {"reason": "labels were shifted"})
    assert (done.json()["state"], done.json()["withdrawn_reason"]) == ("withdrawn", "labels were shifted")


def test_a_run_on_other_rows_than_the_champions_is_flagged(asks, send, compute, people):
    first = send(GOOD).json()["id"]
    promotion.promote(people["manager"], EvaluationRun.objects.get(pk=first).version)
    compute()
    other = send("example_id,y_true,y_score\nx,1,0.9\ny,0,0.2\n", version="4").json()["id"]
    compute()
    run = asks("executive").get(f"/runs/{other}/").json()
    assert (run["comparable"], run["state"]) == (False, "scored")
    assert "other rows" in run["not_comparable_reason"]


def test_models_versions_data_sets_and_metrics_are_listed(asks, send, product):
    send(GOOD, dataset="winter")
    slug = f"/products/{product.slug}"
    (model,) = asks("executive").get(f"{slug}/models/").json()["results"]
    assert (model["name"], model["versions"][0]["name"]) == ("gbm", "3")
    (version,) = asks("executive").get(f"{slug}/versions/").json()["results"]
    assert (version["model"], version["state"]) == ("gbm", "candidate")
    (data,) = asks("scientist").get(f"{slug}/datasets/").json()["results"]
    assert (data["name"], data["n"], len(data["digest"])) == ("winter", 4, 32)
    keys = {row["key"] for row in asks("executive").get(f"{slug}/metrics/?limit=200").json()["results"]}
    assert {"roc_auc", "average_precision", "log_loss", "brier", "ece", "ks", "lift_top10"} <= keys


def test_a_manager_names_the_champion(asks, send, product, make_product, refused):
    send(GOOD)
    path = f"/products/{product.slug}/versions/"
    (version,) = asks("manager").get(path).json()["results"]
    refused(asks("scientist").post(f"{path}{version['id']}/promote/"), 403)
    assert asks("manager").post(f"{path}{version['id']}/promote/").json()["state"] == "champion"
    elsewhere = f"/products/{make_product('Deposits').slug}/versions/"
    refused(asks("manager").post(f"{elsewhere}{version['id']}/promote/"), 404)
    refused(asks("manager").post(f"{path}000000000000/promote/"), 404)


def test_a_metric_is_registered_and_reported(asks, product, refused):
    path = f"/products/{product.slug}/metrics/"
    body = {"key": "lost_money", "name": "Lost money", "direction": "down", "unit": "EUR"}
    assert asks("scientist").post(path, body).status_code == 201
    refused(asks("scientist").post(path, body), 400, "key")
    refused(asks("scientist").post(path, body | {"key": "roc_auc"}), 400, "key")
    refused(asks("scientist").post(path, body | {"key": "other", "direction": "side"}), 400, "direction")
    refused(asks("scientist").post(path, body | {"key": "other", "unit": "EUR^^"}), 400, "unit")
    sent = asks("scientist").post(f"/products/{product.slug}/runs/", MANIFEST | {"metrics": {"lost_money": 12.5}})
    assert sent.status_code == 202


def test_a_frame_of_segments_and_amounts_goes_through(asks, send, rows, compute):
    buffer = io.BytesIO()
    frame: pd.DataFrame = rows(n=300)
    frame.to_parquet(buffer)
    sent = send(buffer.getvalue(), "rows.parquet", where={"split": "test"})
    assert sent.status_code == 202, sent.content
    compute()
    assert asks("scientist").get(f"/runs/{sent.json()['id']}/").json()["n"] == int((frame.split == "test").sum())
