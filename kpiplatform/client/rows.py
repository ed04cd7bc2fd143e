"""Values given by name become the columns of a file, under the platform's names and as the task wants them.

    binary       y_true 0/1, y_score in [0, 1], of predict_proba's two columns that of class 1, which is the second
                 where neither `classes` nor the frame's columns say otherwise; or y_pred 0/1
    multiclass   y_true, y_pred classes; y_score rows of probabilities, a column a class, named by `classes`
    regression   y_true, y_pred
    forecast     y_true, y_pred, event_time; series, y_low and y_high where there are any
    ranking      query_id, y_true relevance, y_score

Neither numpy nor pandas is imported: their objects are asked for what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpiplatform.client import sending
from kpiplatform.client.errors import ClientError

ID = "example_id"
USUAL = "binary"
# Columns that every task may have; `split` is one where it is given as values, not as a name.
SHARED = (ID, "y_true", "split", "weight", "cluster_id", "event_time", "ingest_time")
_AMOUNT = re.compile(r"value|amount|.+_(cost|value|amount)")
_FEATURE = "feature."
_PROBABILITY = "p."
_NAMED_SO = re.compile(r"(?i)(?:p\.|(?:p|prob|proba|probability|score)_)(.+)")
_POSITIVE = {"1", "true", "yes", "positive", "pos"}
_NEGATIVE = {"0", "-1", "false", "no", "negative", "neg"}


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a caller gave of the rows: columns by the platform's names, groups of columns, or a whole frame."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    classes: Any = None
    segments: Any = None
    amounts: Any = None
    features: Any = None
    frame: Any = None


def columns(given: Given, task: str | None) -> sending.Columns:
    """All columns by name, {} where none was given. Rows without ids are numbered from 0.

    Raises ClientError, naming the field: a column of another task, a column given twice, columns of unequal length or
    of another index, probabilities without the names of their classes.
    """
    known = task or USUAL
    if known not in TASKS:
        raise ClientError(f"“{known}” is no task", field="task", remedy=f"One of {', '.join(TASKS)}.")
    named = {name: values for name, values in given.columns.items() if values is not None}
    for name in named:
        if name not in SHARED and name not in TASKS[known].own:
            fitting = " or ".join(other for other in TASKS if name in TASKS[other].own)
            raise ClientError(f"is no column of task {known}", field=name, remedy=f"Give task={fitting}.")
    _check_indices(named | vars(given) | {"columns": None, "classes": None})
    parts: Sequence[Mapping[str, Any]] = (
        {} if given.frame is None else sending.columns_of(given.frame),
        TASKS[known].shaped(named, given.classes),
        _segments(given.segments),
        _amounts(given.amounts),
        _features(given.features),
    )
    found: sending.Columns = {}
    for part in parts:
        for name, values in part.items():
            if name in found:
                raise ClientError("the column is given twice", field=name, remedy="Give it once.")
            found[name] = values
    if not found:
        return found
    n = sending.check_lengths(found)
    if given.frame is None and ID not in found:
        found = {ID: [str(number) for number in range(n)]} | found
    return found


def names_of(group: Any) -> list[str] | None:
    """The names of columns of a file or frame, where a group was given as names and not as values."""
    if group is None or _is_columns(group):
        return None
    if isinstance(group, str):
        return [group]
    return [str(name) for name in group]


def _is_columns(group: Any) -> bool:
    return isinstance(group, Mapping) or hasattr(group, "columns") or hasattr(group, "column_names")


def _segments(group: Any) -> sending.Columns:
    if not _is_columns(group):
        return {}
    return {
        name: [sending.cell(value) or None for value in sending.as_list(values)]
        for name, values in sending.columns_of(group).items()
    }


def _amounts(group: Any) -> sending.Columns:
    if not _is_columns(group):
        return {}
    found = sending.columns_of(group)
    for name in found:
        if not _AMOUNT.fullmatch(name):
            message = "an amount is called value or amount, or ends in _cost, _value or _amount"
            raise ClientError(message, field=name, remedy=f"Call it {name}_amount.")
    return found


def _features(group: Any) -> sending.Columns:
    if group is None:
        return {}
    if getattr(group, "ndim", None) == 2 and not _is_columns(group):
        return {f"{_FEATURE}{number}": group[:, number] for number in range(group.shape[1])}
    return {
        name if name.startswith(_FEATURE) else _FEATURE + name: values
        for name, values in sending.columns_of(group).items()
    }


def _as_given(named: Mapping[str, Any], classes: Any) -> sending.Columns:
    return dict(named)


def _check_indices(values: Mapping[str, Any]) -> None:
    """Raises ClientError where objects of pandas have different indices: by place they would pair the wrong rows."""
    first = None
    for name, value in values.items():
        if not hasattr(value, "iloc"):
            continue
        if first is None:
            first = name, value
        elif len(value) == len(first[1]) and not value.index.equals(first[1].index):
            message = f"has another index than {first[0]}, so that its rows may be others"
            remedy = f"Align it by .loc[{first[0]}.index], or give .to_numpy() where the order is the same."
            raise ClientError(message, field=name, remedy=remedy)


def _of_two(named: Mapping[str, Any], classes: Any) -> sending.Columns:
    """Of predict_proba's two columns that of class 1."""
    scores = named.get("y_score")
    columns = _matrix(scores)
    if not columns:
        return dict(named)
    if len(columns) > 2:
        message = f"has {len(columns)} columns where a binary task has one or two"
        raise ClientError(message, field="y_score", remedy="Give task=multiclass.")
    return {**named, "y_score": columns[_positive(_names(scores, classes)) if len(columns) == 2 else 0]}


