"""Bridges of stored headlines: each cause has its bar, and the bars add up to what the figure moved by."""

import time
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate
from metrics.models.work import Change
from metrics.queries import bridge as queries
from metrics.queries import revenue
from metrics.services import kpi, mappings, promotion
from metrics.services import revenue as services
from tests.world import bookings

pytestmark = pytest.mark.django_db


def headline(world):
    return revenue.outlook(world.product).total


def parts_of(world):
    """Factor → its part, of the last change; they add up to the cent."""
    found = queries.last_explained(world.product)
    whole = sum((part.amount for part in found.bridge.parts), Decimal(0))
    assert whole == found.bridge.after - found.bridge.before
    assert float(found.bridge.after) == pytest.approx(headline(world).point, abs=0.006)
    return {part.name: part for part in found.bridge.parts}


def assume(world, key, low, high):
    held = world.product.assumptions.get(key=key)
    distribution = {"kind": "interval90", "low": low, "high": high}
    kpi.update_assumption(world.people["manager"], held, distribution=distribution, owner="sales", source="trial")
    world.compute()


def fixed(world, matrix):
    """Put a version in force whose decisions do not depend on an assumption."""
    version = world.second_version(matrix(threshold={"kind": "fixed", "at": 0.4}))
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()


def test_before_anything_changed_there_is_no_bridge(world):
    assert queries.last_explained(world.product) is None


def test_a_new_version_of_the_mapping_is_the_bar_definition(world):
    before = headline(world)
    version = world.second_version()
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()
    found = parts_of(world)
    assert set(found) == {"definition"}
    total = sum(part.quantity.draws for part in found.values())
    assert total == pytest.approx(headline(world).draws - before.draws, rel=1e-3, abs=0.5)


def test_an_assumption_under_a_fixed_threshold_is_the_whole_change(world, matrix):
    fixed(world, matrix)
    before = headline(world).point
    assume(world, "keep_rate", 0.35, 0.47)
    found = queries.last_explained(world.product)
    (part,) = found.bridge.parts
    assert part.name == "assumption:keep_rate"
    assert part.quantity.point == pytest.approx(headline(world).point - before, rel=1e-9)
    moved = found.moved["assumption:keep_rate"]
    assert (moved.name, moved.unit, moved.before, moved.after) == ("keep_rate", "share", 0.35, pytest.approx(0.41))


def test_an_assumption_that_moves_decisions_has_two_bars(world):
    assume(world, "keep_rate", 0.35, 0.47)
    assert set(parts_of(world)) == {"assumption:keep_rate", "policy"}


def test_two_factors_share_as_by_hand(world, matrix):
    """value × volume: with both changed each part is its change at the mean of the other."""
    fixed(world, matrix)
    old = revenue.outlook(world.product)
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.12, "high": 0.24}
    kpi.update_assumption(world.people["manager"], held, distribution=distribution, owner="sales", source="trial")
    assume(world, "offer", 0.02, 0.04)
    new = revenue.outlook(world.product)
    found = parts_of(world)
    grown = 1.18 / 1.08
    cheaper = new.total.point / old.total.point / grown
    start = old.total.point
    assert found["assumption:growth"].quantity.point == pytest.approx(start * (grown - 1) * (1 + cheaper) / 2, rel=1e-9)
    assert found["assumption:offer"].quantity.point == pytest.approx(start * (cheaper - 1) * (1 + grown) / 2, rel=1e-9)


def test_months_added_and_months_restated_are_two_bars(world):
    manager = world.people["manager"]
    values = [(date(2017, 2, 1), Decimal(2000)), (date(2017, 3, 1), Decimal(1500))]
    kpi.import_actuals(manager, world.volume, values=values, source="restated")
    world.compute()
    assert set(parts_of(world)) == {"volume", "actuals"}


def test_another_threshold_is_the_bar_of_who_is_acted_on(world, matrix):
    fixed(world, matrix)
    assert set(parts_of(world)) == {"policy"}


def test_another_champion_is_the_bar_model(world):
    scientist, manager = world.people["scientist"], world.people["manager"]
    run = world.log(scientist, world.product, bookings(shift=0.8), name="second", where={"split": "test"})
    world.compute()
    promotion.promote(manager, run.version)
    world.compute()
    found = parts_of(world)
    assert set(found) == {"model"}


def test_the_way_the_projection_is_set_up_belongs_to_the_definition(world):
    services.set_projection(
        world.people["manager"], world.product, value_kpi=world.value, volume_kpi=world.volume, months=24
    )
    world.compute()
    assert set(parts_of(world)) == {"definition"}


def test_a_formula_instead_of_a_matrix_groups_what_cannot_be_told_apart(world):
    definition = {"kind": "formula", "text": "accuracy * call_cost"}
    version = world.second_version(definition)
    mappings.approve(world.people["manager"], version, seen=version.digest)
    assume(world, "call_cost", 3.0, 4.0)
    found = queries.last_explained(world.product)
    assert isinstance(found.after, Estimate)
    parts = parts_of(world)
    assert "definition" in parts
    assert all(name.startswith("assumption:") or name == "definition" for name in parts)


def test_more_factors_than_a_request_can_take_stand_together(world, monkeypatch):
    monkeypatch.setattr(queries, "MOST_IN_A_REQUEST", 3)
    for key, low, high in (("offer", 0.02, 0.04), ("call_cost", 2.0, 3.0), ("growth", 0.1, 0.2)):
        held = world.product.assumptions.get(key=key)
        distribution = {"kind": "interval90", "low": low, "high": high}
        kpi.update_assumption(world.people["manager"], held, distribution=distribution, owner="o", source="s")
    assume(world, "keep_rate", 0.3, 0.5)
    found = queries.last_explained(world.product)
    assert len(found.bridge.parts) == 3
    assert queries.OTHERS in {part.name for part in found.bridge.parts}


def test_all_that_can_change_at_once_is_explained_quickly(world):
    manager = world.people["manager"]
    for key, low, high in (
        ("offer", 0.02, 0.04),
        ("call_cost", 2.0, 3.0),
        ("growth", 0.1, 0.2),
        ("keep_rate", 0.3, 0.5),
    ):
        held = world.product.assumptions.get(key=key)
        distribution = {"kind": "interval90", "low": low, "high": high}
        kpi.update_assumption(manager, held, distribution=distribution, owner="o", source="s")
    kpi.import_actuals(manager, world.volume, values=[(date(2017, 3, 1), Decimal(1500))], source="more")
    version = world.second_version()
    mappings.approve(manager, version, seen=version.digest)
    world.compute()
    begun = time.perf_counter()
    found = parts_of(world)
    assert len(found) >= 6
    assert time.perf_counter() - begun < 5
    bands = [part.quantity.band() for part in found.values()]
    assert np.isfinite(bands).all()


def test_a_change_without_a_stored_headline_has_no_bridge(world):
    change = Change.objects.create(product=world.product, cause="run", text="x", before="a" * 64, after="b" * 64)
    assert queries.explained(change) is None
