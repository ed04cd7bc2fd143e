"""The demonstration, whole: its figures are those of independent references, and telling it again changes nothing."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from kpiplatform.demo import arrivals, rows, shifts, story
from kpiplatform.management.commands.demo import Command
from metrics.core.distributions import parse
from metrics.core.kpi.matrix import cells_at, parse_matrix
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.kpi import Actual, Target
from tests.demonstration import told_in
from tests.places import ROOT, SHARED

HOTEL = SHARED / "data" / "hotel_cancel"
EXPECTED = json.loads((HOTEL / "EXPECTED.json").read_text()) if (HOTEL / "EXPECTED.json").exists() else {"runs": {}}
RUNS = [run.name for run in rows.runs()]


@dataclass
class Told:
    """What `manage.py demo --no-serve --json` printed."""

    folder: Path
    products: dict[str, dict[str, Any]]

    @property
    def calls(self) -> dict[str, Any]:
        return self.products["cancellation-calls"]

    def run(self, name: str) -> dict[str, Any]:
        return next(run for run in self.calls["runs"] if run["run"] == name)


def demo(folder: Path) -> Told:
    return Told(folder, told_in(folder))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def told_again(told: Told) -> Told:
    return demo(told.folder)


def test_at_least_eight_runs_of_one_model_are_shipped_and_all_are_scored(told: Told) -> None:
    assert [run["run"] for run in told.calls["runs"]] == RUNS
    assert len(RUNS) >= 8
    assert {run["state"] for run in told.calls["runs"]} == {"scored"}


@pytest.mark.shared
@pytest.mark.parametrize("name", RUNS)
def test_metrics_of_a_run_are_the_references_and_have_bands(told: Told, name: str) -> None:
    found, expected = told.run(name)["metrics"], EXPECTED["runs"][name]["metrics"]
    assert told.run(name)["n"] == expected["n"]
    for key in ("roc_auc", "average_precision", "log_loss", "brier"):
        assert found[key]["point"] == pytest.approx(expected[key], abs=1e-9), key
        assert found[key]["low"] < found[key]["point"] < found[key]["high"]
        assert found[key]["level"] == 0.95


@pytest.mark.shared
@pytest.mark.parametrize("name", RUNS)
def test_the_cost_at_each_rows_own_threshold_is_the_references(told: Told, name: str) -> None:
    found, expected = told.run(name)["cost"], EXPECTED["runs"][name]["cost"]
    for ours, theirs in (
        ("chosen", "cost@instance_threshold"),
        ("act_on_none", "cost_act_on_none"),
        ("act_on_all", "cost_act_on_all"),
        ("savings", "savings@instance_threshold"),
    ):
        assert found[ours]["point"] == pytest.approx(expected[theirs], rel=1e-6), ours
    assert found["chosen"]["low"] < found["chosen"]["point"] < found["chosen"]["high"]
    assert found["chosen"]["unit"] == "EUR"


@pytest.mark.shared
@pytest.mark.parametrize("name", RUNS)
def test_the_band_of_the_auc_is_as_wide_as_delongs(told: Told, name: str) -> None:
    low, high = EXPECTED["runs"][name]["auc_delong"]["ci95"]
    found = told.run(name)["metrics"]["roc_auc"]
    assert found["high"] - found["low"] == pytest.approx(high - low, rel=0.15)


@pytest.mark.shared
@pytest.mark.parametrize("name", RUNS[:1])
def test_the_cost_model_at_its_assumptions_is_the_finished_cost_columns(name: str) -> None:
    table = pq.read_table(HOTEL / "predictions" / f"{name}.parquet").to_pandas()
    points = {
        key: parse({"kind": "interval90", "low": low, "high": high}).point
        for key, _, _, low, high, _ in story.ASSUMPTIONS
    }
    units = {key: unit for key, _, unit, *_ in story.ASSUMPTIONS}
    matrix = parse_matrix(story.matrix("offer"), units, "EUR", case="booking")
    for cell, value in cells_at(matrix, points).items():
        amount = table[value.column] if value.column else 0
        cost = -(float(value.base) + float(value.rate) * amount)
        assert np.allclose(cost, table[f"{cell}_cost"], rtol=0, atol=5.1e-5), cell  # they have four decimals


@pytest.mark.shared
def test_the_runs_that_may_not_be_compared_are_flagged(told: Told) -> None:
    flagged = {run["run"] for run in told.calls["runs"] if run["not_comparable"]}
    assert flagged == set(EXPECTED["not_comparable_runs"]) & set(RUNS)


@pytest.mark.shared
def test_the_shipped_scores_are_those_of_the_source(tmp_path: Path) -> None:
    for name in RUNS[:3]:
        ours = pq.read_table(rows.predictions(name, tmp_path)).to_pandas().set_index("example_id")
        theirs = pq.read_table(HOTEL / "predictions" / f"{name}.parquet").to_pandas().set_index("example_id")
        theirs = theirs.loc[ours.index]
        assert (ours.y_score.to_numpy() == theirs.y_score.to_numpy()).all()
        assert (ours.y_true.to_numpy() == theirs.y_true.to_numpy()).all()
        assert np.allclose(ours.value, theirs.value)


def test_the_chain_ends_in_revenue_with_band_grade_chance_and_receipt(told: Told) -> None:
    found = told.calls["projection"]
    assert found["total"]["low"] < found["total"]["point"] < found["total"]["high"]
    assert (found["total"]["unit"], found["grade"], found["counts"]) == ("EUR", "C", True)
    assert 0 < found["chance"] < 1
    assert len(found["months"]) == 12
    assert len(found["receipt"]) == 64
    assert sum(month["point"] for month in found["months"].values()) == pytest.approx(found["total"]["point"])


def test_a_past_decision_is_scored_on_two_months_as_its_realised_money_has_it(told: Told) -> None:
    first, past = told.calls["decisions"]
    last = date(rows.LAST.year + rows.years_on(date.today()), 8, 1)  # noqa: DTZ011 - as the story takes it
    assert (first["chosen"], first["earned"]) == ("tree-d5", None)
    assert past["chosen"] == "logreg-c1"
    assert past["months"] == [f"{last.year}-07", f"{last.year}-08"]
    with closing(sqlite3.connect(told.folder / "kpiplatform.sqlite3")) as held:
        realised = held.execute(
            "SELECT sum(point) FROM metrics_revenueresult r JOIN metrics_product p ON p.id = r.product_id"
            " WHERE r.kind = 'realised' AND p.slug = 'cancellation-calls' AND period IN (?, ?) AND r.created_at ="
            " (SELECT max(o.created_at) FROM metrics_revenueresult o"  # the last month was counted anew since
            " WHERE o.kind = r.kind AND o.product_id = r.product_id AND o.period = r.period)",
            (f"{last.year}-07-01", f"{last.year}-08-01"),
        ).fetchone()[0]
    assert past["earned"] == pytest.approx(realised)
    assert past["so_far"]["low"] < past["so_far"]["point"] < past["so_far"]["high"]
    assert 0 < past["crps"] < abs(past["earned"] - past["so_far"]["point"]) + past["so_far"]["high"]


def test_a_decision_waits_half_answered(told: Told) -> None:
    with closing(sqlite3.connect(told.folder / "kpiplatform.sqlite3")) as held:
        states = held.execute("SELECT number, state FROM metrics_decision WHERE NOT direct ORDER BY number").fetchall()
        sheets = held.execute(
            "SELECT s.role, s.sealed_at IS NOT NULL FROM metrics_sheet s JOIN metrics_round r ON r.id = s.round_id"
            " WHERE r.closed_at IS NULL"
        ).fetchall()
    assert states == [(2, "signed"), (3, "open")]
    assert sorted(sheets) == [("data_scientist", 1), ("project_manager", 0)]


def test_a_mail_was_tried_an_alert_rang_and_both_are_kept_as_files(told: Told) -> None:
    with closing(sqlite3.connect(told.folder / "kpiplatform.sqlite3")) as held:
        rows_of = held.execute("SELECT state, test, ring_id IS NOT NULL FROM metrics_delivery").fetchall()
    assert sorted(rows_of) == [("kept", 0, 1), ("kept", 1, 0)]
    assert len(list((told.folder / "mail").iterdir())) == 2


def test_a_figure_moved_and_its_change_has_parts(told: Told) -> None:
    with closing(sqlite3.connect(told.folder / "kpiplatform.sqlite3")) as held:
        causes = held.execute(
            "SELECT c.cause FROM metrics_change c JOIN metrics_product p ON p.id = c.product_id"
            " WHERE p.slug = 'cancellation-calls' AND length(c.before) = 64 AND c.before <> c.after"
        ).fetchall()
    assert sorted(cause for (cause,) in causes) == ["actuals", "assumption"]


def test_an_opinion_is_graded_d_and_kept_out_of_the_total(told: Told) -> None:
    found = told.products["deposit-requests"]["projection"]
    assert (found["grade"], found["counts"]) == ("D", False)
    assert found["total"]["point"] is not None


def test_nobody_is_met_by_notices_of_the_storys_own_making(told: Told) -> None:
    with closing(sqlite3.connect(told.folder / "kpiplatform.sqlite3")) as held:
        made, unread = held.execute(
            "SELECT count(*), count(*) FILTER (WHERE read_at IS NULL) FROM metrics_notice"
        ).fetchone()
    assert made > 0
    assert unread == 0


def test_telling_it_again_makes_no_other_figure(told: Told, told_again: Told) -> None:
    assert told_again.products == told.products


def test_the_passwords_are_made_once_and_only_their_owner_reads_them(told: Told, told_again: Told) -> None:
    kept = told_again.folder / "demo_users.json"
    assert set(json.loads(kept.read_text())) == {"scientist", "manager", "executive", "admin"}
    assert kept.stat().st_mode & 0o077 == 0


def test_another_installation_gives_the_same_figures(
    told: Told, demonstrated: Callable[[Path], dict[str, dict[str, Any]]], tmp_path: Path
) -> None:
    other = demonstrated(tmp_path)
    for slug, found in told.products.items():
        ours, theirs = found["projection"], other[slug]["projection"]
        assert ours["total"] == theirs["total"]
        assert found["kpis"] == other[slug]["kpis"]


def test_what_is_shipped_is_small_and_says_where_it_comes_from() -> None:
    folder = ROOT / "kpiplatform" / "demo"
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < 5 * 2**20
    text = (folder / "README.md").read_text()
    for word in ("Antonio", "CC BY 4.0", "Data in Brief"):
        assert word in text


@pytest.mark.parametrize("month", range(24))
def test_the_last_month_is_the_newest_august_that_is_over_on_any_day(month: int) -> None:
    for today in (date(2026 + month // 12, month % 12 + 1, 1), date(2026 + month // 12, month % 12 + 1, 28)):
        last, after = (date(rows.LAST.year + rows.years_on(today) + more, 9, 1) for more in (0, 1))
        assert last <= today < after


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, db: None) -> Callable[..., list[str]]:
    """What the command says when it tells the story, with the options given; nothing is computed."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(rows, "runs", lambda years=0, all_of=rows.runs: all_of(years)[:1])
    monkeypatch.setattr(arrivals, "RULES", [rule for rule in arrivals.RULES if rule.version == arrivals.CHAMPION])
    monkeypatch.setattr(Command, "wait", lambda *_: None)
    monkeypatch.setattr("kpiplatform.management.commands.demo.workers", list)
    monkeypatch.setattr("kpiplatform.management.commands.demo.chain.table", lambda _: "")

    def told(*options: str) -> list[str]:
        lines: list[str] = []
        monkeypatch.setattr(Command, "tell", lambda _, text: lines.append(text))
        call_command("demo", "--no-serve", *options)
        return lines

    return told


