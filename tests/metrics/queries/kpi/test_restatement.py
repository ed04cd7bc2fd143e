"""Two times: what was known of a KPI at a moment is kept, and stands beside what it is now."""

from datetime import date
from decimal import Decimal

import pytest

from metrics.models.kpi import KPIResult
from metrics.queries.documents.known import Known
from metrics.queries.kpi import restatement
from metrics.queries.kpi.board import board
from metrics.services.kpi import kpis, mappings, undone
from tests.world import calls_matrix

pytestmark = pytest.mark.django_db


def figure(world):
    return next(row.figure for row in board(Known(world.product)) if row.figure.kpi == world.value)


def now(world):
    return figure(world).quantity


def history(world):
    return restatement.of_kpi(world.value, now(world), figure(world).receipt)


def put_in_force(world, definition):
    """A version that is computed as a draft, as workers do, and then signed."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    draft = mappings.create_version(scientist, world.version.mapping, definition=definition)
    world.compute()
    mappings.propose(scientist, draft, seen=draft.digest)
    approved = mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    return approved


def change(world, low, high):
    kpis.update_assumption(
        world.people["manager"],
        world.product.assumptions.get(key="offer"),
        distribution={"kind": "interval90", "low": low, "high": high},
        source="study",
    )
    world.compute()


def test_a_figure_that_was_never_another_has_no_history(world):
    assert history(world) == []


def test_a_changed_assumption_leaves_what_was_known_before(world):
    before = now(world)
    change(world, 0.02, 0.03)
    (one,) = history(world)
    assert (one.then.point, one.version) == (before.point, world.version)
    assert one.now.point == now(world).point
    assert one.difference.point == pytest.approx(now(world).point - before.point)


def test_the_difference_of_the_two_times_is_paired(world):
    change(world, 0.02, 0.03)
    (one,) = history(world)

    def width(found):
        low, high = found.band(0.8)
        return high - low

    assert width(one.difference) < width(one.then) / 2


def test_an_approved_version_restates_from_its_approval_on_and_drafts_never_do(world):
    first = now(world)
    second = put_in_force(world, calls_matrix("offer * 0.8"))
    draft = mappings.create_version(
        world.people["scientist"], world.version.mapping, definition=calls_matrix("offer * 0.5")
    )
    world.compute()
    assert KPIResult.objects.filter(version=draft).exists()
    (one,) = history(world)
    assert (one.version, one.then.point) == (world.version, first.point)
    change(world, 0.02, 0.03)
    newest, oldest = history(world)
    assert (newest.version, oldest.version) == (second, world.version)
    assert newest.since > second.approved_at > oldest.since
    assert newest.now == oldest.now


def test_what_was_computed_of_a_draft_counts_once_and_only_as_it_was_when_approved(world):
    scientist, manager = world.people["scientist"], world.people["manager"]
    draft = mappings.create_version(scientist, world.version.mapping, definition=calls_matrix("offer * 0.8"))
    world.compute()
    change(world, 0.02, 0.03)
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    assert [one.version.number for one in history(world)] == [1, 1]
    change(world, 0.03, 0.04)
    assert [one.version.number for one in history(world)] == [2, 1, 1]


def test_months_that_were_corrected_stand_with_the_value_known_first(world, manager):
    assert restatement.of_months(world.volume) == []
    for value in (1000, 1010):
        kpis.import_actuals(manager, world.volume, values=[(date(2016, 10, 1), Decimal(value))], source="audit")
    (month,) = restatement.of_months(world.volume)
    assert (month.first.value, month.last.value) == (Decimal(1179), Decimal(1010))
    assert month.difference.point == -169.0


def test_a_correction_that_was_taken_back_leaves_no_trace(world, manager):
    (row,) = kpis.import_actuals(manager, world.volume, values=[(date(2016, 10, 1), Decimal(1000))], source="audit")
    undone.withdraw_actual(manager, row)
    assert restatement.of_months(world.volume) == []


def test_the_page_of_a_kpi_shows_both_times(world, manager, client):
    change(world, 0.02, 0.03)
    client.force_login(manager)
    text = client.get("/p/cancellation-calls/kpis/value_per_booking/").content.decode()
    card = text[text.index('id="restated"') :]
    assert "As known then" in card
    assert "As restated now" in card
    assert "version 1" in card
    assert 'id="restated"' not in client.get("/p/cancellation-calls/kpis/bookings/").content.decode()
