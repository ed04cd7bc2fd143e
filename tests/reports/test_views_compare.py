"""The page that sets runs side by side."""

import re

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.models.evaluation import MetricResult
from metrics.services.evaluation import runs as evaluation

pytestmark = pytest.mark.django_db

COMPARE = "/p/cancellation-calls/compare/"


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


@pytest.fixture
def second(world, rows, log):
    """Log another run on the champion's rows, its scores drawn towards a half by a factor."""

    def made(factor: float, version: str = "two"):
        frame = rows()
        frame["y_score"] = 0.5 + factor * (frame["y_score"] - 0.5)
        run = log(world.people["scientist"], world.product, frame, version=version, where={"split": "test"})
        world.compute()
        run.refresh_from_db()
        return run

    return made


def address(*runs, **more) -> str:
    return f"{COMPARE}?{'&'.join(f'run={run.pk}' for run in runs)}{''.join(f'&{k}={v}' for k, v in more.items())}"


def test_the_title_says_the_answer_in_the_metric_and_in_money(science: Client, world, second) -> None:
    run = second(0.3)
    answer = science.get(address(run, world.run))
    title = answer.context["title"]
    # The champion is the base, whatever comes first.
    assert re.fullmatch(r"two is worse than one in log loss, and earns [\d.]+\xa0EUR less a booking", title)
    text = answer.content.decode()
    assert text.count("<h1>") == 1
    assert "Chance to earn more" in text


def test_a_base_may_be_asked_for_and_the_two_swapped(science: Client, world, second) -> None:
    run = second(0.3)
    answer = science.get(address(world.run, run, base=run.pk))
    assert answer.context["title"].startswith("one is better than two in log loss, and earns")
    back = science.get(answer.context["swap_url"])
    assert back.context["title"].startswith("two is worse than one")


def test_metrics_kpi_and_money_stand_in_one_table_each_with_its_receipt(science: Client, world, second) -> None:
    tables = science.get(address(world.run, second(0.3))).context["tables"]
    assert [table["title"] for table in tables] == ["Metrics", "Money"]
    rows = [row for table in tables for row in table["rows"]]
    assert [row.key for row in rows[:3]] == ["log_loss", "brier", "ece"]
    assert all(row.a_receipt.startswith("/receipts/") for row in rows)
    assert all(row.b_receipt.startswith("/receipts/") for row in rows)
    assert rows[-1].key == "value_per_booking"
    assert tables[-1]["grade"] == "C"


def test_every_row_is_turned_so_that_right_is_better(science: Client, world, second) -> None:
    rows = science.get(address(world.run, second(0.3))).context["tables"][0]["rows"]
    loss = rows[0]
    assert loss.difference.point > 0  # a higher loss
    assert loss.gain.point == -loss.difference.point
    assert loss.gain.band() == pytest.approx([-end for end in reversed(loss.difference.band())])
    assert loss.low == -loss.high


def test_the_line_of_the_auc_carries_delong(science: Client, world, rows, log) -> None:
    frame = rows()
    frame["y_score"] = np.clip(frame["y_score"] + np.sin(np.arange(len(frame))) / 8, 0.001, 0.999)
    run = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    world.compute()
    assert re.search(r"DeLong p (=|&lt;) [\d.e-]+", science.get(address(world.run, run)).content.decode())


def test_the_smallest_difference_worth_having_stands_in_the_address(science: Client, world, second) -> None:
    run = second(0.9)
    answer = science.get(address(world.run, run) + "&least.log_loss=0.5")
    row = answer.context["tables"][0]["rows"][0]
    assert row.verdict.words == "Alike within 0.5"
    assert "least.log_loss=0.5" in answer.context["swap_url"]
    wrong = science.get(address(world.run, run) + "&least.log_loss=lots")
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert 'value="lots"' in wrong.content.decode()


def test_a_run_on_other_rows_is_refused_loudly(science: Client, world, rows, log) -> None:
    other = log(world.people["scientist"], world.product, rows(500), version="half", where={"split": "test"})
    world.compute()
    answer = science.get(address(world.run, other))
    text = answer.content.decode()
    assert answer.context["title"] == "half cannot be compared with one"
    assert "half is not compared with one." in text
    assert "saw different data" in text
    assert 'class="banner unknown"' in text
    assert "Paired differences" not in text


def test_a_run_of_another_task_is_refused(science: Client, world, rows, log) -> None:
    frame = rows(300).drop(columns=["y_score"]).assign(y_pred=0.4)
    other = log(world.people["scientist"], world.product, frame, model="stay", version="1", task="regression")
    world.compute()
    assert "of the task regression" in science.get(address(world.run, other)).content.decode()


def test_a_withdrawn_run_is_refused(science: Client, world, second) -> None:
    run = second(0.5)
    evaluation.withdraw(world.people["scientist"], run, reason="leaked")
    assert "is withdrawn: leaked" in science.get(address(world.run, run)).content.decode()


def test_the_same_predictions_under_two_names_are_said_to_be(science: Client, world, rows, log) -> None:
    twin = log(world.people["scientist"], world.product, rows(), version="twin", where={"split": "test"})
    world.compute()
    answer = science.get(address(world.run, twin))
    assert answer.context["title"] == "one and twin are the same predictions under two names"
    assert "counted as one candidate" in answer.content.decode()


