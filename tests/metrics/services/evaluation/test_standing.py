"""One person's run moves no figure in force: what counts for a champion by itself, and what a manager has to accept."""

import pytest
from django.test import Client

from metrics import access
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import AuditEntry
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import beside
from metrics.queries.kpi import board
from metrics.services.evaluation import data_sets, promotion, runs
from metrics.services.evaluation.rows import File
from metrics.services.kpi import kpis
from metrics.services.writing.refusal import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def ranked(world):
    """The world with a KPI that is the AUC of its champion."""
    made = kpis.create_kpi(world.people["manager"], world.product, key="auc", name="AUC", unit="")
    world.approved(made, "AUC", {"kind": "formula", "text": "roc_auc"})
    world.compute()
    return world


def stands(world) -> str:
    (run,) = Known(world.product).champions.values()
    return run.name


def auc(world) -> float:
    return next(row.figure for row in board.board(Known(world.product)) if row.figure.kpi.key == "auc").quantity.point


def again(world, rows, name, frame=None, **given):
    """Another run of the champion's version."""
    given = {"where": {"split": "test"}, "name": name} | given
    run = world.log(world.people["scientist"], world.product, rows() if frame is None else frame, **given)
    world.compute()
    return EvaluationRun.objects.get(pk=run.pk)


def reported(world, name="reported", **metrics):
    manifest = {"model": "cancellation", "version": "one", "name": name, "metrics": metrics}
    run = runs.log_run(world.people["scientist"], world.product, manifest=manifest)
    world.compute()
    return run


def why(world, run) -> str:
    run.refresh_from_db()
    return beside.place(run, Known(world.product)).why


def test_a_run_that_only_reports_metrics_stands_beside_the_champion(ranked) -> None:
    before = auc(ranked)
    run = reported(ranked, roc_auc=0.999)
    assert (stands(ranked), auc(ranked)) == ("first", before)
    assert why(ranked, run) == "it reports metrics only, so nothing tells which rows they are of"


def test_a_later_run_on_the_very_same_rows_counts_by_itself(ranked, rows) -> None:
    run = again(ranked, rows, "rescored", rows(shift=0.05))
    assert stands(ranked) == "rescored"
    assert why(ranked, run) == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"dataset": "another"}, ""),  # the same ids and labels under another name are the same rows
        ({"where": {"split": "valid"}}, "it is on another data set, split = valid v1, than the champion"),
    ],
)
def test_rows_are_known_by_their_ids_and_labels(ranked, rows, given, reason) -> None:
    run = again(ranked, rows, "again", **given)
    assert why(ranked, run).startswith(reason)
    assert stands(ranked) == ("first" if reason else "again")


def test_other_rows_under_the_same_name_do_not_count_by_themselves(ranked, rows) -> None:
    before = auc(ranked)
    run = again(ranked, rows, "fewer", rows(900, seed=9))
    assert (stands(ranked), auc(ranked)) == ("first", before)
    assert why(ranked, run) == "it is on other rows of split = test than the champion (version 2, not 1)"


def test_a_champion_of_production_goes_on_with_the_versions_of_its_data_set(ranked, rows, tmp_path) -> None:
    scientist, manager, product = ranked.people["scientist"], ranked.people["manager"], ranked.product

    def month(seed: int, name: str):
        frame = rows(700, seed=seed)
        path = tmp_path / f"{name}.parquet"
        frame[["example_id", "y_true", "event_time"]].to_parquet(path)
        manifest = {"name": "live", "role": "production"}
        data_sets.log_data_set(scientist, product, manifest=manifest, file=File(path=path, name=path.name))
        return again(ranked, rows, name, frame, dataset="live", where={})

    june = month(21, "june")
    assert why(ranked, june).startswith("it is on another data set, live v1")
    promotion.accept(manager, june)
    assert stands(ranked) == "june"
    month(22, "july")
    assert stands(ranked) == "july"


