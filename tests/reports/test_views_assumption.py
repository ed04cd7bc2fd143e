"""The assumption editor: what is typed is drawn and priced before it is saved; versions say what changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from metrics.models.kpi import AssumptionVersion
from metrics.services.kpi import kpis

pytestmark = pytest.mark.django_db

P = "/p/cancellation-calls/"
CHECK = f"{P}assumptions/new/check/"


def check(client: Any, **given: Any) -> str:
    response = client.post(CHECK, given)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def managed(client, manager, world) -> Any:
    client.force_login(manager)
    return client


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"kind": "interval90", "low": "0.33", "high": "0.47"}, ("0.33", "0.4", "0.47")),
        ({"kind": "normal", "mean": "10", "sd": "2"}, ("6.71", "10", "13.29")),  # 10 ± 1.6449 · 2
        ({"kind": "lognormal", "median": "3", "sigma": "0.5"}, ("1.318", "3", "6.828")),  # 3 · exp(± 1.6449 / 2)
        ({"kind": "beta", "alpha": "1", "beta": "1"}, ("0.05", "0.5", "0.95")),
        ({"kind": "pert", "low": "0", "mode": "5", "high": "10"}, ("1.893", "5", "8.107")),  # beta(3, 3)
    ],
)
def test_what_is_typed_is_drawn_with_its_5_50_and_95_percent_values(managed, given, values) -> None:
    text = check(managed, **given)
    for words, value in zip(("5&nbsp;% lie below", "Half lie below", "5&nbsp;% lie above"), values, strict=True):
        assert f"<dt>{words}</dt> <dd>{value}</dd>" in text
    assert "<svg" in text


def test_an_exact_number_has_no_hill(managed) -> None:
    text = check(managed, kind="point", value="3")
    assert "Exactly 3." in text
    assert "<svg" not in text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"kind": "interval90", "low": "5", "high": "2"}, "high", "Must be above low"),
        ({"kind": "interval90", "low": "x", "high": "2"}, "low", "is no number"),
        ({"kind": "interval90", "low": "-1", "high": "2", "shape": "lognormal"}, "low", "Must be above 0"),
        ({"kind": "pert", "low": "0", "mode": "9", "high": "5"}, "mode", "between low and high"),
        ({"kind": "normal", "mean": "1", "sd": "0"}, "sd", "Must be above 0"),
        ({"kind": "beta", "alpha": "0", "beta": "1"}, "alpha", "Must be between"),
        ({"kind": "interval90", "low": "1", "high": "2", "point": "7"}, "point", "Lies outside"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(managed, given, field, words) -> None:
    text = check(managed, **given)
    place = text.index(f'id="id_{field}_error"')
    assert words in text[place : text.index("</p>", place)]
    assert "<svg" not in text


def test_an_unfinished_form_waits_without_complaint(managed) -> None:
    text = check(managed, kind="interval90", low="0.3", high="")
    assert "as soon as its numbers are in" in text
    assert 'aria-live="polite" hx-swap-oob="true"></p>' in text


def test_the_impact_of_a_change_is_shown_before_it_is_saved(managed, world) -> None:
    count = AssumptionVersion.objects.count()
    text = check(managed, kind="interval90", low="0.02", high="0.03", of="offer")
    assert "If this is saved" in text
    assert "Saving it restates Q4 2016 by +" in text
    for words in (
        "Value",
        "Q4 2016",
        "1 of 3 months",
        "Total of Mar\u00a02017 – Feb\u00a02018",
        "paired, draw by draw",
    ):
        assert words in text
    assert AssumptionVersion.objects.count() == count


def test_the_grade_that_saving_costs_is_told_while_source_and_end_are_typed(managed, world) -> None:
    same = {"kind": "interval90", "low": "0.04", "high": "0.06", "of": "offer"}
    past = timezone.localdate() - timedelta(days=1)
    without = check(managed, **same)
    assert "Saving it moves no figure." in without
    assert "Value and the projection: grade C → D, opinion. Offer: no source." in without
    expired = check(managed, **same, source="study", valid_until=f"{past:%Y-%m-%d}")
    assert f"Offer: expired on {past:%-d %b %Y}. What is graded D enters no total." in expired
    for held in ({}, {"valid_until": f"{timezone.localdate():%Y-%m-%d}"}):
        assert "grade" not in check(managed, **same, source="study", **held).lower()
    assert "grade" in check(managed, **same, valid_until="soon")


def test_a_new_assumption_has_a_picture_and_no_impact(managed) -> None:
    text = check(managed, kind="point", value="3", key="fresh", unit="EUR/booking")
    assert "3 EUR / booking" in text
    assert "If this is saved" not in text


def test_a_check_is_refused_to_those_who_may_not_write(world, people, client) -> None:
    for name, status in (("executive", 403), ("scientist", 403), ("outsider", 404)):
        client.force_login(people[name])
        assert client.post(CHECK, {"kind": "point", "value": "1"}).status_code == status
    client.force_login(people["manager"])
    assert client.post(CHECK, {"kind": "point", "value": "1", "of": "nothing"}).status_code == 404
    assert client.get(CHECK).status_code == 405


def test_each_version_says_who_changed_what(managed, world, manager) -> None:
    held = world.product.assumptions.get(key="offer")
    kpis.update_assumption(
        manager,
        held,
        distribution={"kind": "interval90", "low": 0.02, "high": 0.03},
        owner="manager",
        source="study of 2016",
        valid_until=timezone.localdate() + timedelta(days=90),
    )
    kpis.update_assumption(manager, held, distribution={"kind": "point", "value": 0.03}, source="", owner="manager")
    text = managed.get(f"{P}assumptions/offer/").content.decode()
    assert "Changed value: 90 % sure between 4 and 6\u00a0% → 90 % sure between 2 and 3\u00a0%" in text
    assert "Changed owner: sales → manager" in text
    assert "Changed source: study of 2016 → none" in text
    assert "exactly 3\u00a0% (interval90 → point)" in text
    assert text.count("Version ") >= 3


def test_the_register_says_how_many_days_are_left(managed, world, manager) -> None:
    held = world.product.assumptions.get(key="offer")
    for days, words in ((45, "in 45 days"), (1, "in 1 day"), (-3, "3 days ago")):
        kpis.update_assumption(
            manager,
            held,
            distribution={"kind": "point", "value": 0.05},
            source="s",
            valid_until=timezone.localdate() + timedelta(days=days),
        )
        assert words in managed.get(f"{P}assumptions/").content.decode()


def test_a_reader_sees_the_picture_and_no_form(world, executive, client) -> None:
    client.force_login(executive)
    text = client.get(f"{P}assumptions/offer/").content.decode()
    assert "<svg" in text
    assert "Save as a new version" not in text
