"""The runs table's page: its filters and chips, columns, pages, and saved views."""

import re
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.core.evidence.check import Check
from metrics.models.product import SavedView
from metrics.queries.runs import table as queries
from metrics.services.evaluation import runs, saved_views
from reports.pages.runs.table import verdict_of

pytestmark = pytest.mark.django_db
RUNS = "/p/cancellation-calls/runs/"
VIEWS = "/p/cancellation-calls/views/"


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


@pytest.fixture
def reported(product, scientist, compute):
    """Twelve runs with reported metrics: roc_auc of all but the last, latency of the even ones."""
    evaluation_of = {"model": "gbm", "parameters": {"depth": 3}}
    for number in range(12):
        metrics = {"roc_auc": round(0.5 + number / 100, 2)} if number < 11 else {"brier": 0.2}
        if number % 2 == 0:
            metrics["log_loss"] = 0.3
        manifest = evaluation_of | {"version": f"v{number}", "name": f"night {number:02}", "metrics": metrics}
        runs.log_run(scientist, product, manifest=manifest)
    compute()
    return product


def names(answer) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


def chips(answer) -> dict[str, str]:
    return {chip.words: chip.url for chip in answer.context["narrowing"].chips}


def test_every_filter_is_a_chip_that_takes_itself_away(science: Client, reported) -> None:
    asked = "?q=night&model=gbm&state=candidate&since=2001-01-01&where=roc_auc > 0.55, log_loss = 0.3&sort=-roc_auc"
    answer = science.get(f"{RUNS}{asked}")
    assert names(answer) == ["night 10", "night 08", "night 06"]
    found = chips(answer)
    assert list(found) == [
        "“night”", "model gbm", "candidate", "from 1 Jan 2001", "roc_auc > 0.55", "log_loss = 0.3",
    ]  # fmt: skip
    without = science.get(found["log_loss = 0.3"])
    assert names(without) == ["night 10", "night 09", "night 08", "night 07", "night 06"]
    assert "log_loss = 0.3" not in chips(without)
    assert set(chips(without)) == set(found) - {"log_loss = 0.3"}
    assert parse_qs(urlsplit(found["“night”"]).query)["sort"] == ["-roc_auc"]
    everything = science.get(answer.context["narrowing"].everything.url)
    assert len(names(everything)) == 12
    assert chips(everything) == {}


def test_unknown_figures_come_last_both_ways(science: Client, reported) -> None:
    assert names(science.get(f"{RUNS}?sort=roc_auc"))[-1] == "night 11"
    assert names(science.get(f"{RUNS}?sort=-roc_auc"))[-1] == "night 11"


def test_a_fault_stands_beside_its_field_and_the_rest_is_shown(science: Client, reported) -> None:
    answer = science.get(f"{RUNS}?where=latency > 3&since=31.1.2017&columns=latency&model=gbm")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert re.search(r'id="fault-where"[^>]*>“latency” is no metric of this product<', text)
    assert re.search(r'id="fault-since"[^>]*>“31.1.2017” is no day; write it as 2017-01-31<', text)
    assert re.search(r'id="fault-other"[^>]*><p>Columns: “latency” is no metric', text)
    assert len(names(answer)) == 12
    assert "open" in re.search(r'<details class="more"[^>]*>', text).group()


def test_chosen_columns_are_shown_in_their_order_and_kept_by_every_link(science: Client, reported) -> None:
    answer = science.get(f"{RUNS}?columns=log_loss&columns=ece&columns=roc_auc")
    assert answer.context["table"].columns == ("log_loss", "ece", "roc_auc")
    head = answer.context["heads"]["metrics"][0]
    assert "columns=log_loss,ece,roc_auc" in head.url
    sorted_by_it = science.get(head.url)
    assert sorted_by_it.context["table"].columns == ("log_loss", "ece", "roc_auc")
    assert sorted_by_it.context["table"].wanted.sort == "log_loss"  # lower is better, so the lowest first


def test_the_usual_columns_are_those_that_runs_without_rows_report(science: Client, reported) -> None:
    answer = science.get(RUNS)
    assert set(answer.context["table"].columns) == {"brier", "roc_auc", "log_loss"}
    again = science.get(f"{RUNS}?columns=roc_auc,log_loss,brier")
    assert again.context["table"].asked.columns == ()  # what is usual is not written into addresses


def test_pages_lead_on_and_back_and_say_where_one_is(science: Client, reported, monkeypatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 5)
    first = science.get(f"{RUNS}?sort=name")
    assert first.context["pagination"]["words"] == "Rows 1 to 5 of 12"
    assert first.context["pagination"]["previous"] is None
    third = science.get(science.get(first.context["pagination"]["next"]).context["pagination"]["next"])
    assert (names(third), third.context["pagination"]["next"]) == (["night 10", "night 11"], None)
    assert third.context["pagination"]["words"] == "Rows 11 to 12 of 12"
    beyond = science.get(f"{RUNS}?sort=name&page=9")
    assert "There are not so many pages" in beyond.content.decode()
    assert names(science.get(beyond.context["pagination"]["first"])) == names(first)


@pytest.mark.parametrize("asked", ["", "?sort=-roc_auc", "?q=night&where=roc_auc>0.1", "?model=gbm&sort=log_loss"])
def test_no_question_takes_more_queries_for_more_runs(
    science: Client, reported, scientist, compute, asked: str
) -> None:
    def count() -> int:
        science.get(f"{RUNS}{asked}")
        with CaptureQueriesContext(connection) as queries_made:
            science.get(f"{RUNS}{asked}")
        return len(queries_made)

    few = count()
    for number in range(20):
        manifest = {"model": "gbm", "version": f"w{number}", "name": f"night w{number}"}
        runs.log_run(scientist, reported, manifest=manifest | {"metrics": {"roc_auc": 0.7, "brier": 0.1}})
    compute()
    assert count() == few
    assert few < 30


