"""A file is checked a block of rows at a time: what is read, told and refused is what one block of all would give."""

import json
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from metrics.core.rows import spool
from metrics.core.rows.table import write_groups
from metrics.core.rows.upload import once
from metrics.core.rows.upload.distinct import Distinct
from metrics.core.rows.upload.table import UploadError

ROWS, BLOCK = 60, 7


@contextmanager
def blocks(size):
    held, spool.ROW_GROUP = spool.ROW_GROUP, size
    try:
        yield
    finally:
        spool.ROW_GROUP = held


def answered(read, sent, path, **options):
    """What a sender is told of a file, and the bytes of its rows."""
    try:
        upload = read(sent, **options)
    except UploadError as error:
        return json.dumps(error.as_json())
    write_groups([upload.table], path)
    return [warning.as_json() for warning in upload.warnings], upload.n_unlabelled, path.read_bytes()


def binary(generator):
    frame = pd.DataFrame(
        {
            "example_id": [f"e{number}" for number in generator.permutation(ROWS)],
            "y_true": generator.integers(0, 2, ROWS).astype(str),
            "y_score": generator.random(ROWS).round(3).astype(str),
            "event_time": [f"2026-03-{day:02} {hour:02}:30" for day, hour in generator.integers(1, 23, (ROWS, 2))],
            "weight": generator.random(ROWS).astype(str),
            "value": [f"{number:,.2f}" for number in generator.random(ROWS) * 5000],
            "plan": generator.choice(["a", "b", ""], ROWS),
        }
    )
    return frame, {"time_zone": "Europe/Lisbon"}


def multiclass(generator):
    shares = generator.dirichlet(np.ones(3), ROWS).round(3)
    columns = {f"p.{name}": shares[:, at].astype(str) for at, name in enumerate("123")}
    names = generator.choice(["1.0", "2", "3.0"], ROWS)
    return pd.DataFrame({"example_id": [f"{n}.0" for n in range(ROWS)], "y_true": names, **columns}), {}


def forecast(generator):
    frame = pd.DataFrame(
        {
            "example_id": range(ROWS),
            "series": generator.choice(["north", "south"], ROWS),
            "event_time": [f"2026-01-01T{at // 60:02}:{at % 60:02}Z" for at in range(ROWS)],
            "y_true": generator.random(ROWS).astype(str),
            "y_pred": generator.random(ROWS).astype(str),
        }
    )
    return frame.assign(lo80="-1", hi80="2"), {}


def ranking(generator):
    relevance = generator.integers(0, 4, ROWS).astype(str)
    scores = generator.random(ROWS).astype(str)
    queries = np.arange(ROWS) // 6
    return pd.DataFrame({"example_id": range(ROWS), "query_id": queries, "y_true": relevance, "y_score": scores}), {}


def votes(generator):
    examples = np.arange(ROWS) // 3
    labels, who = generator.choice(["0", "1", ""], ROWS), np.arange(ROWS) % 3
    scores = (examples / ROWS).astype(str)
    return pd.DataFrame({"example_id": examples, "labeler_id": who, "y_true": labels, "y_score": scores}), {}


FAULTS = ("", "inf", "0,7", "high", "-3", "2", "1e99999", "true", "nan", "75", " ", "x" * 1200, "a\x00b", "2026-02-30")
FILES = {"binary": binary, "multiclass": multiclass, "forecast": forecast, "ranking": ranking, "votes": votes}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_blocks_give_what_one_block_gives_whatever_is_wrong(read, tmp_path, kind, form):
    generator = np.random.Generator(np.random.Philox(11))
    task, seen = "binary" if kind == "votes" else kind, set()
    for case in range(40):
        sent, options = FILES[kind](generator)
        sent = sent.astype(str)
        for _ in range(case % 4):
            column = generator.choice(sent.columns)
            wrong = generator.choice(ROWS, size=generator.integers(1, 5), replace=False)
            again = generator.random() < 0.3
            sent.loc[wrong, column] = sent.loc[generator.integers(ROWS), column] if again else generator.choice(FAULTS)
        options["drop_missing"] = case % 3 == 0
        options["task"] = task
        content = sent.to_csv(index=False) if form == "csv" else sent.replace("", None)
        whole = answered(read, content, tmp_path / "rows", **options)
        with blocks(BLOCK):
            parts = answered(read, content, tmp_path / "rows", **options)
        assert parts == whole
        seen.add(json.loads(whole)["code"] if isinstance(whole, str) else "")
    assert "" in seen
    assert len(seen) > 2


def test_repeats_are_counted_over_parts_as_over_the_whole():
    generator = np.random.Generator(np.random.Philox(12))
    for most in (1, 3, 50, 10**9):
        words = np.stack([generator.integers(0, most, 400, dtype=np.uint64), np.zeros(400, dtype=np.uint64)], axis=1)
        again = pd.Series(words[:, 0]).duplicated().to_numpy()
        found = once.repeats(np.split(words, [13, 14, 300]))
        taker = once.Once()
        for part in np.split(words[:, 0], [13, 14, 300]):
            taker.add(part)
        assert taker.again() == bool(again.any())
        assert found == ((int(again.sum()), int(np.argmax(again))) if again.any() else None)


def test_equal_first_words_alone_are_no_repeat():
    assert once.repeats([np.array([[1, 2], [1, 3]], dtype=np.uint64), np.array([[1, 4]], dtype=np.uint64)]) is None


def test_texts_beyond_a_few_are_counted_all_the_same(monkeypatch):
    monkeypatch.setattr("metrics.core.rows.upload.distinct.FEW", 5)
    pa = pytest.importorskip("pyarrow")
    generator = np.random.Generator(np.random.Philox(13))
    taker, held = Distinct(), set()
    for _ in range(20):
        texts = [f"t{number}" for number in generator.integers(0, 60, 9)]
        held |= set(texts)
        taker.add(pa.array(texts))
        assert taker.count() == len(held)
