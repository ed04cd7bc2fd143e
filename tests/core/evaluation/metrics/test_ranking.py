import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.ranking import DEFINITIONS, NO_RELEVANT, evaluate, scan
from metrics.core.rows.reading import RowsError
from tests.core.tables import SEED, estimate, points, rankings

# Queries of up to fourteen results: some longer than ten, some without a relevant one.
queries = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=14), min_size=1, max_size=6)


def flat(drawn: list[list[int]], seed: int = 0):
    """Query, relevance and distinct scores of each result, in a random order of rows."""
    random = np.random.default_rng(seed)
    query = np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
    order = random.permutation(len(query))
    relevance = np.array([value for one in drawn for value in one], dtype=float)
    return query[order], relevance[order], random.permutation(len(query)).astype(float)


def by_hand(relevance: np.ndarray) -> dict[str, float]:
    """Figures of one query whose results stand in their order."""
    relevant = relevance > 0
    ranks = 1 + np.flatnonzero(relevant)
    first_ten = ranks[ranks <= 10]
    return {
        "map_10": sum((at + 1) / rank for at, rank in enumerate(first_ten)) / min(10, len(ranks)),
        "mrr": 1 / ranks[0],
        "hit_rate_10": float(len(first_ten) > 0),
        "precision_10": len(first_ten) / 10,
        "recall_10": len(first_ten) / len(ranks),
    }


@settings(deadline=None, max_examples=40)
@given(queries, st.integers(0, 2**32))
def test_points_equal_scikit_learns_and_those_by_hand(drawn: list[list[int]], seed: int) -> None:
    query, relevance, score = flat(drawn, seed)
    expected: dict[str, list[float]] = {key: [] for key in DEFINITIONS}
    for one in np.unique(query):
        its, given_score = relevance[query == one], score[query == one]
        if not its.any():
            continue
        for key, value in by_hand(its[np.argsort(-given_score)]).items():
            expected[key].append(value)
        for k in (5, 10):
            # A query of one result is perfect; scikit-learn refuses it.
            value = sk.ndcg_score([its], [given_score], k=k) if len(its) > 1 else 1.0
            expected[f"ndcg_{k}"].append(value)
    sums = scan(rankings(query, relevance, score))
    made = points(evaluate(sums, seed=None))
    assert sums.facts["queries_left_out"] == sum(not any(one) for one in drawn)
    assert sums.facts["rows_left_out"] == sum(len(one) for one in drawn if not any(one))
    for key, values in expected.items():
        assert made[key] == (pytest.approx(np.mean(values)) if values else NO_RELEVANT), key


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=7))
def test_of_equal_scores_every_figure_is_the_mean_over_all_their_orders(drawn: list[tuple[int, int]]) -> None:
    """One by one; with seven results of no relevance above them the ties lie across the edge of the first ten."""
    relevance, score = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    if not relevance.any():
        return
    for above in (0, 7):
        its = np.concatenate([np.zeros(above), relevance])
        given_score = np.concatenate([10.0 + np.arange(above), score])
        orders = [
            by_hand(its[[*range(above), *(above + np.array(order))]])
            for order in itertools.permutations(range(len(score)))
            if (np.diff(score[list(order)]) <= 0).all()
        ]
        made = points(evaluate(scan(rankings([1] * len(its), its, given_score)), seed=None))
        for key in orders[0]:
            assert made[key] == pytest.approx(np.mean([one[key] for one in orders])), key
        for k in (5, 10):
            assert made[f"ndcg_{k}"] == pytest.approx(sk.ndcg_score([its], [given_score], k=k)), k


def test_a_constant_score_says_nothing_however_the_ids_are_named() -> None:
    """One relevant result of 10,000: its rank is uniform, so that the mean of 1/rank is H(10,000) / 10,000."""
    n = 10_000
    relevance = [1.0] + [0.0] * (n - 1)
    expected = float((1 / np.arange(1, n + 1)).mean())
    for ids in ([f"{at:05}" for at in range(n)], [f"{n - at:05}" for at in range(n)]):
        made = points(evaluate(scan(rankings([1] * n, relevance, [0.5] * n, ids=ids)), seed=None))
        assert made["mrr"] == pytest.approx(expected, rel=1e-12)
        assert made["hit_rate_10"] == made["recall_10"] == pytest.approx(10 / n, rel=1e-12)
        assert made["map_10"] == pytest.approx((1 / np.arange(1, 11)).sum() / n, rel=1e-12)


