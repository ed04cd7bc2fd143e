"""What is found by moving drivers is remembered, and never past what it was made from."""

import pytest

from metrics.memory import MEMORY
from metrics.models.kpi import Target
from metrics.queries.documents.known import Known
from metrics.queries.revenue import drivers as driver_queries
from metrics.queries.revenue import grid as grid_queries
from metrics.queries.revenue import needed as needed_queries
from metrics.queries.revenue.drivers import drivers
from metrics.queries.revenue.grid import grid
from metrics.queries.revenue.needed import must_be_true
from metrics.queries.revenue.outlook import outlook
from metrics.services.kpi import kpis

pytestmark = pytest.mark.django_db


def asked(world) -> dict:
    """What pages show of it, read anew from the database."""
    one = outlook(Known(world.product))
    needs, table = must_be_true(one, None), grid(one, "offer", "unsold_share")
    cells = [(cell.total.point, cell.total.band(), cell.chance) for row in table.cells for cell in row]
    moved = [(row.key, row.name, row.share, row.effect) for row in drivers(one).drivers]
    return {"needs": [(each.driver.key, each.found) for each in needs.needs], "cells": cells, "drivers": moved}


def test_the_second_time_nothing_is_searched_for(world, monkeypatch) -> None:
    first = asked(world)

    def again(*given, **named) -> None:
        raise AssertionError("it is searched for again")

    monkeypatch.setattr(needed_queries, "_looked", again)
    monkeypatch.setattr(grid_queries, "what_if", again)
    monkeypatch.setattr(driver_queries, "spreads", again)
    assert asked(world) == first


@pytest.mark.parametrize("what", ["target", "assumption", "name", "actuals"])
def test_what_it_was_made_from_changed_and_so_does_it(world, what: str) -> None:
    before = asked(world)
    manager, held = world.people["manager"], world.product.assumptions.get(key="offer")
    if what == "target":
        Target.objects.filter(product=world.product, kpi=None).update(value=1)
    elif what == "assumption":
        given = {"kind": "interval90", "low": 0.02, "high": 0.09}
        kpis.update_assumption(manager, held, distribution=given, owner="o", source="s")
    elif what == "name":
        held.name = "What is offered"
        held.save()
    else:
        projection = Known(world.product).projection
        month = projection.volume_kpi.actuals.order_by("-period").first()
        kpis.import_actuals(manager, projection.volume_kpi, values=[(month.period, 2 * month.value)], source="again")
    world.compute()
    after = asked(world)
    MEMORY.forget()
    assert asked(world) == after
    assert after != before
