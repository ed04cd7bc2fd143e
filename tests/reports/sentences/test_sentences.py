"""What is told on pages, in packs and by mail: the number, the sign and the direction of each figure are true.

A thousand situations and more of each are generated in memory, and each sentence is read back by a reader that knows
nothing of what wrote it.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from metrics.core import numerals
from reports.words import phrases
from tests.reports.sentences import (  # noqa: F401  (they register what they tell)
    told_cards,
    told_decision,
    told_mail,
    told_manage,
    told_mapping,
    told_outcome,
    told_pack,
    told_periods,
    told_portfolio,
    told_product,
    told_roles,
    told_science,
)
from tests.reports.sentences.aside import ASIDE
from tests.reports.sentences.inventory import owners, pairs_of, visited
from tests.reports.sentences.planting import KINDS as FAULTS
from tests.reports.sentences.planting import function_of, mutants, opposite
from tests.reports.sentences.reading import Said, faults
from tests.reports.sentences.situations import KINDS, Lot

FEW = 60  # sentences of a kind that faults are planted in
EVERY = [(of, kind) for of, kinds in KINDS.items() for kind in kinds]
NO_DIRECTION = {
    ("reports/pages/portfolio/threats.py:threats_card", "more/less"): "counts causes, and compares no figure",
    ("reports/pages/decision/flips.py:_title", "over/under"): "turns over, and stands under",
    ("reports/pages/runs/imports.py:_counts", "over/under"): "taken over, and under way",
}


def situations_of(of: str) -> int:
    """How many of each kind: a thousand of pages, of packs and of mails together, and sixty at least."""
    return max(60, -(-1000 // len(KINDS[of])))


def sentences(kind: str, situations: int = 0) -> list[Said]:
    """What a kind tells in its situations, each generated anew."""
    of, telling = next((of, kinds[kind]) for of, kinds in KINDS.items() if kind in kinds)
    return [said for number in range(situations or situations_of(of)) for said in telling(Lot(kind, number))]


@cache
def told_of(kind: str) -> list[Said]:
    """The same, made once, while nothing is planted."""
    return sentences(kind)


@pytest.mark.parametrize("kind", [kind for _, kind in EVERY])
def test_each_sentence_tells_its_figures(kind):
    wrong = [(said.text, found) for said in told_of(kind) if (found := faults(said))]

    assert wrong == [], f"{len(wrong)} are untrue"


@pytest.mark.parametrize("of", KINDS)
def test_there_are_a_thousand_situations_of_pages_of_packs_and_of_mails(of):
    assert situations_of(of) * len(KINDS[of]) >= 1000
    assert len({said.text for kind in KINDS[of] for said in told_of(kind)}) >= 1000, "of so many other sentences"


@pytest.mark.parametrize("kind", [kind for _, kind in EVERY])
def test_a_fault_in_a_sentence_is_read(kind):
    missed, planted = [], Counter()
    for said in told_of(kind)[:FEW]:
        for fault, wrong in mutants(said):
            planted[fault] += 1
            if not faults(wrong):
                missed.append((fault, said.text, wrong.text))

    assert missed == [], f"{len(missed)} of {planted.total()} are not read"
    assert planted.total() > 0, "it tells no figure, and no month"


def test_each_kind_of_fault_is_planted_in_each_of_pages_packs_and_mails():
    planted = Counter((of, fault) for of, kind in EVERY for said in told_of(kind)[:FEW] for fault, _ in mutants(said))

    assert {(of, fault): planted[of, fault] >= 20 for of in KINDS for fault in FAULTS} == {
        (of, fault): True for of in KINDS for fault in FAULTS
    }, planted


@pytest.fixture(scope="module")
def runs():
    """Kind → the functions of the owners of sentences that it runs."""
    return visited()


def test_each_function_that_tells_a_figure_is_generated_or_aside_with_a_reason(runs):
    seen, told = {name for one in runs.values() for name in one}, owners()

    assert len(told) > 150
    assert [name for name in told if name not in seen and name not in ASIDE] == []
    assert [name for name in ASIDE if name not in told] == [], "aside, and not there"


def test_opposite_words_in_the_code_are_caught(runs):
    told, missed = owners(), []
    for name, node in told.items():
        kinds = [kind for kind, seen in runs.items() if name in seen]
        for pair in pairs_of(node) if kinds else ():
            if (name, "/".join(pair)) in NO_DIRECTION:
                continue
            with opposite(function_of(name), pair):
                if not any(_caught(kind) for kind in kinds):
                    missed.append((name, "/".join(pair), kinds))

    assert missed == [], "\n".join(map(str, missed))


def _caught(kind: str) -> bool:
    try:
        return any(faults(said) for said in sentences(kind))
    except (AssertionError, LookupError, ValueError):  # it could not even be told
        return True


def _printing(turned: Callable[[float], float]) -> Callable[[Any], None]:
    right = numerals.numeral
    return lambda patch: patch.setattr(numerals, "numeral", lambda value, **more: right(turned(value), **more))


PLANTED = {
    "no sign": _printing(abs),
    "the other sign": _printing(lambda value: -value),
    "another size": _printing(lambda value: 3 * value),
    "no unit": lambda patch: patch.setattr(numerals, "unit_in", lambda unit, scale="", **_: scale),
    "another count": lambda patch: patch.setattr(phrases, "NUMBERS", [*phrases.NUMBERS[1:], "no"]),
    "another chance": lambda patch: patch.setattr(phrases.likely, "__code__", _unlikely.__code__),
}


def _unlikely(chance: float) -> str:
    return "unlikely" if chance > 0.5 else "likely"


@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_in_how_numbers_are_worded_is_caught(of, fault, monkeypatch):
    true = {kind: [said.text for said in sentences(kind, 12)] for kind in KINDS[of]}
    PLANTED[fault](monkeypatch)
    caught = {}
    for kind, texts in true.items():
        try:
            told = sentences(kind, 12)
            if [said.text for said in told] != texts:
                caught[kind] = any(faults(said) for said in told)
        except (AssertionError, LookupError, ValueError):
            caught[kind] = True

    assert caught or (of, fault) == ("mail", "another chance"), "nothing is told otherwise"
    assert [kind for kind, is_caught in caught.items() if not is_caught] == []