def test_a_long_tie_with_many_relevant_results_meets_the_limit_of_many_rows() -> None:
    """Half of a million are relevant: the first stands at rank j in 2^−j of the orders, so that MRR is log 2."""
    n = 1_000_000
    made = points(evaluate(scan(rankings([1] * n, [0.0, 1.0] * (n // 2), [0.5] * n)), seed=None))
    assert made["mrr"] == pytest.approx(np.log(2), rel=1e-6)


@settings(deadline=None, max_examples=20)
@given(queries, st.randoms(use_true_random=False))
def test_with_ties_the_order_of_rows_does_not_matter(drawn: list[list[int]], random) -> None:
    query, relevance, score = flat(drawn)
    rows = rankings(query, relevance, score // 3)
    order = list(range(len(query)))
    random.shuffle(order)
    one, other = (scan(given) for given in (rows, rows.take(order)))
    assert one.facts == other.facts
    np.testing.assert_array_equal(one.buckets, other.buckets)
    np.testing.assert_allclose(one.dense(), other.dense(), rtol=1e-12)


def test_results_that_were_not_judged_leave_the_order() -> None:
    judged = scan(rankings([1, 1, 1], [0, 1, 0], [3, 2, 1]))
    more = scan(rankings([1, 1, 1, 1, 2], [0, np.nan, 1, 0, np.nan], [3, 2.5, 2, 1, 9]))
    assert (more.n, more.n_unlabelled) == (3, 2)
    assert points(evaluate(more, seed=None)) == points(evaluate(judged, seed=None))


def test_queries_count_the_same_however_many_results_and_whatever_the_weights() -> None:
    query, relevance, score = [1] * 2 + [2] * 8, [1, 0] + [0] * 7 + [1], list(range(10, 0, -1))
    made = points(evaluate(scan(rankings(query, relevance, score)), seed=None))
    assert made["mrr"] == (1 + 1 / 8) / 2
    weighted = scan(rankings(query, relevance, score, weight=np.arange(10.0)))
    assert points(evaluate(weighted, seed=None)) == made


def test_a_query_is_resampled_whole_and_a_declared_cluster_of_queries_too() -> None:
    random = np.random.default_rng(0)
    query = np.repeat(np.arange(400), 5)
    relevance, score = random.integers(0, 2, 2000), random.random(2000)
    by_query = scan(rankings(query, relevance, score))
    assert by_query.unit == "query"
    reciprocal = [
        by_hand(relevance[query == at][np.argsort(-score[query == at])])["mrr"]
        for at in range(400)
        if relevance[query == at].any()
    ]
    expected = np.std(reciprocal) / len(reciprocal) ** 0.5
    assert estimate(evaluate(by_query, seed=SEED)["mrr"]).standard_error() == pytest.approx(expected, rel=0.15)
    by_user = scan(rankings(query, relevance, score, cluster_id=[f"u{at // 10}" for at in query]))
    assert (by_user.unit, len(by_user.buckets)) == ("cluster", 40)
    with pytest.raises(RowsError, match="results of one query into two clusters"):
        scan(rankings(query, relevance, score, cluster_id=[f"u{at}" for at in range(2000)]))


def test_in_a_group_only_its_own_results_are_ranked() -> None:
    query, relevance, score = flat([[0, 1, 2, 0, 3], [1, 0, 0, 1], [0, 0, 2]])
    shop = np.where(np.arange(len(query)) % 2, "a", "b")
    sums = scan(rankings(query, relevance, score, shop=shop, segments=["shop"]))
    for name in "ab":
        its = shop == name
        alone = scan(rankings(query[its], relevance[its], score[its], ids=np.flatnonzero(its)))
        assert points(evaluate(sums, seed=None, group=("shop", name))) == points(evaluate(alone, seed=None))


def test_queries_without_a_relevant_result_are_left_out_and_said_so_where_none_is_left() -> None:
    made = scan(rankings([1, 1, 2], [0, 0, 0], [1, 2, 3]))
    assert (made.n, made.facts["queries_left_out"], made.facts["rows_left_out"]) == (0, 2, 3)
    assert set(evaluate(made, seed=SEED).values()) == {Unknown(NO_RELEVANT)}
    empty = scan(rankings([1], [np.nan], [1]))
    assert set(evaluate(empty, seed=SEED).values()) == {Unknown("no labelled rows")}


def test_the_sums_of_parts_add_where_no_query_is_split() -> None:
    query, relevance, score = flat([[0, 1, 2]] * 30 + [[0, 0]] * 5)
    rows = rankings(query, relevance, score)
    parts = [scan(rows.filter(pa.array(side))) for side in (query % 2 == 0, query % 2 == 1)]
    added, together = parts[0] + parts[1], scan(rows)
    assert added.facts == together.facts
    np.testing.assert_allclose(added.dense(), together.dense(), rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (rankings([1], [1], [1]).drop_columns(["query_id"]), "query_id is missing"),
        (rankings([1], [1], [1]).drop_columns(["y_score"]), "y_score is missing"),
        (rankings([1], [-1], [1]), "y_true holds values below 0"),
        (rankings([1], [1], [np.inf]), "y_score holds values that are empty or not finite"),
        (
            rankings([1, 1], [1, 0], [1, 2]).set_column(1, "query_id", pa.array(["a", None])),
            "1 rows have no query",
        ),
    ],
)
def test_rows_out_of_form_are_refused(rows: pa.Table, message: str) -> None:
    with pytest.raises(RowsError, match=message):
        scan(rows)