def test_every_run_can_be_chosen_and_compared_without_a_script(science: Client, reported) -> None:
    text = science.get(RUNS).content.decode()
    assert len(re.findall(r'<input type="checkbox" form="picked" name="run" value="[0-9a-f]{12}"', text)) == 12
    assert re.search(r'<form class="pickbar" id="picked" method="get"', text)


def test_a_view_is_saved_opens_first_and_is_highlighted(science: Client, reported) -> None:
    plain = science.get(f"{RUNS}?where=roc_auc > 0.58&sort=-roc_auc&page=1")
    query = plain.context["narrowing"].query
    answer = science.post(VIEWS, {"query": query, "name": "The best", "default": "on"}, follow=True)
    assert "The view “The best” is saved." in answer.content.decode()
    assert names(answer) == ["night 10", "night 09"]
    (link,) = answer.context["narrowing"].views
    assert (link.name, link.current, link.default) == ("The best", True, True)
    assert names(science.get(RUNS, follow=True)) == ["night 10", "night 09"]
    assert len(names(science.get(answer.context["narrowing"].everything.url))) == 12
    assert len(names(science.get(f"{RUNS}?q="))) == 12  # a form sent with nothing in it asks for everything


def test_somebody_else_sees_neither_the_view_nor_its_table(client: Client, reported, scientist, manager) -> None:
    view = saved_views.save_view(scientist, reported, name="Mine", query="q=night", default=True)
    client.force_login(manager)
    assert client.get(RUNS).status_code == 200
    assert "Mine" not in client.get(VIEWS).content.decode()
    assert client.post(f"{VIEWS}{view.pk}/", {"name": "Theirs"}).status_code == 404
    assert client.post(f"{VIEWS}{view.pk}/delete/").status_code == 404


def test_a_name_that_is_taken_is_told_beside_the_field_and_nothing_is_lost(
    science: Client, reported, scientist
) -> None:
    saved_views.save_view(scientist, reported, name="The best", query="sort=-roc_auc")
    answer = science.post(VIEWS, {"query": "sort=name", "name": "The best"})
    assert answer.status_code == 422
    assert "You have a view “The best” here" in " ".join(answer.context["form"].errors["name"])
    assert 'name="query" value="sort=name"' in answer.content.decode()


def test_views_are_renamed_made_first_and_deleted(science: Client, reported, scientist) -> None:
    view = saved_views.save_view(
        scientist, reported, name="The best", query="where=roc_auc > 0.5&sort=-roc_auc&columns=ece"
    )
    text = science.get(VIEWS).content.decode()
    assert "roc_auc &gt; 0.5, the highest roc_auc first, with ece" in text
    renamed = science.post(f"{VIEWS}{view.pk}/", {"name": "Top"}, follow=True).content.decode()
    assert "The view is called “Top” now." in renamed
    first = science.post(f"{VIEWS}{view.pk}/", {"default": "1"}, follow=True).content.decode()
    assert "“Top” opens first now." in first
    no_longer = science.post(f"{VIEWS}{view.pk}/", {"default": "0"}, follow=True).content.decode()
    assert "“Top” no longer opens first." in no_longer
    assert "A view needs a name" in science.post(f"{VIEWS}{view.pk}/", {"name": " "}, follow=True).content.decode()
    assert science.get(f"{VIEWS}{view.pk}/delete/").status_code == 405
    gone = science.post(f"{VIEWS}{view.pk}/delete/", follow=True).content.decode()
    assert "The view “Top” is deleted." in gone
    assert "No view yet" in gone
    assert not SavedView.objects.exists()


def test_an_executive_reads_and_filters_and_saves_views_too(client: Client, reported, executive) -> None:
    client.force_login(executive)
    assert len(names(client.get(f"{RUNS}?q=night"))) == 12
    assert client.post(VIEWS, {"query": "q=night", "name": "Nights"}).status_code == 302


def check(key: str, verdict: str) -> Check:
    return Check(key=key, name=key.capitalize(), verdict=verdict, text="seen")


@pytest.mark.parametrize(
    ("found", "shared", "kind", "words"),
    [
        ({"drift": "fails", "quality": "fails"}, (), "bad", "Drift"),
        ({"drift": "fails", "quality": "fails"}, ("drift",), "bad", "Quality"),
        ({"drift": "fails", "quality": "warning"}, ("drift",), "warn", "Drift, as the champion’s"),
        ({"drift": "holds", "quality": "warning"}, ("drift",), "warn", "Quality"),
        ({"same_rows": "fails", "drift": "fails"}, ("drift",), "unknown", "Not comparable"),
        ({"drift": "holds"}, (), "good", "Holds"),
        ({"drift": "not checked"}, ("drift",), "unknown", "Not checked"),
    ],
)
def test_what_fails_of_the_champion_too_is_said_so_and_the_run_s_own_comes_first(found, shared, kind, words) -> None:
    run = SimpleNamespace(state="scored")
    assert verdict_of(run, [check(*one) for one in found.items()], shared) == (kind, words)


def test_a_run_knows_what_fails_of_its_champion(world, scientist, rows) -> None:
    again = world.log(scientist, world.product, rows(1200, shift=0.1), version="two", where={"split": "test"})
    world.compute()
    found = queries.table(world.product, QueryDict())
    by_key = {row.run.pk: row for row in found.rows}
    champion = by_key[world.run.pk]
    assert champion.shared == frozenset()
    failing = {one.key for one in champion.checks if one.verdict == "fails"}
    assert by_key[again.pk].shared == failing
