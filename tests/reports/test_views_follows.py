"""The card of a mapping's page that says whether its KPI follows the loss; it is asked for apart from the page."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.test import Client

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.fidelity import Agreement
from metrics.core.kpi.fidelity_verdict import Judgement
from metrics.queries.selection.fidelity import Against, Follower, Ranking
from reports.pages.mapping.fidelity_card import follows
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db


def address(world):
    return f"/p/cancellation-calls/mappings/{world.version.mapping_id}/{world.version.number}/"


def signed_in(name):
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def follower(key, verdict="faithful", **told):
    against = Against(
        kpi="value",
        tau=Estimate(0.87, "", np.linspace(0.69, 0.95, K)),
        rho=Unknown("not asked"),
        agreement=Agreement(pairs=78, outside=69, alike=65, helped=70),
        regret=Estimate(0.25, "EUR/booking", np.linspace(0.0, 0.5, K)),
        hindsight=Unknown("not asked"),
        flips=(),
        judged=Judgement(verdict, "so it was found"),
        points=tuple((str(run), float(run), float(run % 3)) for run in range(13)),
    )
    return Follower(key=key, name=key, better="down", kpi=replace(against, **told), money=None, alarm=0)


def run(at):
    return SimpleNamespace(pk=str(at), name=f"run {at}")


def card(world, *followers, runs=13):
    figure = SimpleNamespace(
        grade=SimpleNamespace(letter="C"), receipt="ab" * 32, run=SimpleNamespace(name="first run")
    )
    ranked = Ranking(
        choices=(), chosen=world.version, runs=tuple(run(at) for at in range(runs)), followers=followers, figure=figure
    )
    found = follows(world.product, world.version.mapping.kpi, ranked)
    return found, words(render_to_string("mapping/part_follows.html", {"follows": found}))


def test_the_page_asks_for_the_card_and_the_card_says_what_lacks(world):
    client = signed_in("manager")
    page = client.get(address(world)).content.decode()
    asked = re.search(r'hx-get="([^"]+part=follows)"', page).group(1)
    assert asked == f"{address(world)}?part=follows"
    answer = client.get(asked, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in answer
    assert 'id="follows"' in answer
    assert "hx-get" not in answer
    assert "8 runs of one kind on the same rows are needed; there are 1." in words(answer)
    assert f'href="/p/cancellation-calls/fidelity/?kpi={world.version.mapping.kpi.key}"' in answer


def test_a_kpi_without_a_mapping_in_force_has_no_card(world):
    type(world.version).objects.filter(pk=world.version.pk).update(state="retired")
    page = signed_in("manager").get(address(world)).content.decode()
    assert "part=follows" not in page


def test_strangers_get_nothing(world):
    answer = signed_in("outsider").get(f"{address(world)}?part=follows", headers={"HX-Request": "true"})
    assert answer.status_code == 404


def test_the_loss_that_models_are_fitted_by_is_told_not_the_one_that_follows_best(world):
    found, said = card(world, follower("brier"), follower("log_loss", "weak"))
    assert found.title.endswith("follow log_loss?")
    assert "Weak" in said
    assert "So it was found." in said
    assert "brier" not in said
    assert "13 comparable runs" in said
    assert "0.87" in said
    assert "94 % of 69" in said
    assert "0.25 EUR / booking" in said


def test_the_card_has_the_grade_of_the_kpi_and_leads_to_its_receipt(world):
    found, said = card(world, follower("log_loss"))
    assert found.receipt == f"/receipts/{'ab' * 32}/"
    assert f"rests on {world.version.mapping.kpi.name} on first run" in said
    assert " C " in said


def test_where_no_such_loss_is_measured_the_best_follower_is_told(world):
    found, _ = card(world, follower("accuracy"), follower("f1"))
    assert found.title.endswith("follow accuracy?")


def test_what_is_unknown_is_said_to_be(world):
    _, said = card(
        world,
        follower(
            "log_loss",
            "insufficient evidence",
            agreement=Unknown("no draws"),
            regret=Unknown("not by halves"),
            flips=("Resort Hotel",),
        ),
    )
    assert "not known" in said
    assert "Unknown" in said
    assert "opposite in Resort Hotel" in said


def test_the_chart_is_described_for_who_does_not_see_it(world):
    found, _ = card(world, follower("log_loss"))
    assert found.chart.says.endswith("against log_loss of 13 runs: rank agreement 0.87, faithful.")
