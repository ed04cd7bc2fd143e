"""What a cover says, in a thousand situations: the number, the sign and the direction of each figure are true."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.meeting import chance_of
from reports.exports.documents import figures, said
from reports.exports.documents.said import Expected
from reports.words.phrases import likely

SITUATIONS = 1000
SCALES = {"": 1.0, "k": 1e3, "M": 1e6}
MONTHS = tuple(f"2026-{month:02d}" for month in range(1, 13))
EARLIER = tuple(f"2025-{month:02d}" for month in range(7, 13))
MONEY = re.compile(r"(?P<sign>−?)(?P<number>\d[\d,]*(?:\.\d+)?)\u00a0(?:(?P<scale>[kM])\u00a0)?(?P<unit>[A-Z]{3})")
LIKELY = ("very likely", "likely", "more likely than not", "as likely as not", "less likely than not", "unlikely")


def situations() -> Iterator[Expected]:
    """Of every kind: gains and losses, wide and narrow, with a target or none, Unknown, bare costs, months over."""
    generator = np.random.Generator(np.random.Philox(20261129))
    names = ("Card fraud", "Cancellation calls", "The portfolio", "Deposit requests")
    for number in range(SITUATIONS):
        size = 10 ** generator.uniform(1, 8) * (-1 if generator.uniform() < 0.25 else 1)
        unit = ("EUR", "USD")[number % 2]
        spread = abs(size) * 10 ** generator.uniform(-3, 0.3)
        draws = None if generator.uniform() < 0.1 else size + spread * generator.standard_normal(K)
        total: Quantity = Estimate(float(size), unit, draws)
        if generator.uniform() < 0.1:
            total = Unknown("no champion is chosen")
        one = Expected(
            who=names[number % len(names)],
            total=total,
            months=MONTHS[: 1 + number % 12],
            bare=size < 0 and generator.uniform() < 0.3,
            over=("", "", "part", "all")[int(generator.integers(4))],
            aside="" if generator.uniform() < 0.8 else "no source for keep rate",
        )
        if generator.uniform() < 0.75 and isinstance(total, Estimate):
            apart = generator.choice([0.0, 1e-7, 0.02, 0.4, -0.02, -0.4, -3.0])
            goal = float(size) * (1 + float(apart))
            same = generator.uniform() < 0.6
            money: Quantity = total if same else Estimate(float(size) * 1.3, unit, draws)
            if generator.uniform() < 0.1:
                money = Unknown("2026-03 is not known")
            months = one.months if same else EARLIER
            chance = chance_of(money, goal)
            one = replace(one, goal=goal, goal_months=months, money=money, chance=chance)
        yield one


def amounts(sentence: str) -> list[float]:
    """The amounts of money that a sentence names, as numbers."""
    return [
        (-1 if found["sign"] else 1) * float(found["number"].replace(",", "")) * SCALES[found["scale"] or ""]
        for found in MONEY.finditer(sentence)
    ]


def near(told: float, value: float, sentence: str) -> bool:
    """Whether a number as it is printed is the value: within half of its last digit."""
    for found in MONEY.finditer(sentence):
        number = float(found["number"].replace(",", "")) * SCALES[found["scale"] or ""]
        if number == abs(told):
            digits = len(found["number"].partition(".")[2])
            return abs(number - abs(value)) <= 0.5000001 * SCALES[found["scale"] or ""] * 10**-digits + 0.005 * abs(
                value
            )
    return False


def faults(one: Expected) -> list[str]:
    """What of the sentence and the title is not true of the situation."""
    sentence, title = said.expected(one), said.title(one)
    if isinstance(one.total, Unknown):
        wrong = [] if "not known" in sentence and not amounts(sentence) else ["says a number of what is not known"]
        return wrong + ([] if "not known" in title and not amounts(title) else ["a title with a number"])
    point, told = one.total.point, amounts(sentence)
    found = [] if told and near(told[0], point, sentence) else [f"{told[:1]} is not {point}"]
    first = sentence.partition(";")[0].partition(",")[0]
    if not one.bare and not one.over and ("to lose" in first) != (point < 0):
        found.append("gain and loss are not told apart")
    if one.over and told and (told[0] < 0) != (point < 0) and not one.bare:
        found.append("the sign is another")
    if one.bare and "no money that is earned" not in sentence:
        found.append("a bare cost is told as money")
    if one.goal is None and not one.bare and "no target" not in sentence:
        found.append("no word of a target that is missing")
    if one.goal is not None and isinstance(one.money, Estimate) and not one.bare:
        found += _against(sentence, one.money.point - one.goal)
    if one.aside and not one.bare and "No total counts it" not in sentence:
        found.append("does not say that no total counts it")
    if isinstance(one.chance, Estimate) and not one.bare:
        word = likely(one.chance.point)
        found += [] if f" {word} to meet" in title else ["the title has another chance"]
    elif not one.bare and one.over != "all" and (" lose" in title) != (point < 0):
        found.append("the title has another sign")
    return found


def _against(sentence: str, apart: float) -> list[str]:
    if "as much as asked" in sentence:
        return []
    more, less = "more than asked" in sentence, "less than asked" in sentence
    if more == less or more != (apart > 0):
        return ["more and less are the wrong way round"]
    told = amounts(sentence.partition(" than asked")[0])[-1]
    return [] if near(told, apart, sentence) else [f"{told} is not the difference {apart}"]


def test_a_thousand_situations_are_told_as_they_are() -> None:
    wrong = [(one, found) for one in situations() if (found := faults(one))]

    assert wrong == [], f"{len(wrong)} of {SITUATIONS}: {wrong[0][1]}: {said.expected(wrong[0][0])!r}"


def test_the_situations_are_of_every_kind() -> None:
    held = list(situations())

    assert len(held) == SITUATIONS
    assert sum(isinstance(one.total, Unknown) for one in held) > 50
    assert sum(isinstance(one.total, Estimate) and one.total.point < 0 for one in held) > 100
    assert sum(one.bare for one in held) > 20
    assert sum(one.goal is not None for one in held) > 500
    assert {one.over for one in held} == {"", "part", "all"}


@pytest.mark.parametrize("mutant", ["direction", "sign", "size"])
def test_a_planted_fault_is_caught(monkeypatch: pytest.MonkeyPatch, mutant: str) -> None:
    if mutant == "direction":
        true = said._against
        monkeypatch.setattr(said, "_against", lambda money, goal: true(money.map(lambda v: 2 * goal - v), goal))
    elif mutant == "sign":
        true_size = said.expected
        monkeypatch.setattr(
            said, "expected", lambda one: true_size(one).replace("expect to lose", "expect").replace("−", "")
        )
    else:
        true_words = said._size
        monkeypatch.setattr(said, "_size", lambda total: true_words(total.map(lambda value: value * 1.2)))

    assert sum(1 for one in situations() if faults(one)) > 20


def test_figures_print_the_number_and_the_sign_of_what_they_are_of() -> None:
    for one in situations():
        shown = figures.printed("total", "Expected", one.total, signed=True)
        if isinstance(one.total, Unknown):
            assert (shown.value, shown.number) == ("–", None)
            assert shown.beside == one.total.reason
            continue
        (told,) = amounts(shown.text.replace("+", "")) or [0.0]
        assert near(told, one.total.point, shown.text.replace("+", "")), shown
        assert shown.number == one.total.point
        assert (told < 0) == (one.total.point < 0) or not told
        for low, high in shown.bands:
            assert low <= high


@pytest.mark.parametrize(("chance", "told"), [(0.0, "<0.1"), (1.0, ">99.9"), (0.5, "50"), (0.995, "99.5")])
def test_a_chance_is_never_0_or_100(chance: float, told: str) -> None:
    assert figures.chance("chance", "Chance", Estimate(chance, "share")).value == told


@pytest.mark.parametrize(
    ("waiting", "last", "told"),
    [
        ([], "", "No decision waits, and none has been made yet."),
        ([], "Of decision 2: kept", "No decision waits. Of decision 2: kept."),
        ([said.Waiting(name="decision 3", next="A manager.")], "", "One decision waits: decision 3. A manager."),
        (
            [said.Waiting(name="decision 3", next=""), said.Waiting(name="decision 4", next="")],
            "",
            "Two decisions wait, the first decision 3.",
        ),
    ],
)  # fmt: skip
def test_the_decision_that_waits_is_told(waiting: list[said.Waiting], last: str, told: str) -> None:
    assert said.decision(waiting, last) == told


@pytest.mark.parametrize(
    ("chance", "told"),
    [
        (0.62, "Calls: meeting the target is more likely than not. One input."),
        (0.9, "Nothing takes money away."),
        (None, "Nothing takes money away."),
        (Unknown("no target is set"), "Nothing takes money away."),
    ],
)
def test_the_concern_is_the_target_where_it_may_be_missed(chance: float | Quantity | None, told: str) -> None:
    assert said.concern("Calls", chance, "One input.", "Nothing takes money away") == told
