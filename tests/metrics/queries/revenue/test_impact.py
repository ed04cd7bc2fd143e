"""What a change would do before it is made, against what it does once it is made."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import AssumptionVersion, KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.revenue import impact
from metrics.queries.revenue.outlook import outlook
from metrics.services.kpi import kpis, mappings
from tests.world import calls_matrix

pytestmark = pytest.mark.django_db

LOWER = {"kind": "interval90", "low": 0.02, "high": 0.03}


def of_offer(world, distribution=LOWER):
    return impact.of_assumption(world.product.assumptions.get(key="offer"), distribution, Known(world.product))


def by_kind(found):
    return {kind: list(found.of(kind)) for kind in ("kpi", "realised", "projected")}


def fixed(offer="offer"):
    return calls_matrix(offer, {"kind": "fixed", "at": 0.5})


@pytest.fixture
def at_a_fixed_threshold(world, scientist, manager):
    """The value mapping in force decides by one threshold, whatever the money."""
    draft = mappings.create_version(scientist, world.version.mapping, definition=fixed())
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    return draft


def test_an_assumption_moves_the_kpi_the_quarters_and_the_projection(world):
    found = by_kind(of_offer(world))
    assert [row.key for row in found["kpi"]] == ["value_per_booking"]
    assert [row.name for row in found["realised"]] == ["Q4 2016", "Q1 2017"]
    assert [row.months for row in found["realised"]] == [3, 1]
    assert len(found["projected"]) == 1
    for row in (*found["kpi"], *found["realised"], *found["projected"]):
        assert row.after.point > row.before.point, row.name  # a cheaper offer is worth more
        assert row.difference.point == pytest.approx(row.after.point - row.before.point)


def test_the_difference_is_paired_and_so_narrower_than_either_side(world):
    (row,) = of_offer(world).of("kpi")

    def width(found):
        low, high = found.band(0.8)
        return high - low

    assert width(row.difference) < width(row.before) / 2
    assert row.difference.draws == pytest.approx(row.after.draws - row.before.draws)


def test_nothing_is_stored_and_nothing_is_asked_for(world):
    counts = [table.objects.count() for table in (KPIResult, RevenueResult, AssumptionVersion, Work)]
    of_offer(world)
    assert [table.objects.count() for table in (KPIResult, RevenueResult, AssumptionVersion, Work)] == counts


def test_at_a_fixed_threshold_the_preview_is_what_saving_gives(world, manager, at_a_fixed_threshold):
    found = of_offer(world)
    assert not found.held
    kpis.update_assumption(
        manager, world.product.assumptions.get(key="offer"), distribution=LOWER, owner="sales", source="study"
    )
    world.compute()
    now = outlook(Known(world.product))
    (value,), (projected,) = found.of("kpi"), found.of("projected")
    assert value.after.point == pytest.approx(now.value.point, rel=1e-9)
    assert projected.after.point == pytest.approx(now.total.point, rel=1e-9)
    assert projected.after.draws == pytest.approx(now.total.draws, rel=1e-5)
    realised = sum(row.after.point for row in found.of("realised"))
    assert realised == pytest.approx(now.realised_total.point, rel=1e-9)


def test_where_each_row_decides_by_its_own_amounts_the_decisions_in_force_are_held_and_it_is_said(world):
    assert of_offer(world).held


def test_the_same_numbers_move_nothing(world):
    found = of_offer(world, {"kind": "interval90", "low": 0.04, "high": 0.06})
    assert (found.rows, found.still) == ((), 1)


def test_an_assumption_that_nothing_uses_moves_nothing(world, manager):
    spare = kpis.create_assumption(
        manager, world.product, key="spare", name="Spare", distribution={"kind": "point", "value": 1}, unit="share"
    )
    found = impact.of_assumption(spare.assumption, LOWER, Known(world.product))
    assert (found.rows, found.still) == ((), 1)


def test_growth_moves_the_projection_alone(world):
    growth = world.product.assumptions.get(key="growth")
    found = impact.of_assumption(growth, {"kind": "point", "value": 0.3}, Known(world.product))
    assert [row.kind for row in found.rows] == ["projected"]
    assert found.still == 1


def test_a_version_is_compared_with_the_one_in_force(world):
    second = world.second_version()
    world.compute()
    found = by_kind(impact.of_version(second, Known(world.product)))
    (value,) = found["kpi"]
    stored = KPIResult.objects.filter(version=second).first()
    assert value.after.point == pytest.approx(stored.point, rel=1e-9)
    assert value.before.point == pytest.approx(outlook(Known(world.product)).value.point)
    assert found["projected"][0].difference.point > 0


def test_the_version_in_force_moves_nothing(world):
    assert impact.of_version(world.version, Known(world.product)).rows == ()


def test_a_kpi_that_reads_the_one_that_changes_moves_too(world, manager):
    twice = kpis.create_kpi(manager, world.product, key="twice", name="Twice", unit="EUR/booking")
    world.approved(twice, "Twice", {"kind": "formula", "text": "value_per_booking * 2"})
    world.compute()
    found = {row.key: row for row in of_offer(world).of("kpi")}
    assert found["twice"].after.point == pytest.approx(2 * found["value_per_booking"].after.point)
    assert found["twice"].difference.point == pytest.approx(2 * found["value_per_booking"].difference.point)


def test_a_first_mapping_has_no_before(world, manager, scientist):
    other = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    formula = {"kind": "formula", "text": "precision_top10"}
    draft = mappings.create_mapping(scientist, world.product, kpi=other, name="Hits", definition=formula)
    (row,) = impact.of_version(draft, Known(world.product)).rows
    assert isinstance(row.before, Unknown)
    assert isinstance(row.after, Estimate)
    assert isinstance(row.difference, Unknown)


def test_decisions_on_an_amount_that_none_in_force_used_wait_until_they_are_computed(world, scientist):
    held = calls_matrix()
    without = {**held, "cells": {**held["cells"], "fp": {"base": "-call_cost"}}}
    draft = mappings.create_version(scientist, world.version.mapping, definition=without)
    found = impact.of_version(draft, Known(world.product))
    assert isinstance(found.of("kpi")[0].after, Estimate)  # fewer amounts can be priced on those held
    assert found.held


def test_without_a_champion_there_is_nothing_to_compare(product, manager):
    row = kpis.create_assumption(
        manager, product, key="offer", name="Offer", distribution={"kind": "point", "value": 1}, unit="share"
    )
    assert impact.of_assumption(row.assumption, LOWER, Known(product)) == impact.Impact((), 0, False)


@pytest.mark.parametrize(
    ("start", "names"),
    [
        (1, {"Q4 2016": 2, "Q1 2017": 3}),
        (4, {"Q3 FY 2017": 2, "Q4 FY 2017": 3}),
        (10, {"Q1 FY 2017": 2, "Q2 FY 2017": 3}),
        (2, {"Q4 FY 2017": 3, "Q1 FY 2018": 2}),
    ],
)
def test_quarters_follow_the_fiscal_year_and_are_named_by_the_year_in_which_it_ends(product, start, names):
    product.fiscal_year_start = start
    months = ["2016-11", "2016-12", "2017-01", "2017-02", "2017-03"]
    assert {name: len(held) for name, held in impact.quarters(product, months).items()} == names


def test_a_total_with_an_unknown_part_is_unknown():
    assert impact.total([Estimate(1.0, "EUR"), Unknown("no rows")]) == Unknown("no rows")
    assert impact.total([Estimate(1.0, "EUR"), Estimate(2.0, "EUR")]).point == Decimal(3)


SAME = {"kind": "interval90", "low": 0.04, "high": 0.06}
TOMORROW, YESTERDAY = (timezone.localdate() + timedelta(days=days) for days in (1, -1))


def regraded(world, key="offer", distribution=SAME, **about):
    found = impact.of_assumption(world.product.assumptions.get(key=key), distribution, Known(world.product), **about)
    return [(row.kind, row.key, row.before.letter, row.after.letter) for row in found.grades], found


BOTH_LOSE = [("kpi", "value_per_booking", "C", "D"), ("projected", "total", "C", "D")]


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"source": ""}, "offer: no source"),
        ({"source": "study", "valid_until": YESTERDAY}, f"offer: expired on {YESTERDAY:%-d %b %Y}"),
    ],
)
@pytest.mark.parametrize("distribution", [SAME, LOWER])
def test_saving_without_a_source_or_expired_takes_the_grade_of_all_that_stands_on_it(
    world, manager, about, reason, distribution
):
    found, whole = regraded(world, distribution=distribution, **about)
    assert found == BOTH_LOSE
    assert {row.after.reasons for row in whole.grades} == {(reason,)}
    assert bool(whole.rows) == (distribution is LOWER)
    held = world.product.assumptions.get(key="offer")
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", **about)
    world.compute()
    after = outlook(Known(world.product)).grade
    assert (after.letter, after.reasons) == ("D", (reason,))


@pytest.mark.parametrize("about", [{"source": "study"}, {"source": "study", "valid_until": TOMORROW}])
def test_a_source_that_holds_keeps_the_grade(world, about):
    assert regraded(world, distribution=LOWER, **about)[0] == []


def test_the_growths_source_grades_the_projection_alone(world):
    assert regraded(world, "growth", {"kind": "point", "value": 0.3})[0] == [BOTH_LOSE[1]]


def test_a_source_that_is_found_again_gives_the_grade_back(world, manager):
    held = world.product.assumptions.get(key="offer")
    kpis.update_assumption(manager, held, distribution=SAME, owner="sales", source="")
    world.compute()
    back = [(kind, key, "D", "C") for kind, key, _, _ in BOTH_LOSE]
    assert regraded(world, source="study of 2026")[0] == back
    assert regraded(world, source="")[0] == []


def test_one_of_two_reasons_gone_leaves_the_other(world, manager):
    for key in ("offer", "growth"):
        held = world.product.assumptions.get(key=key)
        newest = held.versions.first()
        kpis.update_assumption(manager, held, distribution=newest.distribution, owner="sales", source="")
    world.compute()
    assert regraded(world, source="study")[0] == [("kpi", "value_per_booking", "D", "C")]


def test_an_assumption_that_nothing_uses_grades_nothing(world, manager):
    kpis.create_assumption(
        manager, world.product, key="spare", name="Spare", distribution={"kind": "point", "value": 1}, unit="share"
    )
    assert regraded(world, "spare", LOWER)[0] == []


def test_a_version_that_stands_on_an_unsourced_assumption_would_take_the_grade(world, manager):
    kpis.create_assumption(
        manager, world.product, key="guess", name="Guess", distribution={"kind": "point", "value": 0.05}, unit="share"
    )
    second = world.second_version(calls_matrix("guess"))
    found = impact.of_version(second, Known(world.product))
    assert [(row.key, row.before.letter, row.after.letter) for row in found.grades] == [
        ("value_per_booking", "C", "D"),
        ("total", "C", "D"),
    ]
    assert {row.after.reasons for row in found.grades} == {("Guess: no source",)}
