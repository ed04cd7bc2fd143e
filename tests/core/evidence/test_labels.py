"""Labels and labelers: the votes of rte_labels, ties, segments judged differently, and noise in a metric."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import cohen_kappa_score

from metrics.core.evidence.agreement import fleiss_kappa, krippendorff_alpha, pair_agreement
from metrics.core.evidence.competence import below, differences, labelers
from metrics.core.evidence.dawid_skene import of_votes
from metrics.core.evidence.labelers import LABELERS, judge_labelers
from metrics.core.evidence.labels import LABELS, judge_labels, label_noise
from metrics.core.evidence.votes import Votes
from metrics.core.rows.table import with_scale
from tests.examined import examined

CLOSE = {"rel": 0, "abs": 1e-9}


@pytest.fixture(scope="module")
def rte(shared):
    folder = shared / "data" / "rte_labels"
    return pq.read_table(folder / "labels.parquet"), json.loads((folder / "EXPECTED.json").read_text())


def of_majority(votes, rows, **columns):
    """Rows labelled by the majority, ties by none."""
    labels = [None if at < 0 else float(votes.labels[at]) for at in votes.majority]
    return rows(example_id=votes.examples, y_true=labels, **columns)


@pytest.mark.shared
def test_the_majority_of_rte_is_as_expected(rte, golden):
    table, expected = rte
    votes = Votes.of(table)
    counted = (len(votes.examples), len(votes.example), len(votes.labelers), int(votes.ties.sum()), votes.unanimous)
    names = ("n_examples", "n_labels", "n_labelers", "ties", "examples_unanimous")
    assert counted == tuple(expected[name] for name in names)
    assert votes.accuracy() == pytest.approx(expected["majority_accuracy_ties_half"], **CLOSE)
    case = golden("snow_rte")["rte"]
    assert votes.accuracy() == pytest.approx(case["expected"]["accuracy"], abs=case["tolerance_abs"])
    assert votes.accuracy() == case["expected"]["exact"]
    untied = ~votes.ties
    right = float((votes.majority == votes.gold)[untied].mean())
    assert right == pytest.approx(expected["majority_accuracy_excluding_ties"], **CLOSE)
    for example, code, share in zip(votes.examples, votes.majority, votes.share, strict=True):
        wanted = expected["majority"][example]
        assert (None if code < 0 else int(votes.labels[code])) == wanted["label"]
        assert share == pytest.approx(wanted["share"], **CLOSE)


@pytest.mark.shared
def test_the_agreement_of_rte_is_as_expected(rte):
    table, expected = rte
    votes = Votes.of(table)
    assert fleiss_kappa(votes.counts).point == pytest.approx(expected["fleiss_kappa"], **CLOSE)
    assert krippendorff_alpha(votes.counts).point == pytest.approx(expected["krippendorff_alpha_nominal"], **CLOSE)
    assert pair_agreement(votes.counts).mean() == pytest.approx(expected["mean_pairwise_percent_agreement"], **CLOSE)


@pytest.mark.shared
def test_the_labelers_of_rte_are_as_expected(rte, rows):
    table, expected = rte
    votes, consensus = of_votes(table)
    found = labelers(votes, consensus)
    assert [one.name for one in found] == sorted(expected["labelers"])
    for one in found:
        wanted = expected["labelers"][one.name]
        assert one.n == wanted["n"]
        assert one.by_gold == pytest.approx(wanted["acc_vs_gold"], **CLOSE)
        agreed = wanted["agree_with_majority_no_ties"]
        assert one.by_majority == (None if agreed is None else pytest.approx(agreed, **CLOSE))
        assert one.confusion.sum() == one.n
        assert one.confusion.trace() / one.n == pytest.approx(one.by_gold, **CLOSE)
    poor = expected["labelers_below_60pct_vs_gold_with_20_or_more"]
    assert [one.name for one in below(found)] == poor
    check = LABELERS.check(judge_labelers(votes, consensus, of_majority(votes, rows)))
    assert (check.verdict, check.numbers["below"]) == ("warning", poor)


@pytest.mark.shared
def test_the_check_of_rte_names_ties_and_agreement(rte, rows):
    votes, consensus = of_votes(rte[0])
    check = LABELS.check(judge_labels(of_majority(votes, rows), votes, consensus))
    assert check.verdict == "fails"
    assert "alpha of 0.241; the majority agrees with gold in 89.69 %" in check.text
    assert "65 of 800 examples (8.1 %) are ties" in check.text
    assert "have no label" not in check.text
    # Without gold, Dawid–Skene finds more of it than the majority does.
    assert (consensus.label == votes.gold).mean() > 0.92


def test_a_tie_is_no_label(votes):
    found = Votes.of(votes({"e0": "ab", "e1": "aab", "e2": "aabbc"}))
    assert found.majority.tolist() == [-1, 0, -1]
    assert found.ties.tolist() == [True, False, True]


def test_labels_written_in_two_ways_are_one(votes):
    table = pa.table(
        {"example_id": ["e"] * 3, "labeler_id": ["L", "M", "N"], "label": ["1", "1.0", "0"], "gold": [1.0] * 3}
    )
    found = Votes.of(table)
    assert (found.labels, found.majority.tolist(), found.gold.tolist()) == (["0", "1"], [1], [1])


def test_gold_that_contradicts_itself_is_none():
    table = pa.table(
        {"example_id": ["e", "e", "f"], "labeler_id": ["L", "M", "L"], "label": ["a"] * 3, "gold": ["a", "b", "a"]}
    )
    assert Votes.of(table).gold.tolist() == [-1, 0]
    assert Votes.of(table).accuracy() == 1.0


def test_votes_without_a_label_are_left_out():
    table = pa.table({"example_id": ["e", "f"], "labeler_id": ["L", "M"], "label": pa.array(["a", None])})
    found = Votes.of(table)
    assert (found.examples, found.labelers, found.accuracy()) == (["e"], ["L"], None)


def judged_by_segment(rows, votes, *, wrong_in_b):
    """Ten votes an example; in segment B so many are wrong."""
    said = {
        f"e{n:03d}": "1" * (10 - (wrong_in_b if n % 2 else 1)) + "0" * (wrong_in_b if n % 2 else 1) for n in range(80)
    }
    table = votes(said, gold=dict.fromkeys(said, "1"))
    hotels = ["B" if n % 2 else "A" for n in range(80)]
    return *of_votes(table), rows(segments=["hotel"], example_id=list(said), y_true=[1.0] * 80, hotel=hotels)


def test_a_segment_that_is_judged_differently_is_found(rows, votes):
    read, consensus, table = judged_by_segment(rows, votes, wrong_in_b=4)
    (found,) = differences(read, consensus, table)
    assert (found.column, found.truth, found.found) == ("hotel", "1", True)
    assert {one.group: one.wrong for one in found.groups} == pytest.approx({"A": 0.1, "B": 0.4})
    check = LABELERS.check(judge_labelers(read, consensus, table))
    assert "Where the label is 1, votes for hotel B are wrong in 40 %, for A in 10 %." in check.text


def test_segments_judged_alike_are_not_told_apart(rows, votes):
    read, consensus, table = judged_by_segment(rows, votes, wrong_in_b=1)
    assert [one for one in differences(read, consensus, table) if one.found] == []


def test_labelers_who_give_most_of_the_votes_and_are_often_wrong_fail_the_check(rows, votes):
    said = {f"e{n}": "110" if n % 2 else "001" for n in range(40)}
    table = votes(said, gold={example: "0" if "11" in labels else "1" for example, labels in said.items()})
    read, consensus = of_votes(table)
    assert LABELERS.check(judge_labelers(read, consensus, of_majority(read, rows))).verdict == "fails"


def test_labels_alone_hold_when_all_are_in(rows):
    assert examined(LABELS, rows(y_true=[1.0, 0.0])).verdict == "holds"
    some = examined(LABELS, rows(y_true=[1.0, None, None, 0.0]))
    assert (some.verdict, some.text) == ("warning", "2 of 4 rows (50 %) have no label.")
    assert examined(LABELS, rows(y_true=[None, None])).verdict == "fails"


def accuracy_of(table):
    truth = table["y_true"].to_numpy(zero_copy_only=False)
    known = ~np.isnan(truth)
    return {"accuracy": float(((table["y_score"].to_numpy() > 0.5) == truth)[known].mean())}


def disputed(rows, votes, *, n=300, seed=3):
    """Examples with seven votes of labelers who are right in 70 %, and scores that follow the truth."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, n)
    right = generator.random((n, 7)) < 0.7
    said = {
        f"e{at:03d}": "".join(str(int(label if one else 1 - label)) for one in row)
        for at, (label, row) in enumerate(zip(truth, right, strict=True))
    }
    table = votes(said)
    return of_majority(Votes.of(table), rows, y_score=np.where(truth == 1, 0.9, 0.1).tolist()), table


