"""Bridges of stored headlines: each cause has its bar, and the bars add up to what the figure moved by."""

import time
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from django.db.models import F
from django.utils import timezone

from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import AssumptionVersion
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.revenue import bridge as queries
from metrics.queries.revenue import outlook, what_if
from metrics.services.evaluation import promotion, registry
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections as services
from tests.world import bookings

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def headline(world):
    return outlook.outlook(Known(world.product)).total


def parts_of(world):
    """Factor → its part, of the last change; they add up to the cent."""
    found = queries.last_explained(Known(world.product))
    whole = sum((part.amount for part in found.bridge.parts), Decimal(0))
    assert whole == found.bridge.after - found.bridge.before
    assert float(found.bridge.after) == pytest.approx(headline(world).point, abs=0.006)
    return {part.name: part for part in found.bridge.parts}


def assume(world, key, low, high):
    held = world.product.assumptions.get(key=key)
    distribution = {"kind": "interval90", "low": low, "high": high}
    kpis.update_assumption(world.people["manager"], held, distribution=distribution, owner="sales", source="trial")
    world.compute()


def fixed(world, matrix):
    """Put a version in force whose decisions do not depend on an assumption."""
    version = world.second_version(matrix(threshold={"kind": "fixed", "at": 0.4}))
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()


def test_before_anything_changed_there_is_no_bridge(world):
    assert queries.last_explained(Known(world.product)) is None


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
    found = queries.last_explained(Known(world.product))
    (part,) = found.bridge.parts
    assert part.name == "assumption:keep_rate"
    assert part.quantity.point == pytest.approx(headline(world).point - before, rel=1e-9)
    moved = found.moved["assumption:keep_rate"]
    assert (moved.name, moved.unit, moved.before, moved.after) == ("keep_rate", "share", 0.35, pytest.approx(0.41))


def test_an_assumption_that_moves_decisions_has_two_bars(world):
    assume(world, "keep_rate", 0.35, 0.47)
    assert set(parts_of(world)) == {"assumption:keep_rate", "policy"}


def test_two_factors_share_as_by_hand(world, matrix):
    """With both changed each part is the mean of its change before the other moved and after (Shapley of two)."""
    fixed(world, matrix)
    start = headline(world).point
    found = outlook.outlook(Known(world.product))
    grown, cheaper = (what_if.what_if(found, moved).total.point for moved in ({"growth": 0.18}, {"offer": 0.03}))
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.12, "high": 0.24}
    kpis.update_assumption(world.people["manager"], held, distribution=distribution, owner="sales", source="trial")
    assume(world, "offer", 0.02, 0.04)
    both = headline(world).point
    parts = parts_of(world)
    by_hand = {"growth": (grown - start + both - cheaper) / 2, "offer": (cheaper - start + both - grown) / 2}
    for name, part in by_hand.items():
        assert parts[f"assumption:{name}"].quantity.point == pytest.approx(part, rel=1e-9)


def test_months_added_and_months_restated_are_two_bars(world):
    manager = world.people["manager"]
    values = [(date(2017, 2, 1), Decimal(2000)), (date(2017, 3, 1), Decimal(1500))]
    kpis.import_actuals(manager, world.volume, values=values, source="restated")
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
    found = queries.last_explained(Known(world.product))
    assert isinstance(found.after, Estimate)
    parts = parts_of(world)
    assert "definition" in parts
    assert all(name.startswith("assumption:") or name == "definition" for name in parts)


def test_more_factors_than_a_request_can_take_stand_together(world, monkeypatch):
    monkeypatch.setattr(queries, "MOST_IN_A_REQUEST", 3)
    for key, low, high in (("offer", 0.02, 0.04), ("call_cost", 2.0, 3.0), ("growth", 0.1, 0.2)):
        held = world.product.assumptions.get(key=key)
        distribution = {"kind": "interval90", "low": low, "high": high}
        kpis.update_assumption(world.people["manager"], held, distribution=distribution, owner="o", source="s")
    assume(world, "keep_rate", 0.3, 0.5)
    found = queries.last_explained(Known(world.product))
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
        kpis.update_assumption(manager, held, distribution=distribution, owner="o", source="s")
    kpis.import_actuals(manager, world.volume, values=[(date(2017, 3, 1), Decimal(1500))], source="more")
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
    assert queries.explained(change, Known(world.product)) is None