def test_several_runs_are_ranked_and_corrected_for_choosing(science: Client, world, second) -> None:
    runs = [second(factor, f"by {factor}") for factor in (0.8, 0.5, 0.3)]
    answer = science.get(address(world.run, *runs, of="log_loss"))
    several = answer.context["several"]
    assert [line["name"] for line in several["lines"]] == ["by 0.8", "by 0.5", "by 0.3"]
    assert several["among"] == 4
    assert "corrected for choosing among 4" in answer.content.decode()
    assert several["each"]["heads"][0] in ("one", "by 0.8")
    first, last = several["each"]["rows"][0], several["each"]["rows"][-1]
    assert first["cells"][-1]["chance"] + last["cells"][0]["chance"] == pytest.approx(1)
    ranked = science.get(address(world.run, *runs))
    assert ranked.context["chosen"] == "value_per_booking"


def test_groups_come_in_a_fragment_by_any_column(science: Client, world, second) -> None:
    run = second(0.3)
    page = science.get(address(world.run, run, by="hotel"))
    fragment = science.get(page.context["groups_url"])
    assert [row["name"] for row in fragment.context["rows"]] == ["City", "Resort"]
    assert fragment.context["title"].startswith(
        ("Most of the loss comes from", "The largest part of the loss comes from", "Better in", "Worse in", "No")
    )
    assert [chip["name"] for chip in fragment.context["chips"]] == ["hotel", "month"]
    months = science.get(fragment.context["chips"][1]["url"])
    assert months.context["rows"][0]["name"] == "Oct\xa02016"
    assert "<html" not in months.content.decode()
    three = science.get(science.get(address(world.run, run, second(0.8, "three"))).context["groups_url"])
    assert three.context["heads"] == ["two", "three"]


def test_nothing_chosen_yet_tells_how_to_choose(science: Client, world, second) -> None:
    run = second(0.5)
    answer = science.get(COMPARE)
    assert "Tick two to 12 runs" in answer.content.decode()
    (offered,) = answer.context["offered"]
    assert offered["run"] == run
    shown = MetricResult.objects.get(run=run, metric=answer.context["metric"].replace(" ", "_"), newest=True)
    assert offered["value"]["point"] == shown.point
    assert "worse than" in science.get(offered["url"]).context["title"]


def test_one_run_alone_offers_those_on_the_same_rows(science: Client, world, second, rows, log) -> None:
    run = second(0.5)
    log(world.people["scientist"], world.product, rows(500), version="half", where={"split": "test"})
    world.compute()
    answer = science.get(address(run))
    assert [one["run"] for one in answer.context["offered"]] == [world.run]
    assert "is chosen; choose a run" in answer.content.decode()


def test_an_empty_product_leads_to_the_runs(science: Client, product) -> None:
    assert "No run yet" in science.get(COMPARE).content.decode()


def test_one_run_is_not_to_be_ticked_twice(science: Client, world) -> None:
    text = science.get(COMPARE).content.decode()
    assert "There is one run" in text
    assert "A comparison needs two runs" in text
    assert "Tick two" not in text


def test_more_than_twelve_runs_are_cut_and_said_to_be(science: Client, product, scientist, compute) -> None:
    runs = [
        evaluation.log_run(
            scientist, product, manifest={"model": "m", "version": str(number), "metrics": {"brier": 0.1}}
        )
        for number in range(14)
    ]
    compute()
    answer = science.get(address(*runs))
    assert answer.context["too_many"] == 2
    assert "2 more were named" in answer.content.decode()
    assert len(answer.context["runs"]) == 12


def test_other_runs_on_the_same_rows_are_counted_against_the_winner_s_curse(science: Client, world, second) -> None:
    runs = [second(factor, f"by {factor}") for factor in (0.8, 0.5, 0.3)]
    peers = science.get(address(world.run, runs[0])).context["peers"]
    assert (peers["total"], peers["among"], peers["added"]) == (2, 4, 4)
    assert science.get(peers["url"]).context["peers"] is None


def test_runs_of_another_product_are_not_found(science: Client, world, make_product, scientist) -> None:
    other = evaluation.log_run(
        scientist, make_product("Churn"), manifest={"model": "m", "version": "1", "metrics": {"brier": 0.1}}
    )
    assert science.get(address(world.run, other)).status_code == 404
    assert science.get(f"{COMPARE}?run=nothing").status_code == 404


def test_an_executive_may_compare(client: Client, executive, world, second) -> None:
    client.force_login(executive)
    assert client.get(address(world.run, second(0.5))).status_code == 200


def test_more_runs_ask_no_more_of_the_database(science: Client, world, second) -> None:
    runs = [second(factor, f"by {factor}") for factor in (0.8, 0.6, 0.4, 0.2)]

    def queries(*held) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert science.get(address(world.run, *held)).status_code == 200
        return len(asked)

    assert queries(*runs) <= queries(*runs[:2])
    assert queries(runs[0]) <= 45