def test_disputed_labels_move_a_metric_as_far_as_their_posterior_says(rows, votes):
    table, said = disputed(rows, votes)
    moved = label_noise(table, said, seed=7, evaluate=accuracy_of, repeats=400)["accuracy"]
    read, consensus = of_votes(said)
    # The accuracy is a mean of independent draws, each 1 with the posterior of what the model says.
    labelled = read.majority >= 0
    agreeing = consensus.posterior[np.arange(len(read.examples)), (table["y_score"].to_numpy() > 0.5).astype(int)]
    expected = np.sqrt((agreeing * (1 - agreeing))[labelled].sum()) / labelled.sum()
    assert moved.shape == (400,)
    assert moved.mean() == pytest.approx(0, abs=1e-12)
    assert moved.std() == pytest.approx(expected, rel=0.15)


def test_label_noise_is_the_same_each_time_and_in_any_order_of_rows(rows, votes):
    table, said = disputed(rows, votes, n=60)
    found = label_noise(table, said, seed=7, evaluate=accuracy_of, repeats=20)["accuracy"]
    turned = table.take(list(range(59, -1, -1)))
    mixed = said.take(np.random.default_rng(1).permutation(len(said)))
    again = label_noise(turned, mixed, seed=7, evaluate=accuracy_of, repeats=20)["accuracy"]
    assert found.tolist() == pytest.approx(again.tolist(), abs=1e-12)
    other = label_noise(table, said, seed=8, evaluate=accuracy_of, repeats=20)["accuracy"]
    assert found.tolist() != other.tolist()