def other_rows(world, *, keep=2):
    """Another champion on rows of which fewer are of the city: of those one in `keep`."""
    frame = bookings(seed=6)
    frame = frame[(frame.hotel == "Resort") | (np.arange(len(frame)) % keep == 0)]
    run = world.log(world.people["scientist"], world.product, frame, name="second", where={"split": "test"})
    world.compute()
    promotion.promote(world.people["manager"], run.version)
    world.compute()


def test_rows_in_other_shares_of_segments_are_the_bar_mix_beside_the_model(world):
    other_rows(world)
    parts = parts_of(world)
    assert set(parts) == {"model", "mix"}
    found = queries.last_explained(Known(world.product))
    assert found.mix.column == found.moved["mix"].name == "hotel"
    three = found.mix.parts
    halves = three.within.point + three.interaction.point / 2, three.mix.point + three.interaction.point / 2
    # The value a case is all that differs, so the bars share the change as its two halves do.
    ratio = parts["mix"].quantity.point / parts["model"].quantity.point
    assert ratio == pytest.approx(halves[1] / halves[0], rel=0.05)


def test_the_mix_is_that_of_the_segments_in_the_rows(world):
    """Within, mix and interaction of the value a case, from each segment's own value and its share of the rows."""
    before = segments_of(world)
    other_rows(world)
    after = segments_of(world)
    three = queries.last_explained(Known(world.product)).mix.parts
    wanted = [0.0, 0.0, 0.0]
    for name, (share, mean) in before.items():
        moved, grown = after[name][0] - share, after[name][1] - mean
        wanted = [one + part for one, part in zip(wanted, (share * grown, moved * mean, moved * grown), strict=True)]
    assert [three.within.point, three.mix.point, three.interaction.point] == pytest.approx(wanted, rel=1e-9)


def segments_of(world):
    """Hotel → (share of the rows, value a case) of the champion's rows."""
    pricing = what_if.projecting(outlook.outlook(Known(world.product))).pricing
    sums = pricing.statistics
    names = [name for column, name in sums.groups if column == "hotel"]
    return {name: (sums.n(("hotel", name)) / sums.n(), pricing.value(group=("hotel", name)).point) for name in names}


