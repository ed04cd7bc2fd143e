"""Scenarios side by side: paired differences, what each moves, and what is no more as it was when it was saved."""

from datetime import date

import pytest

from metrics.core.estimate import Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue.compared import compared, item_of, items, values_of
from metrics.queries.revenue.grid import Grid, grid
from metrics.queries.revenue.needed import must_be_true
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import money_if, movable, what_if
from metrics.services.kpi import kpis, undone
from metrics.services.revenue import scenarios

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(world):
    return outlook(Known(world.product))


@pytest.fixture
def hard(world, executive):
    return scenarios.save(executive, world.product, name="Hard", overrides={"growth": 0.02, "offer": 0.06})


def test_a_difference_is_paired_draw_by_draw_with_what_is_assumed(one, hard):
    assumed, other = compared(one, "hard")
    assert (assumed.item, assumed.total, assumed.difference) == ("", one.total, None)
    solved = what_if(one, hard.overrides)
    assert (other.total.draws == solved.total.draws).all()
    assert (other.difference.draws == solved.total.draws - one.total.draws).all()
    assert other.difference.standard_error() < one.total.standard_error() / 2
    assert other.chance == solved.chance < one.chance


def test_unsaved_values_stand_in_the_address_and_give_the_same(one, hard):
    item = item_of({"offer": 0.06, "growth": 0.02})
    assert item == "growth:0.02;offer:0.06"
    assert values_of(item) == {"growth": 0.02, "offer": 0.06}
    _, kept, unsaved = compared(one, f"hard,{item}")
    assert (kept.total.draws == unsaved.total.draws).all()
    assert unsaved.name == "growth 2\u00a0%; offer 6\u00a0%"


@pytest.mark.parametrize(
    "text", ["offer", "offer:", "offer:x", ":1", "offer:nan", "offer:inf", "offer:1e999", "\0:1", ";;", "offer:0.06:1"]
)
def test_what_is_no_value_is_left_out_of_an_address(text):
    assert values_of(text) == {}


def test_an_address_names_each_once_and_no_more_than_four():
    assert items("a,b,a,,c,d,e") == ["a", "b", "c", "d"]
    assert len(items("a" * 5000)[0]) < 2001


def test_a_key_that_nothing_has_is_left_out(one):
    assert [each.item for each in compared(one, "no_such,offer:0.06")] == ["", "offer:0.06"]


def test_what_is_moved_to_where_it_cannot_be_is_unknown_with_its_reason(one):
    _, far = compared(one, "offer:1.5")
    assert far.total == Unknown("offer: 1.5 lies outside of what can be: it is between 0 and 1")
    assert far.difference == far.total
    assert far.chance is None


def test_without_a_figure_all_are_unknown_for_the_same_reason(product):
    one = outlook(Known(product))
    assert [each.total for each in compared(one, "offer:0.5")] == [Unknown("no projection is set up")] * 2


def test_an_assumption_that_has_changed_or_expired_since_is_said(world, hard, manager):
    offer = world.product.assumptions.get(key="offer")
    given = {"owner": "sales", "source": "study of 2017", "valid_until": date(2017, 1, 1)}
    kpis.update_assumption(manager, offer, distribution={"kind": "interval90", "low": 0.07, "high": 0.09}, **given)
    _, found = compared(outlook(Known(world.product)), "hard")
    assert [(note.kind, note.key) for note in found.notes] == [("changed", "offer"), ("expired", "offer")]
    assert found.notes[0].words == "offer was assumed to be 5\u00a0% when it was saved, and is now 8\u00a0%."
    assert found.notes[1].words == "What is assumed of offer expired on 1 Jan 2017."
    offer_here = next(move for move in found.moved if move.key == "offer")
    assert (offer_here.here, offer_here.assumed) == (0.06, pytest.approx(0.08))


def test_what_is_assumed_anew_at_the_same_value_is_said_so(world, hard, manager):
    offer = world.product.assumptions.get(key="offer")
    kpis.update_assumption(manager, offer, distribution={"kind": "interval90", "low": 0.03, "high": 0.07}, owner="x")
    _, found = compared(outlook(Known(world.product)), "hard")
    assert [note.words for note in found.notes] == ["offer was assumed anew since it was saved, at 5\u00a0% as before."]


