"""What a run implies, and the figure by which it is worth money."""

from datetime import date
from decimal import Decimal

import pytest

from metrics.core.estimate import Estimate
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost, in_money
from metrics.queries.kpi import board
from metrics.services.kpi import kpis
from tests.world import bookings

pytestmark = pytest.mark.django_db


def test_a_run_is_paired_with_the_champion_where_one_is_given(world):
    rows = bookings(shift=0.05)
    other = world.log(world.people["scientist"], world.product, rows, version="two", where={"split": "test"})
    world.compute()
    known = Known(world.product)
    (alone,) = board.implied(other, known)
    assert (alone.champion, alone.difference, alone.chance) == (None, None, None)
    (beside,) = board.implied(other, known, champion=foremost(known))
    assert isinstance(beside.difference, Estimate)
    assert beside.difference.point == pytest.approx(beside.figure.quantity.point - beside.champion.point)
    assert 0 <= beside.chance <= 1


def test_the_champion_is_not_compared_with_itself(world):
    known = Known(world.product)
    (mine,) = board.implied(foremost(known), known, champion=foremost(known))
    assert mine.difference is None


def test_without_a_mapping_in_force_a_run_implies_nothing_and_is_worth_nothing(world):
    known = Known(world.product)
    known.suppose(approved={})
    assert board.implied(foremost(known), known) == []


def test_money_is_made_by_decisions_where_they_are_asked_for(world):
    known = Known(world.product)
    figure, document = board.in_money(foremost(known), known, acts=True)
    assert figure.kpi.key == in_money(known).mapping.kpi.key
    assert document["definition"]["kind"] == "value_matrix"


def test_a_ratio_of_a_run_stands_for_a_target_until_months_of_it_are_observed(world, manager, march_2017):
    """Then the two would be put together by their cases, and those of the months to come are not known."""
    span = {"from_period": date(2017, 1, 1), "until_period": date(2017, 12, 1)}
    kpis.set_target(manager, world.product, kpi=world.value, value=Decimal(1), **span)
    (row,) = (row for row in board.board(Known(world.product)) if row.figure.kpi == world.value)
    assert row.chance > 0.9
    observed = [(date(2017, month, 1), Decimal("0.5")) for month in (1, 2)]
    kpis.import_actuals(manager, world.value, values=observed, source="ledger")
    (row,) = (row for row in board.board(Known(world.product)) if row.figure.kpi == world.value)
    assert row.chance is None
    assert row.no_chance == (
        "2017-01 to 2017-02 are over and observed; how many cases the other months will have is not known"
    )
