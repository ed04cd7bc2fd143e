"""Files in which a row is one labeler's vote."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.rows.table import classes_of, data_digest, read_rows, scale_of, write_votes
from metrics.core.rows.upload.votes import majority
from tests.places import SHARED

HEAD = "example_id,labeler_id,y_true,y_score,plan\n"
VOTES = HEAD + "a,L1,1,0.5,x\nb,L1,0,0.25,y\na,L2,1,0.5,x\na,L3,0,0.5,x\nb,L2,0,0.25,y\n"


def told(upload):
    return {(warning.field, warning.code) for warning in upload.warnings}


def test_the_majority_of_votes_is_the_label_of_one_row_an_example(read):
    upload = read(VOTES, segments=("plan",))
    kept = upload.table.select(["example_id", "y_true", "y_score", "plan"]).to_pylist()
    assert kept == [
        {"example_id": "a", "y_true": 1.0, "y_score": 0.5, "plan": "x"},
        {"example_id": "b", "y_true": 0.0, "y_score": 0.25, "plan": "y"},
    ]
    assert (upload.n_sent, upload.n, upload.n_dropped, upload.warnings) == (5, 2, 0, ())


def test_every_vote_is_kept_beside_the_rows(read):
    votes = read(VOTES).votes
    assert votes.column_names == ["example_id", "labeler_id", "label"]
    assert [tuple(vote.values()) for vote in votes.to_pylist()][:3] == [
        ("a", "L1", "1"),
        ("b", "L1", "0"),
        ("a", "L2", "1"),
    ]
    assert votes.num_rows == 5


def test_a_file_without_labelers_has_no_votes(read):
    assert read("example_id,y_true,y_score\na,1,0.5\n").votes is None


def test_a_tie_is_no_label_and_is_told_with_its_count(read):
    upload = read(HEAD + "a,L1,1,0.5,x\na,L2,0,0.5,x\nb,L1,1,0.4,y\nc,L1,0,0.3,y\n")
    assert upload.table.column("y_true").to_pylist() == [None, 1.0, 0.0]
    (tie,) = [warning for warning in upload.warnings if warning.code == "tie"]
    assert (tie.field, tie.row) == ("y_true", 1)
    assert tie.message.startswith("1 of 3 examples")
    assert upload.n_unlabelled == 1


def test_a_labeler_who_contradicts_himself_is_refused(refusal):
    error = refusal(VOTES + "b,L2,1,0.25,y\n")
    assert (error.field, error.code, error.row) == ("labeler_id", "duplicate", 6)
    assert "L2" in error.message


def test_a_labelers_equal_repeat_counts_once(read):
    upload = read(HEAD + "a,L1,1,0.5,x\na,L1,1,0.5,x\na,L2,0,0.5,x\na,L3,0,0.5,x\nb,L1,1,0.2,y\n")
    assert upload.table.column("y_true").to_pylist() == [0.0, 1.0]
    assert upload.votes.num_rows == 4
    assert ("labeler_id", "duplicate") in told(upload)


@pytest.mark.parametrize(
    ("row", "field"), [("a,L4,1,0.51,x", "y_score"), ("a,L4,1,0.5,z", "plan"), ("a,L4,1,0.5,", "plan")]
)
def test_what_is_said_of_an_example_must_be_the_same_on_all_its_rows(refusal, row, field):
    error = refusal(VOTES + row + "\n")
    assert (error.field, error.code, error.row) == (field, "contradiction", 6)
    assert "row 1" in error.message


def test_times_and_gold_must_be_the_same_too(refusal):
    votes = pd.DataFrame({"example_id": ["a", "a"], "labeler_id": ["L1", "L2"], "label": [1, 1]})
    times = votes.assign(event_time=pd.to_datetime(["2026-01-01T00:00Z", "2026-01-01T00:01Z"]))
    for sent, field in ((times, "event_time"), (votes.assign(gold=[1, 0]), "gold")):
        error = refusal(sent, kind="dataset")
        assert (error.field, error.code, error.row) == (field, "contradiction", 2)


def test_an_empty_vote_is_none_and_an_example_without_votes_is_not_labelled_yet(read):
    upload = read(HEAD + "a,L1,1,0.5,x\na,L2,,0.5,x\nb,L1,,0.2,y\nc,L1,0,0.3,y\n", segments=("plan",))
    assert upload.table.column("y_true").to_pylist() == [1.0, None, 0.0]
    assert upload.votes.column("example_id").to_pylist() == ["a", "c"]
    assert told(upload) == {("y_true", "no_vote"), ("y_true", "missing_value")}


def test_a_vote_without_a_labeler_is_refused(refusal):
    error = refusal(HEAD + "a,L1,1,0.5,x\na,,0,0.5,x\n")
    assert (error.field, error.code, error.row) == ("labeler_id", "missing_value", 2)


def test_a_vote_that_is_no_label_is_refused_with_its_row(refusal):
    error = refusal(HEAD + "a,L1,1,0.5,x\na,L2,2,0.5,x\n")
    assert (error.field, error.code, error.row) == ("y_true", "out_of_range", 2)


def test_votes_of_examples_without_a_score_are_left_out_with_them(read):
    upload = read(HEAD + "a,L1,1,0.5,x\na,L2,1,0.5,x\nb,L1,1,,y\nc,L1,0,0.3,y\n", drop_missing=True)
    assert upload.votes.column("example_id").to_pylist() == ["a", "a", "c"]
    assert (upload.n, upload.n_dropped) == (2, 1)


def test_votes_on_classes_give_a_data_set_of_text_labels(read):
    rows = "a,L1,cat,cat\na,L2,cat,cat\na,L3,dog,cat\nb,L1,dog,bird\nb,L2,cat,bird\n"
    upload = read("example_id,labeler_id,label,gold\n" + rows, kind="dataset", task="multiclass")
    assert upload.table.to_pydict() == {"example_id": ["a", "b"], "y_true": ["cat", None]}
    assert upload.votes.column("gold").to_pylist() == ["cat"] * 3 + ["bird"] * 2
    assert classes_of(upload.table) == ["bird", "cat", "dog"]


def test_class_numbers_read_alike_in_votes_and_gold(read):
    sent = pd.DataFrame({"example_id": ["a", "a", "b"], "labeler_id": [1, 2, 1], "label": [1.0, 1.0, np.nan]})
    upload = read(sent.assign(gold=[1, 1, 2]), kind="dataset", task="multiclass")
    assert upload.votes.to_pydict() == {
        "example_id": ["a", "a"],
        "labeler_id": ["1", "2"],
        "label": ["1", "1"],
        "gold": ["1", "1"],
    }


@pytest.mark.parametrize("task", ["regression", "forecast", "ranking"])
def test_votes_on_measured_labels_are_refused(refusal, task):
    placed = "example_id,labeler_id,y_true,event_time,query_id\na,L1,1,2026-01-01T00:00Z,q\n"
    error = refusal(placed, task=task, kind="dataset")
    assert (error.field, error.code) == ("labeler_id", "unsupported_task")


def test_a_file_of_votes_needs_a_label(refusal):
    error = refusal("example_id,labeler_id\na,L1\n", kind="dataset")
    assert (error.field, error.code) == ("y_true", "missing_column")


def test_without_labelers_gold_is_a_column_like_any_other(read):
    upload = read("example_id,y_true,gold\na,1,yes\nb,0,no\nc,1,yes\nd,0,no\n", kind="dataset")
    assert upload.votes is None
    assert upload.table.column("gold").to_pylist() == ["yes", "no", "yes", "no"]


CAST = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=40)


@settings(deadline=None)
@given(CAST)
def test_the_majority_is_that_of_pandas(votes):
    example, label = np.array(votes, dtype=np.int64).reshape(-1, 2).T
    winner, tied = majority(example, label, n=7)
    modes = pd.DataFrame({"example": example, "label": label}).groupby("example").label.agg(lambda of: list(of.mode()))
    for number in range(7):
        best = modes.get(number, [])
        assert winner[number] == (best[0] if len(best) == 1 else -1)
        assert tied[number] == (len(best) > 1)


@settings(max_examples=30, deadline=None)
@given(CAST.filter(bool), st.randoms())
def test_the_order_of_votes_changes_neither_labels_nor_votes(read, votes, random):
    frame = pd.DataFrame(votes, columns=["example_id", "label"])
    frame["labeler_id"] = [f"L{number}" for number in range(len(frame))]
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**31))
    ends = [read(sent, kind="dataset", task="multiclass") for sent in (frame, shuffled)]
    assert len({data_digest(end.table) for end in ends}) == 1
    one, two = ({tuple(vote.values()) for vote in end.votes.to_pylist()} for end in ends)
    assert one == two


@pytest.mark.shared
def test_ten_votes_an_example_give_the_published_majority_and_its_ties(read):
    sent = pd.read_parquet(SHARED / "data/rte_labels/labels.parquet")
    upload = read(sent, kind="dataset")
    assert (upload.n_sent, upload.n, upload.n_unlabelled, upload.votes.num_rows) == (8000, 800, 65, 8000)
    (tie,) = [warning for warning in upload.warnings if warning.code == "tie"]
    assert tie.message.startswith("65 of 800 examples")
    share = sent.groupby("example_id").label.mean()
    kept = upload.table.to_pandas().set_index("example_id").y_true.sort_index()
    expected = share.gt(0.5).astype(float).where(share != 0.5)
    pd.testing.assert_series_equal(kept, expected, check_names=False, check_index_type=False)
    gold = sent.groupby("example_id").gold.first()
    right = (kept == gold).sum() + kept.isna().sum() / 2
    assert round(right / 800, 4) == 0.8969


GRADES = "example_id,labeler_id,y_true\na,L1,1\na,L2,2\nb,L1,3\nb,L2,3\n"


def test_a_declared_scale_of_the_labels_is_kept_with_the_votes(read, tmp_path):
    votes = read(GRADES, task="multiclass", kind="dataset", label_scale="ordinal").votes
    write_votes(votes, tmp_path / "votes")
    assert scale_of(read_rows(tmp_path / "votes")) == ("ordinal", [])
    texts = GRADES.translate(str.maketrans("123", "xyz"))
    options = {"task": "multiclass", "kind": "dataset", "label_scale": "ordinal", "label_order": ("x", "y", "z")}
    assert scale_of(read(texts, **options).votes) == ("ordinal", ["x", "y", "z"])
    assert scale_of(read(GRADES, task="multiclass", kind="dataset").votes) == ("nominal", [])


@pytest.mark.parametrize(
    ("options", "field", "says"),
    [
        ({"label_scale": "cardinal"}, "label_scale", "no level of measurement"),
        ({"label_scale": "interval", "label_order": ("1", "2", "3")}, "label_order", "belongs to the scale ordinal"),
        ({"label_scale": "ordinal", "label_order": ("1", "2")}, "label_scale", "“3” is not in label_order"),
    ],
)
def test_a_scale_that_the_labels_do_not_have_is_refused(refusal, options, field, says):
    error = refusal(GRADES, task="multiclass", kind="dataset", **options)
    assert error.field == field
    assert says in error.message
    assert error.remedy


def test_texts_are_no_interval_and_debts_no_ratio(refusal):
    texts = GRADES.replace(",3", ",many")
    assert "“many” is no number" in refusal(texts, task="multiclass", kind="dataset", label_scale="interval").message
    debts = GRADES.replace(",3", ",-3")
    assert "is below 0" in refusal(debts, task="multiclass", kind="dataset", label_scale="ratio").message


def test_a_scale_without_labelers_is_refused(refusal):
    error = refusal("example_id,y_true,y_score\na,1,0.5\n", label_scale="ordinal")
    assert (error.field, error.code) == ("label_scale", "contradiction")