def test_undisputed_labels_do_not_move_a_metric(rows, votes):
    said = votes({f"e{n}": "1111" if n % 2 else "0000" for n in range(40)})
    table = rows(y_true=[float(n % 2) for n in range(40)], y_score=[0.7] * 40)
    assert np.abs(label_noise(table, said, seed=1, evaluate=accuracy_of, repeats=10)["accuracy"]).max() < 1e-12


def test_ties_stay_without_a_label_and_rows_without_votes_keep_theirs(rows, votes):
    seen = []
    table = rows(y_true=[None, 1.0, 0.0], y_score=[0.5] * 3)
    label_noise(
        table, votes({"e0": "01", "e1": "01111"}), seed=1, evaluate=lambda one: seen.append(one) or {}, repeats=5
    )
    assert len(seen) == 5
    assert all(one["y_true"].to_pylist()[0] is None and one["y_true"].to_pylist()[2] == 0.0 for one in seen)
    assert all(one.schema == table.schema for one in seen)


def test_classes_are_drawn_as_text(rows, votes):
    seen = set()
    table = rows(y_true=["cat", "dog"], y_pred=["cat", "dog"])
    said = pa.table(
        {"example_id": ["e0"] * 3 + ["e1"], "labeler_id": list("LMNL"), "label": ["cat", "cat", "dog", "dog"]}
    )
    label_noise(table, said, seed=1, evaluate=lambda one: seen.update(one["y_true"].to_pylist()) or {}, repeats=5)
    assert seen <= {"cat", "dog"}


def test_noise_is_empty_where_votes_are_no_labels_of_the_rows(rows, votes):
    table = rows(y_true=[1.0], y_score=[0.5])
    assert label_noise(table, votes({"e0": "ab"}), seed=1, evaluate=accuracy_of) == {}
    assert label_noise(table, votes({"other": "01"}), seed=1, evaluate=accuracy_of) == {}


def test_a_metric_that_is_undefined_in_one_draw_is_left_out(rows, votes):
    calls = iter(range(10))
    table, said = disputed(rows, votes, n=10)

    def evaluate(_):
        return {"always": 1.0, "odd": float("nan")} | ({} if next(calls) == 3 else {"often": 2.0})

    assert set(label_noise(table, said, seed=1, evaluate=evaluate, repeats=10)) == {"always"}


def test_the_level_that_was_declared_for_the_labels_decides(rows, votes):
    """Neighbours on a scale of four: of names they agree a little, of steps well."""
    said = {f"e{at}": f"{1 + at % 4}{min(1 + at % 4 + (at % 2 == 0), 4)}{1 + at % 4}" for at in range(60)}
    given = votes(said)
    table = rows(y_true=[1.0] * 60)
    nominal = examined(LABELS, table, votes=given)
    ordinal = examined(LABELS, table, votes=with_scale(given, "ordinal", []))
    assert nominal.numbers["scale"] == "nominal"
    assert ordinal.numbers["scale"] == "ordinal"
    assert ordinal.numbers["alpha"] == nominal.numbers["alpha"] < 0.8 < ordinal.numbers["alpha_ordinal"]
    assert (nominal.verdict, ordinal.verdict) == ("fails", "holds")
    assert "Krippendorff's alpha (ordinal) of" in ordinal.text
    assert set(nominal.numbers) >= {"alpha_ordinal", "alpha_interval", "alpha_ratio"}


def test_texts_have_an_order_where_one_was_declared(rows, votes):
    said = {f"e{at}": pair for at, pair in enumerate(["ll", "lm", "mm", "mh", "hh", "hh", "ml", "ll"])}
    table = rows(y_true=[1.0] * 8)
    assert examined(LABELS, table, votes=votes(said)).numbers["alpha_ordinal"] is None
    found = examined(LABELS, table, votes=with_scale(votes(said), "ordinal", ["l", "m", "h"])).numbers
    as_numbers = votes({name: pair.translate(str.maketrans("lmh", "123")) for name, pair in said.items()})
    assert found["alpha_ordinal"] == pytest.approx(examined(LABELS, table, votes=as_numbers).numbers["alpha_ordinal"])
    assert found["alpha_interval"] is None


def test_two_labelers_have_cohens_kappa_over_what_both_saw(rows, votes):
    said = {f"e{at}": "aabb"[at % 4] + "abbb"[at % 4] for at in range(30)} | {"only one": "a"}
    one, other = (np.array([text[at] for text in said.values() if len(text) == 2]) for at in (0, 1))
    found = examined(LABELS, rows(y_true=[1.0] * 31), votes=votes(said)).numbers["cohen_kappa"]
    assert found == pytest.approx(cohen_kappa_score(one, other))


def test_three_labelers_have_no_kappa_of_two(rows, votes):
    assert examined(LABELS, rows(y_true=[1.0]), votes=votes({"e0": "aab"})).numbers["cohen_kappa"] is None