def test_what_stands_under_no_figure_any_more_is_said_and_left_out(world, manager, executive):
    kpis.create_assumption(
        manager, world.product, key="rain", name="Rain", unit="share", distribution={"kind": "point", "value": 0.4}
    )
    scenarios.save(executive, world.product, name="Wet", overrides={"rain": 0.6, "offer": 0.06})
    one = outlook(Known(world.product))
    _, found, dry = compared(one, "wet,offer:0.06")
    assert [note.words for note in found.notes] == ["Rain stands under no figure here any more: it is left out."]
    assert [move.key for move in found.moved] == ["offer"]
    assert (found.total.draws == dry.total.draws).all()
    _, gone = compared(one, "nothing_so:1;offer:0.06")
    assert [note.words for note in gone.notes] == ["No assumption is called nothing so any more: it is left out."]
    assert (gone.total.draws == dry.total.draws).all()


def test_a_table_of_two_gives_what_the_sliders_give(one):
    for down, across in (("offer", "keep_rate"), ("growth", "offer"), ("offer", "growth")):
        found = grid(one, down, across)
        assert isinstance(found, Grid)
        assert len(found.cells) == len(found.down.values) == len(found.across.values) == 5
        assert found.cells[found.down.now][found.across.now].total is one.total
        for row, column in ((0, 0), (4, 1), (2, 3)):
            moved = {down: found.down.values[row], across: found.across.values[column]}
            solved, cell = what_if(one, moved), found.cells[row][column]
            assert (cell.total.point, cell.chance) == (solved.total.point, solved.chance)
            assert (cell.total.draws == solved.total.draws).all()


def test_a_table_under_a_scenario_has_its_values_as_the_present_ones(one):
    found = grid(one, "offer", "keep_rate", {"offer": 0.1, "growth": 0.02})
    assert found.down.values[found.down.now] == 0.1
    here = found.cells[found.down.now][found.across.now]
    assert here.total.point == what_if(one, {"offer": 0.1, "growth": 0.02}).total.point


@pytest.mark.parametrize(("down", "across"), [("offer", "offer"), ("offer", "nothing"), ("", "offer")])
def test_a_table_needs_two_that_can_be_moved(one, down, across):
    assert isinstance(grid(one, down, across), Unknown)


@pytest.mark.parametrize("chance", [None, 0.5, 0.75, 0.9])
def test_what_must_be_true_holds_by_the_sliders_on_both_sides(one, chance):
    found = must_be_true(one, chance)
    assert len(found.needs) == len(movable(one))
    turns = 0
    for each in found.needs:
        assert each.found.met is found.met
        for turn in filter(None, (each.found.below, each.found.above)):
            turns += 1
            for value, met in ((turn.met, True), (turn.missed, False)):
                money = money_if(one, {each.driver.key: value})
                assert (found.aim.margin(money.point, money.draws) >= 0) is met
                if chance is not None:
                    solved = what_if(one, {each.driver.key: value})
                    assert (solved.chance >= chance) is met
    assert turns


def test_how_likely_a_turn_is_comes_from_the_assumption_s_own_draws(one):
    found = must_be_true(one, 0.5)
    for each in found.needs:
        turn = each.found.nearest
        if turn is None:
            assert each.likely is None
            continue
        assert each.inside is (each.band[0] <= turn.met <= each.band[1])
        if each.inside:
            assert 0.1 <= each.likely <= 0.9


def test_what_must_be_true_is_not_known_without_a_target_or_a_figure(world, product, manager):
    undone.withdraw_target(manager, world.target)
    found = must_be_true(outlook(Known(world.product)), 0.5)
    assert (found.needs, found.why) == ((), "no target is set")


def test_what_must_be_true_under_a_scenario_is_of_that_scenario(one):
    under = {"growth": 0.02}
    found = must_be_true(one, 0.5, under)
    offer = next(each for each in found.needs if each.driver.key == "offer")
    turn = offer.found.nearest
    assert (
        what_if(one, {**under, "offer": turn.met}).chance >= 0.5 > what_if(one, {**under, "offer": turn.missed}).chance
    )
    growth = next(each for each in found.needs if each.driver.key == "growth")
    assert growth.now == 0.02