def test_the_mix_is_told_of_the_cost_of_errors_too(world):
    """A run of predicted numbers, then another whose rows lie more in the segment with the larger errors."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    registry.create_model(scientist, world.product, name="demand", task="regression")
    world.approved(worth, "Cost of errors", {"kind": "error_cost", "under": "6", "over": "2"}, model="demand")
    revenue_of = {"value_kpi": worth, "volume_kpi": world.volume}
    services.set_projection(manager, world.product, **revenue_of)
    errors = {"City": 1.0, "Resort": 3.0}
    for name, city in (("one", 300), ("two", 120)):
        frame = pd.DataFrame({"hotel": ["City"] * city + ["Resort"] * 200})
        noise = np.random.default_rng(len(frame)).normal(0, 0.2, len(frame))
        frame = frame.assign(example_id=[f"{name}{at}" for at in frame.index], y_true=50.0)
        frame["y_pred"] = 50.0 + frame.hotel.map(errors) + noise
        run = world.log(scientist, world.product, frame, task="regression", model="demand", version=name, name=name)
        world.compute()
        promotion.promote(manager, run.version)
        world.compute()
    assert set(parts_of(world)) == {"model", "mix"}
    three = queries.last_explained(Known(world.product)).mix.parts
    # Shares of City fall from 0.6 to 0.375; a row costs 2 there and 6 in Resort, within the noise.
    assert three.mix.point == pytest.approx(-(0.6 - 0.375) * (6 - 2), rel=0.05)
    assert abs(three.within.point) < 0.1


def expire(world, key="keep_rate", **fields):
    """The newest version of an assumption as it is from the day on which it holds no more."""
    row = AssumptionVersion.objects.filter(assumption__key=key).order_by("number").last()
    AssumptionVersion.objects.filter(pk=row.pk).update(**fields or {"valid_until": timezone.localdate() - DAY})


def test_what_expired_since_the_change_is_the_bar_left_out(world, matrix):
    fixed(world, matrix)
    before = outlook.outlook(Known(world.product)).total.point
    assume(world, "offer", 0.02, 0.04)
    after = outlook.outlook(Known(world.product)).total.point
    Change.objects.update(created_at=F("created_at") - 9 * DAY)
    expire(world)
    found = queries.last_explained(Known(world.product))
    assert [part.name for part in found.bridge.parts] == ["assumption:offer", "left out"]
    assert float(found.bridge.before) == pytest.approx(before, abs=0.006)
    assert found.bridge.after == 0
    assert found.bridge.before + sum(part.amount for part in found.bridge.parts) == 0
    assert found.bridge.parts[1].quantity.point == pytest.approx(-after)
    assert (found.left_out.letter, found.left_out.since) == ("D", timezone.localdate())
    assert "keep rate: expired on" in found.left_out.reasons[0]


def test_what_expired_with_no_other_change_has_its_bar_too(world):
    total = outlook.outlook(Known(world.product)).total.point
    Change.objects.update(created_at=F("created_at") - 9 * DAY)
    assert queries.last_explained(Known(world.product)) is None
    expire(world)
    found = queries.last_explained(Known(world.product))
    assert [(part.name, float(part.amount)) for part in found.bridge.parts] == [
        ("left out", pytest.approx(-total, abs=0.006))
    ]


def test_what_got_a_source_counts_again(world, matrix):
    """Unsourced before the change, sourced after it: the whole figure comes back, beside what else moved it."""
    fixed(world, matrix)
    old = outlook.outlook(Known(world.product)).total.point
    expire(world, "offer", source="")
    assume(world, "offer", 0.02, 0.04)
    found = queries.last_explained(Known(world.product))
    assert (found.left_out.before, found.left_out.after) == (False, True)
    assert found.bridge.before == 0
    assert float(found.bridge.after) == pytest.approx(outlook.outlook(Known(world.product)).total.point, abs=0.006)
    assert found.bridge.parts[-1].quantity.point == pytest.approx(old)
    assert sum(part.amount for part in found.bridge.parts) == found.bridge.after


def test_a_retired_mapping_leaves_out_all_that_there_was(world):
    total = outlook.outlook(Known(world.product)).total.point
    mappings.retire(world.people["manager"], world.version, seen=world.version.digest)
    world.compute()
    found = queries.last_explained(Known(world.product))
    assert isinstance(found.after, Unknown)
    assert found.left_out.reasons == ("Value: no approved mapping",)
    assert [(part.name, float(part.amount)) for part in found.bridge.parts] == [
        ("left out", pytest.approx(-total, abs=0.006))
    ]
    version = world.second_version()
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()
    assert queries.last_explained(Known(world.product)) is None


def test_any_two_moments_of_a_product_are_bridged_to_the_cent(world, matrix):
    """Each pair of the headlines that a product had, whichever came first: models, mixes, assumptions, months."""
    other_rows(world)
    fixed(world, matrix)
    kpis.import_actuals(
        world.people["manager"], world.volume, values=[(date(2017, 3, 1), Decimal(1500))], source="more"
    )
    assume(world, "offer", 0.02, 0.04)
    held = list(RevenueResult.objects.filter(kind="projected", period=None, point__isnull=False))
    assert len(held) == 4
    for one in held:
        for other in held:
            change = Change(product=world.product, before=one.digest, after=other.digest)
            found = queries.explained(change, Known(world.product))
            whole = sum((part.amount for part in found.bridge.parts), Decimal(0))
            assert found.bridge.before + whole == found.bridge.after
            assert float(found.bridge.after) == pytest.approx(other.point, abs=0.006)
