"""The metric of a model, `fraud.recall`: the one place of a dot, and what stands in for nothing else."""

import pytest

from metrics.core.formula import FormulaError, aspect, parse

NAMES = {"share": "", "fraud.recall": "", "churn_eu.value": "EUR/booking", "bookings": "booking"}
MEASURED = {"fraud.recall": ("at_threshold", "by_segment")}


def test_a_metric_of_a_model_is_a_name_with_its_unit() -> None:
    formula = parse("churn_eu.value * bookings * fraud.recall", NAMES)
    assert (formula.unit, formula.names) == ("EUR", {"churn_eu.value", "bookings", "fraud.recall"})
    assert formula.evaluate({"churn_eu.value": 2.0, "bookings": 10.0, "fraud.recall": 0.5}) == 10.0
    assert next(token.text for token in formula.tokens() if token.kind == "name") == "churn_eu.value"


def test_a_metric_of_a_model_may_be_asked_further() -> None:
    (name,) = parse('by_segment(fraud.recall, "hotel", "Resort")', NAMES, MEASURED).names
    assert aspect(name).metric == "fraud.recall"
    (name,) = parse("at_threshold(fraud.recall, 0.3)", NAMES, MEASURED).names
    assert (aspect(name).metric, aspect(name).threshold) == ("fraud.recall", 0.3)


@pytest.mark.parametrize(
    ("text", "code", "position", "said"),
    [
        ("fraud.recal", "unknown_name", 0, "did you mean 'fraud.recall'?"),
        ("share + gone.recall", "unknown_name", 8, "'gone' is no model here: models are churn_eu, fraud"),
        ("fraud.recall.x", "not_allowed", 12, "names have no attributes"),
        ("fraud . recall", "not_allowed", 6, "names have no attributes"),
        ("(fraud).recall", "not_allowed", 7, "names have no attributes"),
        ("fraud.__class__", "unknown_name", 0, "is not a known name"),
        ("fraud.if", "not_allowed", 0, "'if' is a reserved word"),
        ("1.recall", "number", 0, "neither a decimal number nor a name"),
        ("fraud.recall(1)", "not_allowed", 0, "only a function can stand before '('"),
    ],
)
def test_what_is_no_metric_of_a_model_is_refused(text: str, code: str, position: int, said: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text, NAMES, MEASURED)
    assert (refused.value.code, refused.value.position) == (code, position)
    assert said in refused.value.message


def test_where_no_model_is_known_a_dot_is_no_part_of_the_language() -> None:
    with pytest.raises(FormulaError, match="names have no attributes") as refused:
        parse("share.real", {"share": ""})
    assert (refused.value.code, refused.value.position) == ("not_allowed", 5)
