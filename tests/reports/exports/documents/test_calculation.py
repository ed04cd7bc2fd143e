"""A calculation: its lines come to what is stored, for each kind of mapping and each term of a projection."""

from dataclasses import replace
from typing import Any

import pytest

from metrics.core.assumptions import Drawn
from metrics.core.estimate import Estimate
from metrics.core.revenue.projecting import Projecting
from metrics.models.revenue import Projection
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections
from reports.exports.document import Calculation
from reports.exports.documents import calculation
from tests.worked import computed, off
from tests.world import World, calls_matrix

NEAR = 1e-9


def made(product: Any) -> tuple[Outlook, Calculation]:
    one = Outlook(Known(product))
    found = calculation.of_product(one)
    assert found is not None
    return one, found


def test_every_line_comes_to_what_is_stored(world: World) -> None:
    one, found = made(world.product)

    values = computed(found.inputs, found.lines)

    assert max(off(values[line.name], line.value) for line in found.lines) < NEAR
    stored = {month.period: month.quantity.point for month in one.months if isinstance(month.quantity, Estimate)}
    money = {line.month: line.value for line in found.lines if "_money_" in line.name}
    assert money == stored
    (total,) = [line for line in found.lines if line.total]
    assert isinstance(one.total, Estimate)
    assert total.value == one.total.point


def test_an_assumption_that_is_moved_moves_the_total_as_a_what_if_says(world: World) -> None:
    one, found = made(world.product)
    (cost,) = [given for given in found.inputs if given.name.endswith("given_call_cost")]

    moved = computed([*found.inputs, replace(cost, value=cost.value + 1)], found.lines)

    assert cost.assumed
    assert one.document is not None
    supposed = Projecting(one.document, one.known.source).total(Drawn(moved={"call_cost": cost.value + 1}))
    assert isinstance(supposed, Estimate)
    # The season of the value is held in a sheet, and measured anew in a what-if.
    assert off(moved["cancellation_calls_total"], supposed.point) < 0.01
    assert off(moved["cancellation_calls_total"], found.lines[-1].value) > 0.05


def test_what_is_measured_is_no_assumption(world: World) -> None:
    _, found = made(world.product)

    assumed = {given.name.partition("given_")[2] for given in found.inputs if given.assumed}

    assert assumed == {"unsold_share", "keep_rate", "offer", "call_cost", "growth"}
    assert any("On whom the model acts" in sentence for sentence in found.fixed)


@pytest.mark.parametrize("baseline", ["act_on_all", "none"])
def test_other_baselines_are_computed_too(world: World, baseline: str) -> None:
    draft = world.second_version(calls_matrix() | {"baseline": baseline})
    mappings.approve(world.people["manager"], draft, seen=draft.digest)
    world.compute()

    _, found = made(world.product)

    values = computed(found.inputs, found.lines)
    assert max(off(values[line.name], line.value) for line in found.lines) < NEAR


def test_all_terms_of_a_projection_are_computed(world: World) -> None:
    terms = {}
    for key, unit, low, high in (
        ("adoption", "share", 0.6, 0.8),
        ("ramp", "month", 2.0, 5.0),
        ("serving", "EUR/month", 100.0, 300.0),
        ("intervention", "EUR/booking", 0.1, 0.3),
        ("discount", "share", 0.05, 0.1),
    ):
        terms[key] = kpis.create_assumption(
            world.people["manager"],
            world.product,
            key=f"the_{key}",
            name=key,
            unit=unit,
            distribution={"kind": "interval90", "low": low, "high": high},
            owner="sales",
            source="a study",
        ).assumption
    projections.set_projection(
        world.people["manager"],
        world.product,
        value_kpi=world.value,
        volume_kpi=world.volume,
        growth=world.product.assumptions.get(key="growth"),
        **terms,
    )
    world.compute()

    one, found = made(world.product)

    assert isinstance(one.total, Estimate), one.total
    values = computed(found.inputs, found.lines)
    assert max(off(values[line.name], line.value) for line in found.lines) < NEAR
    assert Projection.objects.get(product=world.product).discount is not None
    assert {name for given in found.inputs if (name := given.name.partition("given_the_")[2])} == set(terms)


def test_a_product_without_a_figure_has_no_calculation(product: Any) -> None:
    assert calculation.of_product(Outlook(Known(product))) is None
