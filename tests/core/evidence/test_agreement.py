"""Agreement: published examples, the definition by pairs, and what chance gives."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from metrics.core.estimate import Estimate, Unknown
from metrics.core.evidence.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha, pair_agreement

tables = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).filter(lambda one: sum(one) > 0),
    min_size=2,
    max_size=12,
).map(lambda found: np.array(found, dtype=float))


def counted(ratings, labels):
    """Counts (example, label) of ratings by coder with None where one did not rate."""
    return np.array(
        [[sum(one == label for one in unit) for label in labels] for unit in zip(*ratings, strict=True)], float
    )


@pytest.mark.shared
@pytest.mark.parametrize("level", ["nominal", "interval"])
def test_alpha_of_the_published_example(golden, level):
    case = golden("krippendorff_wikipedia")[level]
    counts = counted(case["inputs"]["ratings_by_coder"], [1, 2, 3, 4])
    found = krippendorff_alpha(counts, level=level, values=np.array([1.0, 2, 3, 4]))
    assert found.point == pytest.approx(case["expected"]["alpha"], abs=case["tolerance_abs"])


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_at_each_level_is_krippendorffs_own(level, alpha):
    """Krippendorff 2011, "Computing Krippendorff's alpha-reliability": four observers, twelve units, gaps."""
    said = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    ratings = [[None if sign == "." else int(sign) for sign in one] for one in said]
    found = krippendorff_alpha(counted(ratings, range(1, 6)), level=level, values=np.arange(1.0, 6))
    assert found.point == pytest.approx(alpha, abs=0.0005)


@settings(max_examples=40, deadline=None)
@given(tables, st.permutations([0, 1, 2]))
def test_ordinal_alpha_asks_for_the_order_of_the_values_alone(counts, order):
    one, other = np.array([1.0, 2.0, 3.0]), np.array([-5.0, 0.1, 900.0])
    found = [krippendorff_alpha(counts, level="ordinal", values=values) for values in (one, other)]
    turned = krippendorff_alpha(counts[:, order], level="ordinal", values=one[list(order)])
    if isinstance(found[0], Unknown):
        assert found[1] == turned == found[0]
    else:
        assert found[1].point == pytest.approx(found[0].point)
        assert turned.point == pytest.approx(found[0].point)


@settings(max_examples=40, deadline=None)
@given(tables, st.floats(0.01, 100))
def test_ratio_alpha_does_not_ask_for_the_unit(counts, scale):
    values = np.array([0.0, 1.0, 5.0])
    found, scaled = (krippendorff_alpha(counts, level="ratio", values=values * by) for by in (1, scale))
    assert found == scaled or found.point == pytest.approx(scaled.point)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_cohens_kappa_is_scikit_learns(pairs):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    found = cohen_kappa(one, other)
    if len(set(one) | set(other)) == 1:
        assert isinstance(found, Unknown)
    else:
        assert found.point == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)


def test_cohens_kappa_of_no_example_is_unknown():
    nothing = np.zeros(0, dtype=np.int64)
    assert cohen_kappa(nothing, nothing) == Unknown("no example was labelled by both")


@pytest.mark.shared
def test_kappa_of_the_published_example(golden):
    case = golden("fleiss_wikipedia")["kappa"]
    counts = np.array(case["inputs"]["counts_subject_by_category"], float)
    assert fleiss_kappa(counts).point == pytest.approx(case["expected"]["kappa"], abs=case["tolerance_abs"])
    expected = pytest.approx(case["expected"]["per_subject_agreement"], abs=case["tolerance_abs"])
    assert pair_agreement(counts).tolist() == expected


def by_pairs(counts, values):
    """Alpha from its definition over all pairs of votes: those of one example against those of any two."""
    units = [[values[at] for at, count in enumerate(row) for _ in range(int(count))] for row in counts]
    units = [unit for unit in units if len(unit) > 1]
    everyone = [value for unit in units for value in unit]
    n = len(everyone)
    observed = sum(sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in units) / n
    expected = sum((a - b) ** 2 for a in everyone for b in everyone) / (n * (n - 1))
    return 1 - observed / expected


@settings(max_examples=80, deadline=None)
@given(tables)
def test_interval_alpha_is_its_definition_by_pairs(counts):
    values = np.array([0.0, 1.0, 5.0])
    found = krippendorff_alpha(counts, level="interval", values=values)
    paired = counts[counts.sum(axis=1) > 1]
    if len(paired) and (paired.sum(axis=0) > 0).sum() > 1:
        assert found.point == pytest.approx(by_pairs(counts, values), abs=1e-9)
    else:
        assert isinstance(found, Unknown)


@settings(max_examples=60, deadline=None)
@given(tables, st.permutations([0, 1, 2]))
def test_alpha_does_not_see_the_order_of_examples_or_the_names_of_labels(counts, order):
    found = krippendorff_alpha(counts)
    assume(isinstance(found, Estimate))
    assert krippendorff_alpha(counts[::-1][:, order]).point == pytest.approx(found.point, abs=1e-12)


def test_perfect_agreement_is_one_and_perfect_disagreement_is_below_zero():
    assert krippendorff_alpha(np.array([[3.0, 0], [0, 3]])).point == 1
    assert fleiss_kappa(np.array([[3.0, 0], [0, 3]])).point == 1
    assert krippendorff_alpha(np.array([[1.0, 1], [1, 1]])).point < 0
    assert fleiss_kappa(np.array([[1.0, 1], [1, 1]])).point == -1


def test_votes_at_random_agree_as_by_chance():
    counts = np.random.default_rng(1).multinomial(6, [0.7, 0.2, 0.1], size=20_000).astype(float)
    assert krippendorff_alpha(counts).point == pytest.approx(0, abs=0.01)
    assert fleiss_kappa(counts).point == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("counts", "alpha", "kappa"),
    [
        ([[1, 0], [0, 1]], "no example was labelled twice", "no example was labelled twice"),
        ([[2, 0], [2, 0]], "chance agreement", "chance agreement"),
        ([[2, 0], [0, 1]], "chance agreement", "unequal numbers"),
        (np.zeros((0, 2)), "no example was labelled twice", "unequal numbers"),
    ],
)
def test_what_is_not_defined_is_unknown_with_its_reason(counts, alpha, kappa):
    found = [krippendorff_alpha(np.array(counts, float)), fleiss_kappa(np.array(counts, float))]
    assert all(isinstance(one, Unknown) for one in found)
    assert alpha in found[0].reason
    assert kappa in found[1].reason
