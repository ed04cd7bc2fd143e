"""Canonical tables of the tasks beside binary, from plain arrays, and their sums."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.core.estimate import Estimate, Quantity

SEED = 7
START = datetime(2024, 1, 1, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")


def table(columns: Mapping[str, Any], *, ids: Sequence[object] | None = None, **meant: Any) -> pa.Table:
    """Columns as Arrow would guess them, with ids where none are given; what is meant goes into the metadata."""
    n = len(next(iter(columns.values())))
    named = {"example_id": [str(one) for one in (range(n) if ids is None else ids)]}
    kept = {name: values for name, values in columns.items() if values is not None}
    made = pa.table({**named, **kept})
    return made.replace_schema_metadata({key.encode(): json.dumps(value).encode() for key, value in meant.items()})


def hours(n: int, *, every: float = 1.0, start: datetime = START) -> pa.Array:
    """So many times, `every` hours apart."""
    return pa.array([start + timedelta(hours=every * at) for at in range(n)], TIME)


def forecasts(
    truth: Any, prediction: Any, *, half_width: float | None = 1.0, level: float = 0.9, every: float = 1.0, **more: Any
) -> pa.Table:
    """A forecast an hour, with intervals of one width around it unless that is None."""
    truth, prediction = np.asarray(truth, dtype=float), np.asarray(prediction, dtype=float)
    columns = {"y_true": truth, "y_pred": prediction, "event_time": hours(len(truth), every=every)}
    meant = {"task": "forecast"} | {name: more.pop(name) for name in ("naive", "segments") if name in more}
    ids = more.pop("ids", None)
    if half_width is not None:
        columns |= {"y_low": prediction - half_width, "y_high": prediction + half_width}
        meant["interval"] = level
    return table(columns | more, ids=ids, **meant)


def choices(
    truth: Sequence[str | None],
    prediction: Sequence[str] | None = None,
    *,
    classes: Sequence[str],
    probabilities: NDArray[np.float64] | None = None,
    ids: Sequence[object] | None = None,
    **more: Any,
) -> pa.Table:
    """Rows of a choice among classes; the prediction is the class of highest probability unless it is given."""
    if prediction is None:
        assert probabilities is not None
        prediction = [classes[at] for at in probabilities.argmax(axis=1)]
    columns = {"y_true": pa.array(truth, pa.string()), "y_pred": pa.array(prediction, pa.string())}
    if probabilities is not None:
        columns |= {f"p.{name}": probabilities[:, at] for at, name in enumerate(classes)}
    meant = {"task": "multiclass", "classes": list(classes)}
    if "segments" in more:
        meant["segments"] = more.pop("segments")
    return table({**columns, **more}, ids=ids, **meant)


def rankings(
    query: Sequence[object], relevance: Any, score: Any, *, ids: Sequence[object] | None = None, **more: Any
) -> pa.Table:
    """Results of queries; a relevance of NaN was not judged."""
    relevance = pa.array(np.asarray(relevance, dtype=float), from_pandas=True)
    meant = {"segments": more.pop("segments")} if "segments" in more else {}
    columns = {
        "query_id": pa.array([str(one) for one in query], pa.string()),
        "y_true": relevance,
        "y_score": np.asarray(score, dtype=float),
    }
    return table({**columns, **more}, ids=ids, task="ranking", **meant)


def points(made: Mapping[str, Quantity]) -> dict[str, float | str]:
    """Points, and reasons of what is unknown."""
    return {
        key: quantity.point if isinstance(quantity, Estimate) else quantity.reason for key, quantity in made.items()
    }


def estimate(quantity: Quantity) -> Estimate:
    assert isinstance(quantity, Estimate), quantity
    return quantity


# --- rows of any task -------------------------------------------------------------------------------------------------

CLASSES = ["ant", "bee", "cow", "dog"]
NAIVE = {"name": "last value", "mae": 2.0}
Truth = np.ndarray


def truths(task: str, random: np.random.Generator, n: int) -> Truth:
    """Labels of n rows; of numbers, none is 0."""
    return {
        "binary": lambda: random.integers(0, 2, n).astype(float),
        "multiclass": lambda: random.integers(0, 4, n),
        "regression": lambda: random.integers(1, 30, n) / 4,
        "forecast": lambda: random.integers(1, 30, n) / 4,
        "ranking": lambda: random.integers(0, 3, n).astype(float),
    }[task]()


def rows(task: str, truth: Truth, said: Truth, *, repeat: np.ndarray | None = None, **more) -> pa.Table:
    """Rows on which the model said `said`: a number of the kind of the truth, from 0 to 1 for binary and ranking.

    repeat: how often each row stands there, under the same id's number.
    """
    ids = np.arange(len(truth)) if repeat is None else np.repeat(np.arange(len(truth)), repeat)
    truth, said = truth[ids], said[ids]
    if task == "binary":
        return table({"y_true": truth, "y_score": said, **more}, ids=ids)
    if task == "multiclass":
        probabilities = np.full((len(said), 4), 0.0625)
        probabilities[np.arange(len(said)), said] = 0.8125
        return choices(
            [CLASSES[at] for at in truth], classes=CLASSES, probabilities=probabilities, ids=ids.tolist(), **more
        )
    if task == "ranking":
        return rankings(ids // 4, truth, said, ids=ids.tolist(), **more)
    if task == "forecast":
        made = forecasts(truth, said, half_width=0.5, level=0.8, naive=NAIVE, ids=ids.tolist(), **more)
        times = pa.array(np.datetime64("2024-01-01", "us") + ids * np.timedelta64(6, "h"), pa.timestamp("us", tz="UTC"))
        return made.set_column(made.schema.get_field_index("event_time"), "event_time", times)
    return table({"y_true": truth, "y_pred": said, **more}, ids=ids)


def guesses(task: str, random: np.random.Generator, n: int) -> Truth:
    """What a model may say, on a grid, so that ties are the rule."""
    return random.integers(0, 9, n) / 8 if task in ("binary", "ranking") else truths(task, random, n)


def right(task: str, truth: Truth) -> Truth:
    return truth / max(truth.max(), 1.0) if task == "ranking" else truth


def wrong(task: str, truth: Truth) -> Truth:
    """As far from the truth as the kind allows."""
    return {
        "binary": lambda: 1 - truth,
        "multiclass": lambda: (truth + 1) % 4,
        "regression": lambda: truth.max() + truth.min() - truth + 50,
        "forecast": lambda: truth.max() + truth.min() - truth + 50,
        "ranking": lambda: 1 - truth / max(truth.max(), 1.0),
    }[task]()
