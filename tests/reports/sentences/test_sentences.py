"""What is told on pages, in packs and by mail: the number, the sign and the direction of each figure are true.

A thousand situations and more of each are generated in memory, and each sentence is read back by a reader that knows
nothing of what wrote it.
"""

from collections import Counter

import pytest

from metrics.core import numerals
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

SITUATIONS = 60
EVERY = [(of, kind) for of, kinds in KINDS.items() for kind in kinds]
NO_DIRECTION = {
    ("reports/pages/portfolio/threats.py:threats_card", "more/less"): "counts causes, and compares no figure",
    ("reports/pages/decision/flips.py:_title", "over/under"): "turns over, and stands under",
    ("reports/pages/runs/imports.py:_counts", "over/under"): "taken over, and under way",
}


def sentences(kind: str, situations: int = SITUATIONS) -> list[Said]:
    telling = next(kinds[kind] for kinds in KINDS.values() if kind in kinds)
    return [said for number in range(situations) for said in telling(Lot(kind, number))]


@pytest.mark.parametrize("kind", [kind for _, kind in EVERY])
def test_each_sentence_tells_its_figures(kind):
    wrong = [(said.text, found) for said in sentences(kind) if (found := faults(said))]

    assert wrong == [], f"{len(wrong)} are untrue"


@pytest.mark.parametrize("of", KINDS)
def test_there_are_a_thousand_situations_of_pages_of_packs_and_of_mails(of):
    assert sum(bool(said.text) for kind in KINDS[of] for said in sentences(kind)) >= 1000
    assert SITUATIONS * len(KINDS[of]) >= 300


@pytest.mark.parametrize("kind", [kind for _, kind in EVERY])
def test_a_fault_in_a_sentence_is_read(kind):
    missed, planted = [], Counter()
    for said in sentences(kind, 20):
        for fault, wrong in mutants(said):
            planted[fault] += 1
            if not faults(wrong):
                missed.append((fault, said.text, wrong.text))

    assert missed == [], f"{len(missed)} of {planted.total()} are not read"
    assert planted.total() > 0, "it tells no figure, and no month"


def test_each_kind_of_fault_is_planted_in_each_of_pages_packs_and_mails():
    planted = Counter((of, fault) for of, kind in EVERY for said in sentences(kind, 10) for fault, _ in mutants(said))

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


@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize("fault", ["no sign", "the other sign", "another size"])
def test_a_fault_in_how_numbers_are_printed_is_caught(of, fault, monkeypatch):
    true = {kind: [said.text for said in sentences(kind, 15)] for kind in KINDS[of]}
    right, ways = numerals.numeral, {"no sign": abs, "the other sign": lambda v: -v, "another size": lambda v: 3 * v}
    monkeypatch.setattr(numerals, "numeral", lambda value, **more: right(ways[fault](value), **more))
    caught = {}
    for kind, texts in true.items():
        try:
            told = sentences(kind, 15)
            if [said.text for said in told] != texts:
                caught[kind] = any(faults(said) for said in told)
        except (AssertionError, LookupError, ValueError):
            caught[kind] = True

    assert caught
    assert [kind for kind, is_caught in caught.items() if not is_caught] == []
