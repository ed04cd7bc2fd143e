"""Promotions that ask nobody: allowed by the settings, and on record."""

import pytest

from metrics.access import Denied
from metrics.models.selection import Decision
from metrics.services.product import products
from metrics.services.selection import direct
from metrics.services.writing.refusal import Conflict


@pytest.fixture
def second(world, log, rows, scientist):
    run = log(scientist, world.product, rows(shift=0.05), name="second", version="two", where={"split": "test"})
    world.compute()
    run.refresh_from_db()
    return run


def test_a_direct_promotion_is_a_decision_on_record(world, second, manager):
    made = direct.promote(manager, second.version, run=second)
    second.version.refresh_from_db()
    assert second.version.state == "champion"
    assert (made.number, made.direct, made.state, made.before.name) == (1, True, "signed", "first")
    assert made.record["chosen"] == {"version": "two", "run": second.pk}
    assert [(row.user.username, row.act) for row in made.signatures.all()] == [("manager", "proposed")]


def test_where_the_settings_want_a_decision_nobody_promotes_directly_but_the_first(world, second, manager):
    products.update_product(manager, world.product, direct_promotion=False)
    second.version.model.product.refresh_from_db()
    with pytest.raises(Conflict, match="by a decision that is signed"):
        direct.promote(manager, second.version, run=second)
    assert not Decision.objects.exists()


def test_the_first_champion_takes_nobodys_place_and_needs_no_decision(product, manager, scientist, log, rows, compute):
    products.update_product(manager, product, direct_promotion=False)
    run = log(scientist, product, rows())
    compute()
    run.refresh_from_db()
    assert direct.promote(manager, run.version).before is None


def test_whoever_may_not_promote_leaves_nothing(world, second, executive):
    with pytest.raises(Denied):
        direct.promote(executive, second.version)
    assert not Decision.objects.exists()
