"""The pages of data sets: the list, one with its versions, columns and runs, and the evidence of its rows."""

import json

import pandas as pd
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.queries.evidence import data_set_checks
from metrics.services.evaluation import data_sets
from metrics.services.evaluation.rows import File
from tests.places import SHARED

pytestmark = pytest.mark.django_db


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


@pytest.fixture
def log_rows(product, scientist, tmp_path):
    """Logs a frame, or a file, as a data set."""

    def logged(rows, *, name: str = "bookings", **manifest):
        path = rows
        if isinstance(rows, pd.DataFrame):
            path = tmp_path / "rows.parquet"
            rows.to_parquet(path)
        return data_sets.log_data_set(
            scientist, product, manifest={"name": name} | manifest, file=File(path=path, name=path.name)
        )

    return logged


def page_of(data) -> str:
    return f"/p/{data.product.slug}/datasets/{data.pk}/"


def panel_of(science: Client, data) -> dict:
    return {check["key"]: check for check in science.get(f"{page_of(data)}evidence/").context["panel"]}


def cells(block) -> dict[str, list[str]]:
    return {line.name: [cell.text for cell in line.cells] for line in block.lines}


def test_without_any_data_set_the_list_holds_the_line_that_logs_one(client: Client, product, people) -> None:
    path = f"/p/{product.slug}/datasets/"
    client.force_login(people["scientist"])
    assert f"kpi dataset log {product.slug} rows.parquet" in client.get(path).content.decode()
    client.force_login(people["manager"])
    text = client.get(path).content.decode()
    assert "No data set yet" in text
    assert "kpi dataset log" not in text


def test_the_list_shows_the_newest_version_of_each_name_with_its_labels_and_runs(
    science, product, log_rows, rows, log, scientist
) -> None:
    frame = rows(300).drop(columns=["y_score", "split"])
    log_rows(frame.head(200), role="production")
    half = frame.assign(y_true=frame["y_true"].where(frame.index % 2 == 0))
    log_rows(half, role="production")
    log(scientist, product, rows(300), dataset="evaluated")
    found = {row["name"]: row for row in science.get(f"/p/{product.slug}/datasets/").context["rows"]}
    assert set(found) == {"bookings", "evaluated"}
    assert (found["bookings"]["number"], found["bookings"]["n"], found["bookings"]["runs"]) == (2, 300, 0)
    assert (found["bookings"]["labels"]["words"], found["bookings"]["role"]) == ("50\u00a0% in", "production")
    assert (found["evaluated"]["labels"]["words"], found["evaluated"]["runs"]) == ("All in", 1)


def test_a_data_set_shows_its_columns_its_versions_and_its_runs(science, world, rows, log, compute) -> None:
    data = world.run.data_set
    answer = science.get(page_of(data))
    assert dict(answer.context["columns"])["Segments"] == ("hotel",)
    assert dict(answer.context["columns"])["Amounts"] == ("value",)
    assert [row["name"] for row in answer.context["runs"]] == ["first"]
    assert dict(answer.context["runs"][0]["figures"])["log_loss"]["point"] > 0
    assert data.digest in answer.content.decode()
    # other labels under the same name are the next version
    frame = rows()
    frame["y_true"] = 1 - frame["y_true"]
    log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    text = science.get(page_of(data)).content.decode()
    assert "Version 2 is the newest" in text


def test_the_latest_version_is_measured_against_the_one_before(science, log_rows, rows) -> None:
    frame = rows(800).drop(columns=["y_score", "split"]).assign(**{"feature.nights": lambda f: f["value"] / 40})
    first = log_rows(frame.head(400))
    assert "no earlier version" in panel_of(science, first)["drift"]["text"]
    moved = frame.tail(400).assign(**{"feature.nights": lambda f: f["feature.nights"] * 2})
    drift = panel_of(science, log_rows(moved))["drift"]
    assert "nights" in drift["text"]
    assert drift["words"] == "Fails"
    assert "against version 1" in drift["blocks"][0].title
    assert drift["open"]


def test_rows_of_another_task_are_no_version_to_be_measured_against(science, log_rows, rows, task_rows) -> None:
    log_rows(rows(300).drop(columns=["y_score"]))
    second = log_rows(task_rows("regression").drop(columns=["y_pred"]), task="regression")
    assert second.number == 2
    assert "no earlier version" in panel_of(science, second)["drift"]["text"]


def test_labels_that_came_late_are_shown_with_their_delays_and_the_completed_estimate(science, log_rows, rows) -> None:
    frame = rows(1200).drop(columns=["y_score", "split"])
    late = frame["event_time"] + pd.to_timedelta(frame.index % 60, unit="D")
    seen = late <= pd.Timestamp("2017-01-31", tz="UTC")
    frame = frame.assign(ingest_time=late.where(seen), y_true=frame["y_true"].where(seen))
    panel = panel_of(science, log_rows(frame))
    facts = dict(panel["timeliness"]["blocks"][0].pairs)
    known = (late - frame["event_time"])[seen].dt.days
    assert facts["Half of the rows within"] == f"{known.median():.0f}\u00a0days"
    months = panel["maturity"]["blocks"][-1]
    january = cells(months)["Jan\u00a02017"]
    in_january = frame["event_time"].dt.strftime("%Y-%m") == "2017-01"
    assert january[0] == f"{in_january.sum()}"
    assert january[1] == f"{(in_january & seen).sum()}"
    assert january[2] == f"{100 * seen[in_january].mean():.0f}\u00a0%"
    assert months.lines[0].marked


