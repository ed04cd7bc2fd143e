"""What is remembered of an outlook: whatever it is made from moves it at once, and what moves no figure leaves it."""

from datetime import date
from decimal import Decimal

import pytest

from metrics.core.evidence.registry import CHECKS
from metrics.memory import MEMORY
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.product import Product
from metrics.models.work import Work
from metrics.queries.revenue.remembered import KEPT, MORE, remembered
from metrics.services.evaluation import promotion, runs
from metrics.services.kpi import kpis, mappings
from metrics.services.product import products
from metrics.services.revenue import projections
from tests.world import bookings, calls_matrix

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017")]


def held(world):
    """What is remembered, and how it reads."""
    (one,) = remembered([Product.objects.get(pk=world.product.pk)])
    return one, {field: str(getattr(one, field)) for field in (*KEPT, *MORE)}


def anew(world):
    MEMORY.forget()
    return held(world)[1]


def an_assumption(world, people, log):
    growth = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.2, "high": 0.4}
    kpis.update_assumption(people["manager"], growth, distribution=distribution, owner="sales", source="study of 2017")


def an_actual(world, people, log):
    kpis.import_actuals(people["manager"], world.volume, values=[(date(2017, 2, 1), Decimal(2000))], source="arrivals")


def a_mapping(world, people, log):
    second = world.second_version(calls_matrix("offer * 0.5"))
    mappings.approve(people["manager"], second, seen=second.digest)


def a_champion(world, people, log):
    run = log(people["scientist"], world.product, bookings(shift=0.1), name="second", version="two")
    world.compute()
    promotion.promote(people["manager"], ModelVersion.objects.get(pk=run.version_id))


def a_later_run_of_the_champion(world, people, log):
    log(people["scientist"], world.product, bookings(shift=0.05), name="again", where={"split": "test"})


def a_withdrawn_run(world, people, log):
    runs.withdraw(people["manager"], EvaluationRun.objects.get(pk=world.run.pk), reason="wrong rows")


def a_projection(world, people, log):
    projections.set_projection(people["manager"], world.product, value_kpi=world.value, volume_kpi=world.volume)


def a_gate(world, people, log):
    products.update_product(people["manager"], world.product, gates=[*CHECKS])


INGREDIENTS = (
    an_assumption,
    an_actual,
    a_mapping,
    a_champion,
    a_later_run_of_the_champion,
    a_withdrawn_run,
    a_projection,
)


@pytest.mark.parametrize("moves", INGREDIENTS, ids=lambda one: one.__name__)
def test_each_ingredient_moves_it_before_and_after_it_is_computed(world, people, log, moves):
    _, before = held(world)
    moves(world, people, log)
    assert held(world)[1] == anew(world)
    world.compute()
    after = held(world)[1]
    assert after == anew(world)
    assert after != before


def test_what_is_still_computed_is_looked_at_again_as_its_work_goes_on(world, people, log):
    an_assumption(world, people, log)
    assert "being computed" in held(world)[1]["total"]
    world.compute()
    assert held(world)[1] == anew(world)


def test_a_gate_of_evidence_is_asked_of_the_evidence_as_it_is(world, people, log):
    held(world)
    a_gate(world, people, log)
    assert held(world)[1] == anew(world)
    a_later_run_of_the_champion(world, people, log)
    world.compute()
    assert held(world)[1] == anew(world)


def test_a_run_of_another_model_leaves_it_as_it_is(world, people, log):
    one, before = held(world)
    log(people["scientist"], world.product, bookings(shift=0.2), name="beside", model="another", version="five")
    assert held(world)[0].total is one.total
    world.compute()
    again, after = held(world)
    assert again.total is one.total
    assert after == before == anew(world)


def test_the_work_of_a_product_that_is_settled_leaves_it_as_it_is(world, people, log):
    one, _ = held(world)
    Work.objects.create(kind="recompute", scope=world.product.pk, product=world.product)
    assert held(world)[0].total is one.total
