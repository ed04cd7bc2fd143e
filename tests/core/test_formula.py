import math
import pickle
import timeit
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.formula import FUNCTIONS, EvaluationError, FormulaError, estimate, explain, parse
from tests.quick import quick

UNITS = {
    "revenue": "EUR",
    "cost": "EUR",
    "fee_usd": "USD",
    "bookings": "booking",
    "price": "EUR per booking",
    "rate": "share",
    "x": "",
    "y": "",
    "z": "",
}
K = 2000


def refused(text, names=UNITS):
    with pytest.raises(FormulaError) as refusal:
        parse(text, names)
    error = refusal.value
    assert 0 <= error.position <= len(text)
    assert 0 <= error.length <= len(text) - error.position
    return error


def failing(text, **values):
    with pytest.raises(EvaluationError) as refusal:
        parse(text, dict.fromkeys(values, "")).evaluate(values)
    return refusal.value


class TestValues:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("-2 ** 2", -4),
            ("2 ** 3 ** 2", 512),
            ("7 // 2 + 7 % 2", 4),
            ("-7 % 3", 2),
            ("1 < 2 <= 2", 1),
            ("1 < 2 > 3", 0),
            ("1 == 1 and not 2", 0),
            ("0 or 5", 1),
            ("2 and 3", 1),
            ("3 if 0 else 4", 4),
            ("where(1, 3, 4)", 3),
            ("min(3, 1, 2) + max(3, 1, 2)", 4),
            ("clip(7, 0, 5)", 5),
            ("round(2.5) + round(3.5)", 6),
            ("round(1234.5678, 2)", 1234.57),
            ("round(1234.5678, -2)", 1200),
            ("floor(-1.5) + ceil(1.2)", 0),
            ("abs(-3) + sqrt(16)", 7),
            ("exp(log(5)) + log10(1000) + log1p(0)", 8),
            ("1e3 + .5 + 2.", 1002.5),
            ("1 +\n 2\r\n\t+ 3", 6),
            ("max(1, 2,)", 2),
            ("+1 - -1", 2),
            ("(1) + ((2))", 3),
        ],
    )
    def test_the_language_computes_as_written(self, text, value):
        found = parse(text, {}).evaluate({})
        assert type(found) is float
        assert found == pytest.approx(value, rel=1e-12)

    def test_numbers_of_every_real_kind_are_taken(self):
        formula = parse("x + y + z", UNITS)
        assert formula.evaluate({"x": 1, "y": Decimal("0.5"), "z": np.float32(0.25)}) == 1.75
        assert formula.evaluate({"x": True, "y": np.int64(2), "z": np.array(3)}) == 6

    def test_values_beyond_the_names_in_use_are_ignored(self):
        assert parse("x", UNITS).evaluate({"x": 1, "other": float("nan")}) == 1

    @pytest.mark.parametrize(
        "value", [math.nan, math.inf, 1j, "1", None, [1.0], 10**400, np.array([1, math.nan]), np.array(["1"])]
    )
    def test_a_value_that_is_not_a_finite_real_number_is_refused(self, value):
        assert failing("1 + x", x=value).code == "not_a_number"
        assert failing("1 + x", x=value).position == 4

    def test_a_missing_value_is_named(self):
        with pytest.raises(EvaluationError, match="'y'") as refusal:
            parse("x + y", UNITS).evaluate({"x": 1})
        assert (refusal.value.code, refusal.value.position, refusal.value.length) == ("no_value", 4, 1)

    @pytest.mark.parametrize(
        ("text", "values", "code", "position", "length"),
        [
            ("1 + x / y", {"x": 1, "y": 0}, "division_by_zero", 6, 1),
            ("x // y", {"x": 1, "y": 0}, "division_by_zero", 2, 2),
            ("x % y", {"x": 1, "y": 0}, "division_by_zero", 2, 1),
            ("x ** y", {"x": 0, "y": -1}, "division_by_zero", 2, 2),
            ("x ** y", {"x": -8, "y": 1 / 3}, "undefined", 2, 2),
            ("x ** y", {"x": 1e200, "y": 2}, "too_large", 2, 2),
            ("x * y", {"x": 1e200, "y": 1e200}, "too_large", 2, 1),
            ("2 * log(x)", {"x": 0}, "undefined", 4, 6),
            ("log1p(x)", {"x": -1}, "undefined", 0, 8),
            ("sqrt(x)", {"x": -1}, "undefined", 0, 7),
            ("exp(x)", {"x": 1000}, "too_large", 0, 6),
            ("x // y", {"x": 1e308, "y": 1e-308}, "too_large", 2, 2),
            ("clip(x, 2, 1)", {"x": 1}, "undefined", 0, 13),
        ],
    )
    def test_what_has_no_value_is_an_error_at_its_place(self, text, values, code, position, length):
        error = failing(text, **values)
        assert (error.code, error.position, error.length) == (code, position, length)
        lanes = {name: np.array([2.0, value]) for name, value in values.items()}
        if "clip" not in text:
            assert failing(text, **lanes).code == code

    def test_only_the_chosen_side_is_evaluated(self):
        for text in (
            "where(y == 0, 0, x / y)",
            "0 if y == 0 else x / y",
            "y != 0 and x / y > 1",
            "y == 0 or x / y > 1",
        ):
            formula = parse(text, UNITS)
            assert formula.evaluate({"x": 6.0, "y": 0.0}) in (0.0, 1.0)
            lanes = formula.evaluate({"x": np.array([6.0, 6.0, 1.0]), "y": np.array([0.0, 2.0, 0.0])})
            assert np.isfinite(lanes).all()
        chosen = parse("where(y == 0, 0, x / y)", UNITS).evaluate({"x": 6.0, "y": np.array([0.0, 2.0, 3.0])})
        np.testing.assert_array_equal(chosen, [0, 3, 2])

    def test_choices_within_choices_keep_their_lanes(self):
        formula = parse("where(x > 0, where(y > 0, x / y, log(x)), sqrt(-x))", UNITS)
        x, y = np.array([4.0, 4.0, -9.0, 8.0]), np.array([2.0, 0.0, 0.0, 4.0])
        np.testing.assert_allclose(formula.evaluate({"x": x, "y": y}), [2, math.log(4), 3, 2])

    def test_arrays_of_any_common_shape_give_that_shape(self):
        formula = parse("where(x > y, x, y * 2)", UNITS)
        x, y = np.arange(3.0), np.arange(4.0)[:, None]
        np.testing.assert_array_equal(formula.evaluate({"x": x, "y": y}), np.where(x > y, x, y * 2))
        assert parse("where(1, 2, x)", UNITS).evaluate({"x": x}).tolist() == [2, 2, 2]
        assert parse("x", UNITS).evaluate({"x": np.empty(0)}).shape == (0,)

    def test_shapes_that_do_not_go_together_are_refused(self):
        assert failing("x + y", x=np.ones(2), y=np.ones(3)).code == "shapes"

    def test_the_result_is_never_the_callers_array_nor_minus_zero(self):
        x = np.array([1.0, -0.0])
        found = parse("x", UNITS).evaluate({"x": x})
        found[0] = 9
        assert x[0] == 1
        assert math.copysign(1, found[1]) == 1
        assert math.copysign(1, parse("-x", UNITS).evaluate({"x": 0.0})) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "code", "position", "length"),
        [
            ("", "empty", 0, 0),
            (" \n ", "empty", 0, 3),
            ("x + revenu", "unknown_name", 4, 6),
            ("x + 'a'", "not_allowed", 4, 1),
            ("x.real", "not_allowed", 1, 1),
            ("x = 1", "not_allowed", 2, 1),
            ("x ^ 2", "not_allowed", 2, 1),
            ("x << 2", "not_allowed", 2, 1),
            ("1 if lambda else 2", "not_allowed", 5, 6),
            ("x + True", "not_allowed", 4, 4),
            ("x + max", "not_allowed", 4, 3),
            ("1,5 * x", "not_allowed", 0, 7),
            ("x(2)", "unknown_function", 0, 1),
            ("sqr(2)", "unknown_function", 0, 3),
            ("(x + 1)(2)", "not_allowed", 1, 5),
            ("max(**x)", "not_allowed", 0, 8),
            ("max(*x, 1)", "not_allowed", 4, 2),
            ("1_000", "number", 0, 5),
            ("0x1F", "number", 0, 4),
            ("1e400 + x", "number", 0, 5),
            ("x + 5x", "number", 4, 2),
            ("1if x else 2", "number", 0, 3),
            ("x if y else.5", "number", 7, 6),
            ("007", "syntax", 0, 3),
            ("x y", "syntax", 2, 1),
            ("  x +", "syntax", 5, 0),
            ("x + (y *", "syntax", 4, 1),
            ("x)", "syntax", 1, 1),
            ("x if y", "syntax", 2, 2),
            ("()", "syntax", 0, 2),
            ("x \u2212 y", "not_ascii", 2, 1),
            ("max(1)", "too_few_arguments", 0, 6),
            ("where(x, 1)", "too_few_arguments", 0, 11),
            ("sqrt(1, 2)", "too_many_arguments", 0, 10),
            ("round(x, y)", "not_allowed", 9, 1),
            ("round(x, 99)", "not_allowed", 9, 2),
            ("round(x, 1.5)", "not_allowed", 9, 3),
            ("+".join("x" * 102), "too_deep", 0, 3),
            ("max(" * 51 + "1" + ",1)" * 51, "too_deep", 203, 1),
            ("x" * 65, "too_long", 0, 65),
            ("x+" * 2000 + "x", "too_long", 4000, 1),
            ("x+" * 600 + "x", "too_long", 1000, 201),
        ],
    )
    def test_each_refusal_has_its_code_and_place(self, text, code, position, length):
        error = refused(text)
        assert (error.code, error.position) == (code, position)
        if code not in ("too_deep", "too_long"):
            assert error.length == length
        assert 10 < len(error.message) <= 500

    def test_a_misspelt_name_is_answered_with_the_nearest_known_one(self):
        assert "did you mean 'revenue'?" in refused("x + revenu").message
        assert "did you mean 'revenue'?" in refused("Revenue").message
        assert "did you mean 'sqrt'?" in refused("sqr(2)").message
        assert "known names are" in refused("qqqqq").message
        assert "no names are declared" in refused("qqqqq", {}).message

    def test_characters_that_cannot_be_shown_are_named_by_their_code_point(self):
        for character in ("\ud800", "\u200b", "\u0000"):
            message = refused(f"x {character}").message
            assert f"U+{ord(character):04X}" in message
            message.encode("ascii")

    def test_a_name_shadowed_by_a_function_or_reserved_word_is_never_a_value(self):
        assert refused("max + 1", {"max": ""}).code == "not_allowed"
        assert refused("lambda + 1", {"lambda": ""}).code == "not_allowed"

    def test_many_long_names_do_not_make_a_refusal_slow(self):
        names = dict.fromkeys((f"conversion_rate_of_region_{i:04d}_by_month" for i in range(2000)), "")
        with quick(0.05):
            error = refused("conversion_rate_of_region_xxxx_by_month", names)
        assert "did you mean" in error.message

    def test_an_unreadable_unit_is_reported_at_the_first_use_of_its_name(self):
        error = refused("1 + x", {"x": "EURO"})
        assert (error.code, error.position, error.length) == ("units", 4, 1)
        assert "did you mean EUR" in error.message

    def test_errors_survive_pickling(self):
        error = refused("x + revenu")
        again = pickle.loads(pickle.dumps(error))
        assert (again.code, again.message, again.position, again.length) == error.args


