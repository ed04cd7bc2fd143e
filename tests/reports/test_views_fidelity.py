"""The page “Which loss should we optimise?”: what it says of a ranking, and of too few runs."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from django.test import Client

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.fidelity import Agreement
from metrics.core.kpi.fidelity_verdict import Judgement
from metrics.queries.selection.fidelity import Against, Follower, Ranking
from reports.charts import pairs
from reports.pages.fidelity.page import fidelity_page
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db

PAGE = "/p/cancellation-calls/fidelity/"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def signed_in(name):
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


@pytest.mark.parametrize("name", ["scientist", "manager", "executive", "admin"])
def test_every_member_reads_it_and_too_few_runs_say_what_to_do(world, name):
    answer = signed_in(name).get(PAGE)
    assert answer.status_code == 200
    said = words(answer)
    assert "Insufficient evidence" in said
    assert "One comparable run on the same rows is known; 8 are needed." in said
    assert "<table" not in answer.content.decode().split('id="rules"')[0].split("<main")[1]


def test_without_a_mapping_the_next_step_is_one(product):
    said = words(signed_in("manager").get("/p/cancellation-calls/fidelity/"))
    assert "no mapping is in force yet" in said.lower()


def test_strangers_do_not_find_it_and_an_unknown_kpi_is_not_there(world):
    assert signed_in("outsider").get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert signed_in("scientist").get(f"{PAGE}?kpi=nothing").status_code == 404
    assert signed_in("scientist").post(PAGE).status_code == 405


def test_the_registry_and_the_navigation_lead_to_it(world):
    page = signed_in("scientist").get("/p/cancellation-calls/metrics/").content.decode()
    assert page.count(f'href="{PAGE}"') == 2


def follower(key, verdict, point, alarm=0, flips=()):
    draws = np.full(K, point)
    against = Against(
        kpi="value",
        tau=Estimate(point, "", draws),
        rho=Estimate(point, "", draws),
        agreement=Agreement(pairs=28, outside=20, alike=19, helped=25),
        regret=Unknown("not by halves"),
        hindsight=Estimate(3.5, "EUR/booking", draws),
        flips=flips,
        judged=Judgement(verdict, "so it was found"),
        points=tuple((str(run), float(run), float(run % 3)) for run in range(8)),
    )
    return Follower(key=key, name=key, better="down", kpi=against, money=None, alarm=alarm)


def shown(world, *followers):
    ranked = Ranking(
        choices=(world.version,),
        chosen=world.version,
        runs=tuple(SimpleNamespace(pk=str(run), name=f"run <{run}>") for run in range(8)),
        saturation=0.25,
        followers=followers,
    )
    return fidelity_page(world.people["scientist"], world.product, ranked)


@pytest.mark.parametrize(
    ("verdict", "kind", "lead"),
    [
        ("faithful", "good", "Optimise log_loss: it prefers the run that Value prefers in 95 % of the pairs"),
        ("weak", "warn", "No metric follows Value faithfully. log_loss comes nearest"),
        ("misleading", "bad", "Every metric here misleads"),
        ("insufficient evidence", "unknown", "Nothing says which metric follows Value: so it was found."),
    ],
)
def test_the_lead_follows_the_best_verdict(world, verdict, kind, lead):
    page = shown(world, follower("log_loss", verdict, 0.8))
    assert lead in page["lead"].replace("\u00a0", " ").replace("\u202f", " ")
    (line,) = page["lines"]
    assert (line.verdict.kind, line.verdict.words, line.why) == (
        kind,
        verdict.capitalize(),
        "" if verdict == "faithful" else "so it was found",
    )
    assert line.pairs == "20 of 28 outside noise"
    assert (line.recall.replace("\u00a0", " "), line.helped) == ("76 %", "19 of 25 changes")
    assert "8 runs" in line.chart.says
    drawn = str(line.chart)
    # every dot has a name in the table behind it; the best by the loss, and the best by the KPI, beside their dots
    assert [f"run &lt;{run}&gt;</data>" in drawn for run in range(8)] == [True] * 8
    assert re.findall(r"<text[^>]*>(run [^<]*)</text>", drawn)[::2] == ["run &lt;0&gt;", "run &lt;2&gt;"]
    assert "cannot tell 2 of the other 7 runs from its best" in page["saturation"]


def test_an_alarm_needs_three_releases_and_segments_are_named(world):
    page = shown(world, follower("a", "weak", 0.4, alarm=2), follower("b", "weak", 0.3, alarm=3, flips=("City",)))
    assert [line.key for line in page["alarms"]] == ["b"]
    assert page["alarms"][0].alarm == "3 releases in a row improved b and not Value"
    assert [line.flips for line in page["lines"]] == ["", "City"]


def test_the_charts_of_pairs_can_be_drawn():
    scatter = pairs.scatter(names=["a", "b", "c"], x=[1, 2, 3], y=[3, 1, 2], across="loss", up="KPI", says="three runs")
    assert "<svg" in str(scatter)
    grid = np.linspace(0.9, 3.1, 23).tolist()
    fit = pairs.fit(
        x=[1, 2, 3],
        y=[3, 2, 1],
        grid=grid,
        curve=[4 - at for at in grid],
        low=[3 - at for at in grid],
        high=[5 - at for at in grid],
        inside=(1.0, 3.0),
        now=(2.5, 1.5),
        across="loss",
        up="KPI",
        says="a falling line",
    )
    assert str(fit).count("<svg") == 3
    assert "a falling line" in str(fit)