def test_a_manager_accepts_a_run_and_takes_that_back(ranked, rows) -> None:
    scientist, manager = ranked.people["scientist"], ranked.people["manager"]
    run, before = again(ranked, rows, "fewer", rows(900, seed=9)), auc(ranked)
    with pytest.raises(access.Denied):
        promotion.accept(scientist, run)
    promotion.accept(manager, run)
    ranked.compute()
    assert (stands(ranked), auc(ranked) != before) == ("fewer", True)
    with pytest.raises(Conflict, match="chosen for the champion already"):
        promotion.accept(manager, run)
    again(ranked, rows, "on the old rows")  # the champion stands on other rows now
    assert stands(ranked) == "fewer"
    promotion.take_back(manager, run)
    ranked.compute()
    assert stands(ranked) == "on the old rows"
    with pytest.raises(Conflict, match="taken back already"):
        promotion.take_back(manager, run)
    actions = AuditEntry.objects.filter(product=ranked.product.slug, action__startswith="run.accept")
    assert {(row.actor, row.action) for row in actions} == {
        (manager.mark, "run.accept"),
        (manager.mark, "run.accept_undo"),
    }


def test_a_run_of_no_champion_cannot_be_accepted(ranked, rows) -> None:
    run = again(ranked, rows, "candidate", version="two")
    with pytest.raises(Conflict, match="two is no champion"):
        promotion.accept(ranked.people["manager"], run)


def test_a_withdrawn_choice_gives_way_to_the_one_before(ranked, rows) -> None:
    manager = ranked.people["manager"]
    run = again(ranked, rows, "fewer", rows(900, seed=9))
    promotion.accept(manager, run)
    runs.withdraw(manager, run, reason="too few")
    assert stands(ranked) == "first"
    runs.withdraw(manager, ranked.run, reason="the labels were shifted")
    assert Known(ranked.product).champions == {}


def test_a_version_stands_on_measured_rows_rather_than_on_what_it_reports(ranked, rows) -> None:
    again(ranked, rows, "measured", version="two")
    manifest = {"model": "cancellation", "version": "two", "name": "told", "metrics": {"roc_auc": 1.0}}
    told = runs.log_run(ranked.people["scientist"], ranked.product, manifest=manifest)
    ranked.compute()
    promotion.promote(ranked.people["manager"], told.version)
    assert stands(ranked) == "measured"
    promotion.promote(ranked.people["manager"], told.version, run=told)  # asked for by name
    ranked.compute()
    assert (stands(ranked), auc(ranked)) == ("told", 1.0)


def test_the_run_page_the_board_and_the_science_page_say_why(ranked, rows, client: Client) -> None:
    run = again(ranked, rows, "fewer", rows(900, seed=9))
    page, reason = f"/p/{ranked.product.slug}/runs/{run.pk}/", "it is on other rows of split = test than the champion"
    client.force_login(ranked.people["manager"])
    told = client.get(page).content.decode()
    assert "No figure in force is read from it" in told
    assert "Accept it for the champion" in told
    board_told = client.get(f"/p/{ranked.product.slug}/kpis/").content.decode()
    assert reason in board_told
    client.force_login(ranked.people["scientist"])
    assert "Accept it for the champion" not in client.get(page).content.decode()
    assert reason in client.get("/science/").content.decode()
    client.force_login(ranked.people["manager"])
    assert "stands for the champion now" in client.post(f"{page}accept/", follow=True).content.decode()
    ranked.compute()
    assert reason not in client.get(f"/p/{ranked.product.slug}/kpis/").content.decode()
    assert "Take that back" in client.get(page).content.decode()
    back = client.post(f"{page}accept/", {"back": "1"}, follow=True).content.decode()
    assert "What stood before “fewer” stands again" in back


def test_the_api_accepts_and_takes_back(ranked, rows, api) -> None:
    manager, run = api(ranked.people["manager"]), again(ranked, rows, "fewer", rows(900, seed=9))
    at = f"/api/v1/runs/{run.pk}/"
    told = manager.get(at).json()
    assert (told["stands"], told["beside_reason"].split(" than")[0]) == (False, "it is on other rows of split = test")
    assert api(ranked.people["scientist"]).post(f"{at}accept/").status_code == 403
    assert manager.post(f"{at}accept/").status_code == 200
    told = manager.get(at).json()
    assert (told["stands"], told["beside_reason"]) == (True, None)
    assert manager.post(f"{at}accept/").status_code == 409
    assert manager.delete(f"{at}accept/").status_code == 200
    assert not manager.get(at).json()["stands"]