def test_more_rows_than_a_page_examines_are_left_to_the_worker(science, log_rows, rows, monkeypatch) -> None:
    monkeypatch.setattr(data_set_checks, "MOST_EXAMINED", 100)
    data = log_rows(rows(300).drop(columns=["y_score"]))
    text = science.get(f"{page_of(data)}evidence/").content.decode()
    assert "300 rows are more than a page examines (100)" in text
    assert "Runs point to the rows" in science.get(page_of(data)).content.decode()


def test_an_executive_and_an_outsider_see_no_data_set(client: Client, world) -> None:
    path = page_of(world.run.data_set)
    client.force_login(world.people["executive"])
    assert client.get(path).status_code == 403
    assert "datasets/" not in client.get(f"/p/{world.product.slug}/").content.decode()
    assert world.run.data_set.pk not in client.get(f"/p/{world.product.slug}/runs/{world.run.pk}/").content.decode()
    client.force_login(world.people["outsider"])
    assert client.get(path).status_code == 404


def test_a_data_set_of_another_product_is_not_there(science, world, make_product) -> None:
    other = make_product("Another")
    assert science.get(f"/p/{other.slug}/datasets/{world.run.data_set.pk}/").status_code == 404


def test_pages_of_data_sets_ask_as_many_queries_with_many_of_them_as_with_one(
    science, world, rows, log, log_rows, compute
) -> None:
    paths = [
        f"/p/{world.product.slug}/datasets/",
        page_of(world.run.data_set),
        f"{page_of(world.run.data_set)}evidence/",
    ]

    def asked() -> list[int]:
        counts = []
        for path in paths:
            science.get(path)
            with CaptureQueriesContext(connection) as made:
                assert science.get(path).status_code == 200
            counts.append(len(made))
        return counts

    before = asked()
    for number in range(4):
        log_rows(rows(200, seed=number).drop(columns=["y_score"]), name=f"rows {number}")
        log(world.people["scientist"], world.product, rows(), version=f"v{number}", where={"split": "test"})
    compute()
    assert asked() == before
    assert max(before) <= 25


@pytest.mark.shared
def test_the_delays_of_the_hotels_bookings_stand_on_their_page(science, log_rows) -> None:
    folder = SHARED / "data" / "hotel_cancel"
    expected = json.loads((folder / "EXPECTED.json").read_text())["label_latency_days"]
    hotel = pd.read_parquet(folder / "source" / "hotel_bookings.parquet")
    hotel = hotel[(hotel["adr"] > 0) & (hotel["stays_in_weekend_nights"] + hotel["stays_in_week_nights"] > 0)]
    arrival = pd.to_datetime(
        hotel["arrival_date_year"].astype(str)
        + hotel["arrival_date_month"].astype(str)
        + hotel["arrival_date_day_of_month"].astype(str),
        format="%Y%B%d",
    )
    frame = pd.DataFrame(
        {
            "example_id": hotel.index,
            "y_true": hotel["is_canceled"].astype(float),
            "event_time": (arrival - pd.to_timedelta(hotel["lead_time"], unit="D")).dt.tz_localize("UTC"),
            "ingest_time": pd.to_datetime(hotel["reservation_status_date"]).dt.tz_localize("UTC"),
            "hotel": hotel["hotel"].astype(str),
        }
    )
    assert len(frame) == expected["n"]
    check = panel_of(science, log_rows(frame, role="production", segments=["hotel"]))["timeliness"]
    facts = dict(check["blocks"][0].pairs)
    assert facts["Half of the rows within"] == f"{expected['p50']:.0f}\u00a0days" == "40\u00a0days"
    assert facts["90\u00a0% of the rows within"] == f"{expected['p90']:.0f}\u00a0days"
    assert facts["95\u00a0% of the rows within"] == f"{expected['p95']:.0f}\u00a0days" == "262\u00a0days"
    assert facts["The longest"] == f"{expected['max']}\u00a0days"
    stored = dict(check["blocks"][1].pairs)
    assert stored["Within 30 days"] == f"{100 * expected['share_within_30d']:.1f}\u00a0%"
    assert "within 40 days of their event, 95 % within 262 days" in check["text"]


@pytest.mark.shared
def test_the_agreement_of_the_labelers_stands_on_their_page(science, log_rows) -> None:
    folder = SHARED / "data" / "rte_labels"
    expected = json.loads((folder / "EXPECTED.json").read_text())
    data = log_rows(folder / "labels.parquet", name="rte")
    answer = science.get(page_of(data))
    assert answer.context["labels"]["under"] == "by votes"
    panel = panel_of(science, data)
    facts = dict(panel["labels"]["blocks"][1].pairs)
    assert facts["Ties, which are no label"].startswith(f"{expected['ties']} ")
    assert facts["Krippendorff’s alpha, nominal"] == f"{expected['krippendorff_alpha_nominal']:.3f}"
    assert facts["Majority right by gold, a tie counting half"] == "89.69\u00a0%"
    often_wrong = [line for line in panel["labelers"]["blocks"][0].lines if line.marked]
    assert often_wrong
    assert all(line.cells[1].tone == "heat-bad" for line in often_wrong)