def _positive(names: list[str] | None) -> int:
    """Which of two columns is of the class that labels call 1."""
    if names is None:
        return 1
    said = [name.casefold() for name in names]
    for place in (0, 1):
        if len(said) == 2 and said[place] in _POSITIVE and said[1 - place] in _NEGATIVE:
            return place
    message = f"name {', '.join(names)[:200]}, and not which of the two columns of y_score is of label 1"
    remedy = "Give that column alone as y_score, or classes=[0, 1] in the order of the columns."
    raise ClientError(message, field="classes", remedy=remedy)


def _names(scores: Any, classes: Any) -> list[str] | None:
    """The classes of the columns of y_score: as a frame names them, else by `classes`; None where neither does.

    Raises ClientError where the two name different classes.
    """
    given, own = labels(classes), getattr(scores, "columns", None)
    if own is None or (type(own).__name__ == "RangeIndex" and list(own) == [*range(len(own))]):
        return given
    named = [label(name) or "" for name in own]
    shorter = [found[1] if (found := _NAMED_SO.fullmatch(name)) else name for name in named]
    if given is None:
        return shorter if all(_NAMED_SO.fullmatch(name) for name in named) else named
    for so_named in (named, shorter):
        if sorted(so_named) == sorted(given):
            return so_named
    message = f"name {', '.join(given)[:200]}, and the columns of y_score are {', '.join(named)[:200]}"
    raise ClientError(message, field="classes", remedy="Give y_score.to_numpy() where classes= has the right order.")


def _of_classes(named: Mapping[str, Any], classes: Any) -> sending.Columns:
    """Classes as text, and the rows of probabilities as a column a class."""
    shaped = dict(named)
    for name in ("y_true", "y_pred"):
        if name in shaped and hasattr(shaped[name], "__len__"):
            shaped[name] = [label(value) for value in sending.as_list(shaped[name])]
    if "y_score" in shaped:
        shaped |= _probabilities(shaped.pop("y_score"), classes)
    return shaped


def _probabilities(scores: Any, classes: Any) -> sending.Columns:
    columns = _matrix(scores)
    if not columns:
        remedy = "Give what predict_proba gives: a row a case, a column a class."
        raise ClientError("of task multiclass has a row of probabilities a case", field="y_score", remedy=remedy)
    named = _names(scores, classes)
    if named is None:
        remedy = "Give classes= in the order of the columns, such as model.classes_."
        raise ClientError("are needed to name the columns of y_score", field="classes", remedy=remedy)
    if len(named) != len(columns):
        message = f"names {len(named)} classes where y_score has {len(columns)} columns"
        raise ClientError(message, field="classes", remedy="Give one for each column, in their order.")
    return {f"{_PROBABILITY}{name}": column for name, column in zip(named, columns, strict=True)}


def _matrix(values: Any) -> list[Any]:
    """The columns of a two-dimensional array, frame or list of rows; [] for anything with one dimension."""
    if hasattr(values, "iloc"):
        return [values.iloc[:, number] for number in range(values.shape[1])] if values.ndim > 1 else []
    if hasattr(values, "ndim"):
        return [values[:, number] for number in range(values.shape[1])] if values.ndim > 1 else []
    if isinstance(values, list | tuple) and values and isinstance(values[0], list | tuple):
        if len({len(row) for row in values}) > 1:
            raise ClientError("has rows of unequal length", field="y_score", remedy="Give each row a value a class.")
        return [list(column) for column in zip(*values, strict=True)]
    return []


def labels(classes: Any) -> list[str] | None:
    """The names of all classes as text, None where they are not known."""
    return None if classes is None else [label(name) or "" for name in sending.as_list(classes)]


def label(value: Any) -> str | None:
    """A class as text, None where there is none: 3, 3.0 and "3" are one class."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return sending.cell(value) or None


@dataclass(frozen=True, kw_only=True)
class TaskColumns:
    """own: columns of the task beside the shared ones. shaped: what was given, as a file of it is written.

    classed: its labels are classes, which can be named.
    """

    own: tuple[str, ...]
    shaped: Callable[[Mapping[str, Any], Any], sending.Columns] = _as_given
    classed: bool = False


TASKS: Mapping[str, TaskColumns] = {
    USUAL: TaskColumns(own=("y_score", "y_pred"), shaped=_of_two),
    "multiclass": TaskColumns(own=("y_score", "y_pred"), shaped=_of_classes, classed=True),
    "regression": TaskColumns(own=("y_pred",)),
    "forecast": TaskColumns(own=("y_pred", "series", "y_low", "y_high")),
    "ranking": TaskColumns(own=("y_score", "query_id")),
}
COLUMNS = frozenset(SHARED).union(*(task.own for task in TASKS.values()))