def ends() -> list[date]:
    """The last months and days of all that has any, of each product."""
    actuals = [Actual.objects.filter(kpi__product__slug=slug).latest("period").period for slug in SLUGS]
    rows_of = [EvaluationRun.objects.filter(product__slug=slug).get().last_event.date() for slug in SLUGS]
    booked = DataSet.objects.get(name=story.AS_BOOKED).last_event.date()
    return [*actuals, *(day.replace(day=1) for day in (*rows_of, booked))]


SLUGS = (story.CALLS, story.DEPOSITS, shifts.SLUG)
SOURCES = ("hotel bookings, CC BY 4.0", "calendar of both hotels")


def test_all_days_of_the_story_move_by_the_same_years_which_is_said_once(said: Any) -> None:
    first, again, asked = said(), said(), said("--dates", "moved")
    years = story.moved_on()
    last = rows.LAST.replace(year=rows.LAST.year + years)
    assert years > 0
    assert any(f"moved on by {years} years: August 2017, the last month, is {last:%B %Y}" in line for line in first)
    assert not any("moved" in line for line in [*again, *asked])
    assert set(ends()) == {last}
    assert {target.from_period.year for target in Target.objects.all()} == {last.year}
    assert {row.source for row in Actual.objects.all()} == {f"{source}, moved {years} years on" for source in SOURCES}
    assert all(str(last.year) in run.manifest["split"] for run in EvaluationRun.objects.all())
    with pytest.raises(CommandError, match=f"its days moved on by {years} years, and it keeps them; set VAR_DIR"):
        said("--dates", "original")


def test_original_days_are_kept_where_they_are_asked_for(said: Any) -> None:
    lines = said("--dates", "original") + said()
    assert not any("moved" in line for line in lines)
    assert set(ends()) == {rows.LAST}
    assert {row.source for row in Actual.objects.all()} == set(SOURCES)
    assert {target.from_period for target in Target.objects.all()} == {date(2017, 9, 1)}
    with pytest.raises(CommandError, match="its days as they were, of 2015 to 2017, and it keeps them"):
        said("--dates", "moved")