class TestUnits:
    @pytest.mark.parametrize(
        ("text", "unit"),
        [
            ("revenue - cost", "EUR"),
            ("max(0, revenue - cost)", "EUR"),
            ("0 + revenue", "EUR"),
            ("revenue if rate > 0.5 else 0", "EUR"),
            ("where(revenue > 0, 0, cost)", "EUR"),
            ("bookings * rate * price", "EUR"),
            ("revenue / bookings", "EUR/booking"),
            ("revenue / cost", ""),
            ("revenue // cost", ""),
            ("revenue % cost", "EUR"),
            ("1 / bookings", "1/booking"),
            ("sqrt(revenue * cost)", "EUR"),
            ("sqrt(revenue)", "EUR^(1/2)"),
            ("revenue ** 2", "EUR^2"),
            ("(revenue * cost) ** (1 / 2)", "EUR"),
            ("revenue ** -1", "1/EUR"),
            ("2 ** rate", ""),
            ("log(revenue / cost)", ""),
            ("abs(-revenue)", "EUR"),
            ("round(revenue, 2)", "EUR"),
            ("clip(revenue, 0, cost)", "EUR"),
            ("0 < revenue < cost", ""),
            ("not revenue", ""),
            ("revenue and bookings", ""),
            ("1 - rate", ""),
            ("0", ""),
        ],
    )
    def test_the_unit_follows_from_the_names(self, text, unit):
        assert parse(text, UNITS).unit == unit

    @pytest.mark.parametrize(
        ("text", "position", "length", "said"),
        [
            ("revenue + bookings", 8, 1, "EUR + booking"),
            ("(revenue) - (fee_usd)", 10, 1, "EUR - USD"),
            ("revenue + 100", 8, 1, "EUR + number"),
            ("revenue % bookings", 8, 1, "EUR % booking"),
            ("0 < revenue <= bookings", 12, 2, "EUR <= booking"),
            ("min(revenue, 0, fee_usd)", 16, 7, "EUR and USD"),
            ("revenue if rate else bookings", 21, 8, "EUR or booking"),
            ("where(rate, revenue, bookings)", 21, 8, "EUR or booking"),
            ("1 + log(revenue)", 8, 7, "takes a pure number, not EUR"),
            ("exp(bookings)", 4, 8, "takes a pure number, not booking"),
            ("revenue ** rate", 11, 4, "written power"),
            ("revenue ** bookings", 11, 8, "pure number"),
            ("(revenue ** 9) ** 9", 15, 2, "powers"),
        ],
    )
    def test_a_clash_is_an_error_at_the_operator_or_the_argument(self, text, position, length, said):
        error = refused(text)
        assert (error.code, error.position, error.length) == ("units", position, length)
        assert said in error.message

    def test_names_are_those_in_use(self):
        formula = parse("revenue - max(cost, 0)", UNITS)
        assert formula.names == {"revenue", "cost"}
        assert formula.text == "revenue - max(cost, 0)"


