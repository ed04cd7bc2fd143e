"""Bridges: they add up to the cent, are paired, and put what cannot be valued alone under the definition."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.bridge import DEFINITION, LEFT_OUT, bridge, counted, differing, mixed

AMOUNT = st.floats(0.01, 1e4)


def product_of(before, after, names):
    """The value of a coalition where the figure is the product of all inputs."""

    def value_of(coalition):
        inputs = mixed(before, after, coalition)
        return Estimate(float(np.prod([inputs[name] for name in names])), "EUR")

    return value_of


def test_three_factors_share_the_change_as_the_worked_example():
    before, after = {"cases": 1000, "rate": 0.02, "price": 50}, {"cases": 1100, "rate": 0.018, "price": 60}
    found = bridge(product_of(before, after, before), differing(before, after))
    assert [part.quantity.point for part in found.parts] == pytest.approx([104.3333, -115.6667, 199.3333], abs=1e-4)
    assert (found.before, found.after, found.change) == (Decimal("1000.00"), Decimal("1188.00"), Decimal("188.00"))
    assert sum(part.amount for part in found.parts) == found.change


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=6))
def test_the_parts_of_any_two_moments_add_up_to_the_cent(pairs):
    before = {f"x{at}": pair[0] for at, pair in enumerate(pairs)}
    after = {f"x{at}": pair[1] for at, pair in enumerate(pairs)}
    found = bridge(lambda one: Estimate(sum_of_neighbours(mixed(before, after, one)), "EUR"), differing(before, after))
    assert found.before + sum((part.amount for part in found.parts), Decimal(0)) == found.after
    assert found.after == Decimal(repr(sum_of_neighbours(after))).quantize(Decimal("0.01"))


def sum_of_neighbours(inputs):
    values = [inputs[name] for name in sorted(inputs)]
    return float(sum(a * b for a, b in zip(values, [1.0, *values], strict=False)))


def test_parts_have_paired_bands_that_add_up_draw_by_draw():
    drawn = {name: 1 + uniforms(5, name) for name in ("a", "b", "c")}
    point = {"a": 1.5, "b": 1.5, "c": 1.5}

    def value_of(coalition):
        factor = {name: 1.2 if name in coalition else 1.0 for name in point}
        return Estimate(
            float(np.prod([point[name] * factor[name] for name in point])),
            "EUR",
            np.prod([drawn[name] * factor[name] for name in point], axis=0),
        )

    found = bridge(value_of, ("a", "b", "c"))
    whole = value_of(frozenset("abc")).draws - value_of(frozenset()).draws
    assert np.sum([part.quantity.draws for part in found.parts], axis=0) == pytest.approx(whole)
    alone = found.parts[0].quantity.draws
    # multiplied alike, so each part is a fixed share of the figure in every draw
    assert alone / value_of(frozenset()).draws == pytest.approx(np.full(K, alone[0] / value_of(frozenset()).draws[0]))


def test_a_figure_without_draws_gives_points_and_no_bands():
    found = bridge(lambda one: Estimate(1.0 + len(one), "EUR", None if one else np.zeros(K)), ("a",))
    assert found.parts[0].quantity.draws is None


def test_a_name_that_one_side_lacks_takes_the_others_value_and_is_no_factor():
    before, after = {"rate": 2.0, "gone": 3.0}, {"rate": 4.0, "came": 5.0}
    assert differing(before, after) == ("rate",)
    assert mixed(before, after, {"rate"}) == {"rate": 4.0, "gone": 3.0, "came": 5.0}
    assert mixed(before, after, ()) == {"rate": 2.0, "gone": 3.0, "came": 5.0}


def test_where_a_coalition_is_unknown_its_factor_stands_with_the_definition():
    def value_of(coalition):
        if ("model" in coalition) != (DEFINITION in coalition):
            return Unknown("the new definition asks for a column that the old rows lack")
        return Estimate(10.0 + 5 * ("model" in coalition) + 2 * ("volume" in coalition), "EUR")

    found = bridge(value_of, ("volume", "model", DEFINITION))
    assert [(part.name, part.factors, part.amount) for part in found.parts] == [
        ("volume", ("volume",), Decimal("2.00")),
        (DEFINITION, ("model", DEFINITION), Decimal("5.00")),
    ]


def test_without_a_definition_the_two_that_need_each_other_are_grouped():
    def value_of(coalition):
        if ("a" in coalition) != ("c" in coalition):
            return Unknown("a needs c")
        return Estimate(float(len(coalition)), "EUR")

    found = bridge(value_of, ("a", "b", "c"))
    assert {part.factors: part.amount for part in found.parts} == {("a", "c"): Decimal(2), ("b",): Decimal(1)}


def test_where_only_the_ends_are_known_there_is_one_bar():
    known = {frozenset(): 1.0, frozenset("abc"): 4.0}
    found = bridge(lambda one: Estimate(known[one], "EUR") if one in known else Unknown("no"), ("a", "b", "c"))
    assert [(part.name, part.amount) for part in found.parts] == [(DEFINITION, Decimal(3))]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_with_what_is_left_out_the_parts_add_up_to_the_change_of_what_counts(pairs, was, is_):
    ends = [Estimate(sum(pair[at] for pair in pairs), "EUR") for at in (0, 1)]
    before, after = ({f"x{at}": pair[side] for at, pair in enumerate(pairs)} for side in (0, 1))
    whole = bridge(lambda one: Estimate(sum(mixed(before, after, one).values()), "EUR"), differing(before, after))
    found = counted(whole, *ends, before=was, after=is_)
    assert found.before + sum((part.amount for part in found.parts), Decimal(0)) == found.after
    assert (found.before, found.after) == (whole.before if was else 0, whole.after if is_ else 0)
    bars = {part.name: part for part in found.parts}
    assert (LEFT_OUT in bars) == (not (was and is_))
    if LEFT_OUT in bars:
        assert float(bars[LEFT_OUT].amount) == pytest.approx(bars[LEFT_OUT].quantity.point, abs=0.011)


def test_what_is_left_out_has_the_band_of_what_does_not_count():
    start, end = Estimate(5.0, "EUR", 4 + 2 * uniforms(1, "a")), Estimate(8.0, "EUR", 7 + 2 * uniforms(1, "b"))
    whole = bridge(lambda one: end if one else start, ("model",))
    for was, is_, drawn in (
        (True, False, -end.draws),
        (False, True, start.draws),
        (False, False, start.draws - end.draws),
    ):
        left = counted(whole, start, end, before=was, after=is_).parts[-1]
        assert left.quantity.draws == pytest.approx(drawn)
    assert counted(whole, start, end, before=True, after=True) is whole


def test_an_unknown_end_another_unit_and_a_factor_twice_give_no_bridge():
    assert bridge(lambda one: Unknown("why"), ("a",)) == Unknown("why")
    assert bridge(lambda one: Unknown("after") if one else Estimate(1.0), ("a",)) == Unknown("after")
    assert "USD" in bridge(lambda one: Estimate(1.0, "USD" if one else "EUR"), ("a",)).reason
    with pytest.raises(ValueError, match="twice"):
        bridge(lambda one: Estimate(1.0), ("a", "a"))


def test_nothing_changed_is_a_bridge_without_parts():
    found = bridge(lambda one: Estimate(7.0, "EUR"), ())
    assert (found.parts, found.change) == ((), Decimal(0))


def test_twelve_factors_are_shared_exactly():
    names = tuple("abcdefghijkl")
    drawn = np.ones(K)
    found = bridge(lambda one: Estimate(float(len(one) ** 2), "EUR", drawn * len(one) ** 2), names)
    assert {part.amount for part in found.parts} == {Decimal("12.00")}
