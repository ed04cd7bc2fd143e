"""Every line of the formula corpora gets its verdict, and no text whatever gets anything but a typed error."""

import json
import math
import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.formula import EvaluationError, FormulaError, parse
from tests.places import SHARED
from tests.quick import quick

pytestmark = pytest.mark.promise("S1")

CORPORA = SHARED / "corpora"
CPU_LIMIT = 0.05
MEMORY_LIMIT = 20 * 2**20
MESSAGE_LIMIT = 500
USUAL = dict.fromkeys(("precision", "recall", "loss", "auc", "tp", "fp", "fn", "tn"), 0.5)


def lines(name):
    path = CORPORA / name
    cases = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


def verdict(text, names):
    """The verdict in the corpus' words, with the error or the value."""
    try:
        formula = parse(text, dict.fromkeys(names, ""))
    except FormulaError as error:
        return "reject", error
    try:
        value = formula.evaluate(names)
    except EvaluationError as error:
        return "error-at-eval", error
    assert type(value) is float
    assert math.isfinite(value)
    return "ok", value


def text_of(case):
    # The corpus gives its large strings as a product of string literals.
    return case["formula"] if "formula" in case else eval(case["gen"], {"__builtins__": {}})


@pytest.mark.shared
@pytest.mark.parametrize("case", lines("formula_attacks.jsonl"))
def test_every_attack_gets_its_verdict_fast_small_and_briefly(case):
    text, names = text_of(case), case.get("names", USUAL)
    verdict(text, names)  # the first call fills the caches of the process, which are no property of the text
    with quick(CPU_LIMIT):
        found, error = verdict(text, names)
    tracemalloc.start()
    try:
        verdict(text, names)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found in {case["expect"], *case["accept_also"]}
    assert peak < MEMORY_LIMIT
    assert 0 < len(str(error)) <= MESSAGE_LIMIT
    assert 0 <= error.position <= len(text)
    assert 0 <= error.length <= len(text) - error.position
    str(error).encode()


@pytest.mark.shared
@pytest.mark.parametrize("case", lines("formula_legal.jsonl"))
def test_every_legal_formula_gives_its_value(case):
    found, value = verdict(case["formula"], case["names"])
    assert found == "ok"
    assert math.isclose(value, case["value"], rel_tol=case["rel_tol"])
    lanes = {name: np.full(3, number) for name, number in case["names"].items()}
    formula = parse(case["formula"], dict.fromkeys(lanes, ""))
    np.testing.assert_allclose(formula.evaluate(lanes), case["value"], rtol=case["rel_tol"])


NAMES = {"x": 2.0, "y": -3.0, "zero": 0.0, "big": 1e308}
WORDS = (
    *("x", "y", "zero", "big", "0", "1", "2.5", "1e308", "1e-9", "007", "1j", "0x1", "1e999", ".", "...", " ", "\n"),
    *("+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", ">", "<<", "=", ":=", ",", "(", ")", "~", "\\"),
    *("and", "or", "not", "if", "else", "for", "in", "lambda", "None", "await", "yield", "import", "max", "__class__"),
    *("[", "]", "{", "}", "'", '"', "#", ";", "@", "`", "\x00", "\ud800", "\u2212", "\uff50", "f'{x}'"),
)


def random_text(chance, depth=4):
    """A formula of the language, most often with a piece of it replaced by, or followed by, something else."""
    text = random_formula(chance, depth)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(WORDS) + text[place + chance.choice([0, 0, 1, 3]) :]
    return text


def random_formula(chance, depth):
    if depth == 0 or chance.random() < 0.15:
        return chance.choice(WORDS[:9])
    parts = [random_formula(chance, depth - 1) for _ in range(3)]
    forms = ("({} + {})", "{} - {}", "{} * ({})", "({}) / {}", "{} // {}", "{} % {}", "({}) ** ({})", "-{}", "not {}")
    calls = ("max({}, {})", "round({}, 2)", "log({})", "sqrt({})", "exp({})", "clip({}, {}, {})", "where({}, {}, {})")
    return chance.choice((*forms, *calls, "({} if {} else {})", "({} < {} <= {})", "({} and {})")).format(*parts)


def test_ten_thousand_random_texts_raise_typed_errors_only():
    chance = random.Random(20240501)
    seen = dict.fromkeys(("reject", "error-at-eval", "ok"), 0)
    for _ in range(10_000):
        text = random_text(chance)
        with quick(CPU_LIMIT):
            found, error = verdict(text, NAMES)
        seen[found] += 1
        assert found == "ok" or 0 < len(str(error)) <= MESSAGE_LIMIT
    assert min(seen.values()) > 500


@given(st.text(max_size=80) | st.text(alphabet="xy01.e+-*/%()<>=, \n", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_raises_typed_errors_only(text):
    found, error = verdict(text, NAMES)
    assert found == "ok" or len(str(error)) <= MESSAGE_LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50 + "1 1" + ")" * 50,
        "max(1," * 50 + "if" + ")" * 50,
        "(1 if 1 else " * 50 + "1 1" + ")" * 50,
        "-" * 999 + "x",
        "not " * 999 + "x",
        "x" + "**x" * 499,
        "x if x else " * 200 + "x",
        "x" + "(x)" * 300,
        "max(*" * 50 + "x" + ")" * 50,
        "x " * 999,
        "x" + " " * 3998 + "+",
        "1" * 4000,
        "9" * 308 + "." + "9" * 3000,
        "a" * 4000,
        "max(" + "x," * 490 + "x)",
        "x<" * 499 + "x",
        "x and " * 499 + "x",
        "(" * 50 + "x<x<x" + ")<x<x" * 49,
    ],
)
def test_texts_at_the_limits_stay_within_time_and_memory(text):
    assert len(text) <= 4000
    lanes = {name: np.full(2000, value) for name, value in NAMES.items()}

    def work():
        try:
            parse(text, dict.fromkeys(NAMES, "")).evaluate(lanes)
        except (FormulaError, EvaluationError) as error:
            return len(str(error))
        return 0

    with quick(CPU_LIMIT):
        said = work()
    assert said <= MESSAGE_LIMIT
    tracemalloc.start()
    try:
        work()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_LIMIT