class TestTokens:
    def test_tokens_cover_the_text_with_their_kinds(self):
        text = "max(0, revenue) if not x else 1.5e3\n"
        tokens = parse(text, UNITS | {"x": ""} | {"revenue": ""}).tokens()
        assert "".join(token.text for token in tokens) == text
        assert all(text[token.position :].startswith(token.text) for token in tokens)
        kinds = {token.text: token.kind for token in tokens}
        assert (kinds["max"], kinds["revenue"], kinds["1.5e3"]) == ("function", "name", "number")
        assert (kinds["if"], kinds["not"], kinds["("], kinds[" "]) == ("operator", "operator", "operator", "space")

    def test_every_function_says_what_it_does(self):
        for name, function in FUNCTIONS.items():
            assert function.signature.startswith(name + "(")
            assert function.says


def spread(point, unit, seed=1):
    return Estimate(point, unit, point * (1 + 0.01 * np.sin(np.arange(K) * seed)))


class TestEstimates:
    def test_point_goes_with_points_and_draw_with_draws(self):
        revenue, cost = spread(100.0, "EUR"), spread(40.0, "EUR", 2)
        found = estimate(parse("max(0, revenue - cost)", UNITS), {"revenue": revenue, "cost": cost})
        assert found.point == 60
        assert found.unit == "EUR"
        np.testing.assert_allclose(found.draws, revenue.draws - cost.draws)

    def test_an_unknown_operand_makes_the_result_unknown_and_names_it(self):
        found = estimate(
            parse("revenue - cost", UNITS), {"revenue": spread(1.0, "EUR"), "cost": Unknown("no invoices yet")}
        )
        assert found == Unknown("cost: no invoices yet")

    def test_a_missing_operand_is_unknown(self):
        assert estimate(parse("revenue", UNITS), {}) == Unknown("revenue: there is no value")

    def test_an_operand_without_draws_leaves_the_result_without_draws(self):
        values = {"revenue": spread(100.0, "EUR"), "cost": Estimate(40.0, "EUR")}
        found = estimate(parse("revenue - cost", UNITS), values)
        assert (found.point, found.draws) == (60, None)
        assert estimate(parse("2 * revenue", UNITS), values).draws is not None

    def test_an_operand_in_another_unit_is_unknown_rather_than_added(self):
        found = estimate(parse("revenue", UNITS), {"revenue": spread(1.0, "USD")})
        assert found == Unknown("revenue: is in USD, but the formula takes EUR")
        assert isinstance(estimate(parse("rate", UNITS), {"rate": Estimate(0.5, "")}), Estimate)

    def test_no_value_at_the_point_is_unknown_with_the_reason(self):
        found = estimate(parse("1 + x / y", UNITS), {"x": Estimate(1.0), "y": Estimate(0.0)})
        assert isinstance(found, Unknown)
        assert "division by zero" in found.reason
        assert "1 + x / y" in found.reason

    def test_no_value_at_some_draw_leaves_the_point_without_a_band(self):
        found = estimate(parse("1 / x", UNITS), {"x": Estimate(1.0, "", np.linspace(0, 2, K))})
        assert (found.point, found.draws) == (1, None)

    def test_an_explanation_has_the_quantity_of_every_part(self):
        formula = parse("max(0, revenue - cost) / (bookings)", UNITS)
        values = {"revenue": spread(100.0, "EUR"), "cost": spread(40.0, "EUR"), "bookings": spread(3.0, "booking")}
        tree = explain(formula, values)
        assert (tree.text, tree.quantity.unit, tree.quantity.point) == (formula.text, "EUR/booking", 20)
        profit, bookings = tree.parts
        assert (profit.text, profit.quantity.unit, profit.quantity.point) == ("max(0, revenue - cost)", "EUR", 60)
        assert [part.text for part in profit.parts[1].parts] == ["revenue", "cost"]
        assert (bookings.text, bookings.parts) == ("bookings", ())
        np.testing.assert_array_equal(tree.quantity.draws, estimate(formula, values).draws)

    def test_two_thousand_draws_of_a_typical_formula_take_less_than_a_millisecond(self):
        formula = parse("max(0, revenue - cost) / bookings * (1 - rate) if rate < 0.9 else revenue / bookings", UNITS)
        values = {
            "revenue": spread(100.0, "EUR"),
            "cost": spread(40.0, "EUR", 2),
            "bookings": spread(3.0, "booking", 3),
            "rate": spread(0.2, "", 4),
        }
        assert min(timeit.repeat(lambda: estimate(formula, values), number=20, repeat=5)) / 20 < 1e-3
