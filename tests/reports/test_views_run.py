"""The page of one run."""

import pytest
from django.test import Client

from metrics.models.work import Work
from metrics.services.evaluation import runs
from metrics.services.recompute import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


def page_of(run) -> str:
    return f"/p/{run.product.slug}/runs/{run.pk}/"


def test_the_page_shows_metrics_with_bands_and_receipts(science: Client, world) -> None:
    answer = science.get(page_of(world.run))
    shown = {row["key"]: row for group in answer.context["metric_groups"] for row in group["rows"]}
    assert {"roc_auc", "average_precision", "log_loss", "brier", "ece", "lift_top10"} <= set(shown)
    assert all(row["receipt"].startswith("/receipts/") for row in shown.values())
    assert shown["roc_auc"]["q"].band() is not None


def test_the_page_tells_what_the_run_is_worth(science: Client, world) -> None:
    answer = science.get(page_of(world.run))
    value = answer.context["value"]
    assert value["q"].unit == "EUR/booking"
    assert value["grade"] == "C"
    assert value["receipt"]
    assert f"over its {world.run.n_rows:,} rows" in value["total"]
    assert "Its version is champion" in answer.content.decode()


def test_a_challenger_is_paired_with_the_champion(science: Client, world, rows, log, compute) -> None:
    frame = rows()
    frame["y_score"] = 0.5 + 0.2 * (frame["y_score"] - 0.5)
    second = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    compute()
    answer = science.get(page_of(second))
    value = answer.context["value"]
    assert value["difference"].point < 0
    assert value["chance"] < 0.05
    assert answer.context["against"] == "first"


def test_the_curves_come_as_charts_with_their_words(science: Client, world) -> None:
    answer = science.get(f"{page_of(world.run)}curves/")
    text = answer.content.decode()
    assert len(answer.context["charts"]) == 5  # the last one by month
    assert text.count('class="wide"') == 6  # and the profit curve
    assert answer.context["profit"]["chart"].says.startswith("Money by threshold")
    text = science.get(f"{page_of(world.run)}segments/").content.decode()
    assert "By hotel" in text
    assert "By month" in text
    assert "Resort" in text


def test_segments_show_metrics_and_money_and_hold_back_small_groups(science: Client, world) -> None:
    segments = science.get(f"{page_of(world.run)}segments/").context["segments"]
    hotels = next(column for column in segments if column["name"] == "hotel")
    assert [row["name"] for row in hotels["rows"]] == ["City", "Resort"]
    assert hotels["rows"][0]["value"]["unit"] == "EUR/booking"
    assert sum(row["n"] for row in hotels["rows"]) == world.run.n_rows


def test_a_run_being_computed_shows_its_progress_until_it_is_there(
    science: Client, product, rows, log, compute
) -> None:
    run = log(product.memberships.get(role="data_scientist").user, product, rows(300))
    progress = f"/p/{product.slug}/progress/?run={run.pk}"
    assert progress in science.get(page_of(run)).content.decode()
    assert "In line" in science.get(progress).content.decode()
    compute()
    assert science.get(progress)["HX-Refresh"] == "true"
    assert "Being computed" not in science.get(page_of(run)).content.decode()


def test_money_is_asked_for_again_while_it_is_computed(science: Client, world, rows, log) -> None:

    run = log(world.people["scientist"], world.product, rows(), version="two", where={"split": "test"})
    work.perform(Work.objects.get(kind="scan", scope=run.pk).pk)
    money = f"{page_of(run)}money/"
    assert 'hx-trigger="every 1s"' in science.get(money).content.decode()
    world.compute()
    assert 'hx-trigger="every 1s"' not in science.get(money).content.decode()


def test_progress_of_a_product_ends_with_an_event(science: Client, world, rows, log) -> None:
    path = f"/p/{world.product.slug}/progress/"
    log(world.people["scientist"], world.product, rows(300), version="two")
    assert "1 computation in line" in science.get(path).content.decode()
    world.compute()
    assert science.get(path)["HX-Trigger"] == "computed"


def test_a_run_is_withdrawn_with_a_reason(science: Client, world, compute) -> None:
    path = f"{page_of(world.run)}withdraw/"
    without = science.post(path, {"reason": ""})
    assert without.status_code == 422
    assert "This field is required" in without.content.decode()
    assert science.post(path, {"reason": "scored on leaked labels"}).status_code == 302
    compute()
    text = science.get(page_of(world.run)).content.decode()
    assert "scored on leaked labels" in text
    assert "Withdrawn" in text


def test_a_manager_makes_a_version_champion(client: Client, world, rows, log, compute) -> None:
    second = log(world.people["scientist"], world.product, rows(), version="two", where={"split": "test"})
    compute()
    client.force_login(world.people["scientist"])
    assert "Make it champion" not in client.get(page_of(second)).content.decode()
    assert client.post(f"{page_of(second)}promote/").status_code == 403
    client.force_login(world.people["manager"])
    asked = client.get(f"{page_of(second)}promote/").content.decode()
    assert "It takes the place of one." in asked
    assert "one can be made champion again" in asked
    assert client.post(f"{page_of(second)}promote/").status_code == 302
    compute()
    text = client.get(page_of(second)).content.decode()
    assert "Its version is champion" in text
    assert "Make it champion" not in text


def test_only_who_logged_a_run_or_a_manager_may_withdraw_it(client: Client, world) -> None:
    client.force_login(world.people["executive"])
    assert "Withdraw" not in client.get(page_of(world.run)).content.decode()
    assert client.post(f"{page_of(world.run)}withdraw/", {"reason": "no"}).status_code == 403


def test_a_run_with_metrics_alone_has_a_page_without_curves(science: Client, product, scientist, compute) -> None:

    manifest = {"model": "m", "version": "1", "metrics": {"roc_auc": {"value": 0.81, "standard_error": 0.01}}}
    run = runs.log_run(scientist, product, manifest=manifest)
    compute()
    text = science.get(page_of(run)).content.decode()
    assert "0.810" in text
    assert "curves/" not in text
    assert science.get(f"{page_of(run)}curves/").status_code == 200


def test_a_failed_run_says_why(science: Client, product, scientist, rows, log) -> None:
    run = log(scientist, product, rows(300))
    type(run).objects.filter(pk=run.pk).update(state="failed", error="MemoryError: out of memory")
    text = science.get(page_of(run)).content.decode()
    assert "It could not be computed" in text
    assert "out of memory" in text
