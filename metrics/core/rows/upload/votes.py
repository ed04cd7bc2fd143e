"""Votes: a file in which a row is one labeler's label of one example, gathered into one row an example.

The label of an example is the one that most of its labelers gave. A tie is no label: y_true is null, and told. All else
must be the same on every row of an example, for it is said of the example and not of the labeler.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc, pd
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted, shown
from metrics.core.rows.table import Scale, with_scale
from metrics.core.rows.upload.column import Cells, Column, first_of, how_many, plain, whole
from metrics.core.rows.upload.ids import identifiers
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.sheet import Sheet

_WHO = "Say on every row who labeled it."
_OF_LABELER = ("y_true", "labeler_id", "example_id")


def gathered(sheet: Sheet, options: UploadOptions, caps: Caps, warn: Warn) -> tuple[Sheet, pa.Table]:
    """The first row of each example in the file, with the majority's label as y_true; and the votes.

    Votes are example_id, labeler_id, label and, where the file has it, gold, in the order of the file. A labeler's
    equal repeats count once, and a row without a label is no vote; both are told. Raises UploadError where a labeler
    contradicts himself (labeler_id, duplicate) or the rows of an example differ in more than the labeler and the label
    (contradiction).
    """
    ids = whole(identifiers(sheet.cells("example_id"), max_text=caps.max_text, warn=lambda _: None)).dictionary_encode()
    example = ids.indices.to_numpy()
    first = np.unique(example, return_index=True)[1]
    for name in sheet.columns:
        if name not in _OF_LABELER:
            _check_same(sheet.column(name), example, first)
    labels = _labels(sheet.cells("y_true"), options)
    labelers = whole(identifiers(sheet.cells("labeler_id"), max_text=caps.max_text, warn=warn, remedy=_WHO))
    counts = _counted(sheet, example, labelers, labels, warn)
    texts = pc.unique(labels.drop_null())
    code = pc.index_in(labels, texts).fill_null(0).to_numpy()
    winner, tied = majority(example[counts], code[counts], n=len(first))
    if tied.any():
        message = f"{int(tied.sum()):,} of {counted(len(first), 'example')} have a tie of votes, which is no label"
        row = sheet.first_row(int(first[tied][0]))
        remedy = "Let one more labeler decide them."
        warn(UploadWarning(field="y_true", code="tie", message=message, row=row, remedy=remedy))
    votes = {"example_id": ids.cast(pa.string()), "labeler_id": labelers, "label": labels}
    if sheet.has("gold"):
        votes["gold"] = _labels(sheet.cells("gold"), options)
    kept = sheet.kept(np.isin(np.arange(sheet.n), first))
    columns = {name: held for name, held in kept.columns.items() if name not in ("labeler_id", "gold")}
    columns["y_true"] = texts.take(pa.array(winner, mask=winner < 0))
    return replace(kept, columns=columns), _scaled(pa.table(votes).filter(pa.array(counts)), options)


def _scaled(votes: pa.Table, options: UploadOptions) -> pa.Table:
    """The votes with the declared scale of their labels. Raises UploadError for a label that is not on it."""
    if not options.label_scale:
        return votes
    scale = cast("Scale", options.label_scale)
    given = pc.unique(pa.concat_arrays([pc.cast(column, pa.string()) for column in _said(votes)])).drop_null()
    for label in given.to_pylist():
        if options.label_order:
            known = label in options.label_order
            wrong, remedy = "is not in label_order", "Name every label in it, from least to most."
        else:
            known = _is_number(label) and (scale != "ratio" or float(label) >= 0)
            wrong = "is below 0" if _is_number(label) else "is no number"
            remedy = "Give the order of labels as label_order, or leave label_scale out."
        if not known and scale != "nominal":
            raise UploadError("label_scale", "out_of_range", f"the label {shown(label)} {wrong}", remedy=remedy)
    return with_scale(votes, scale, options.label_order)


def _said(votes: pa.Table) -> list[Any]:
    return [votes[name].combine_chunks() for name in ("label", "gold") if name in votes.column_names]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def majority(
    example: NDArray[np.integer[Any]], label: NDArray[np.integer[Any]], *, n: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The label that most votes of each of n examples go to, −1 where none alone has most; and where that is a tie.

    example, label: (votes,) numbers from 0. An example without votes has no label and no tie.
    """
    n_labels = int(label.max()) + 1 if len(label) else 1
    pairs, votes = np.unique(example.astype(np.int64) * n_labels + label, return_counts=True)
    of, which = pairs // n_labels, pairs % n_labels
    most = np.zeros(n, dtype=np.int64)
    np.maximum.at(most, of, votes)
    ahead = votes == most[of]
    rivals = np.bincount(of[ahead], minlength=n)
    winner = np.full(n, -1, dtype=np.int64)
    alone = ahead & (rivals[of] == 1)
    winner[of[alone]] = which[alone]
    return winner, rivals > 1


def _labels(cells: Cells, options: UploadOptions) -> Any:
    """Votes as text; null where the labeler gave none."""
    assert options.task.vote is not None  # names.check_required
    return whole(options.task.vote(cells, lambda _: None))


def _check_same(column: Column, example: NDArray[Any], first: NDArray[Any]) -> None:
    array = plain(column.array)
    if pa.types.is_null(array.type):
        return
    # Empty cells and NaN count as alike.
    codes = array.dictionary_encode(null_encoding="encode").indices.to_numpy()
    differs = codes != codes[first][example]
    if differs.any():
        at = first_of(differs)
        start = first[example[at]]
        message = f"{counted(how_many(differs), 'row')} differ from the first row of the same example: "
        message += f"{shown(array[at])} in row {column.rows[at]:,} and {shown(array[start])} in row "
        message += f"{column.rows[start]:,}"
        remedy = "Only labeler_id and the label may differ between votes. Mend the cells, or leave the column out."
        raise UploadError(column.name, "contradiction", message, row=int(column.rows[at]), remedy=remedy)


def _counted(sheet: Sheet, example: NDArray[Any], labelers: Any, labels: Any, warn: Warn) -> NDArray[np.bool_]:
    """Which rows count as votes."""
    empty = labels.is_null().to_numpy(zero_copy_only=False)
    if empty.any():
        message = f"{counted(int(empty.sum()), 'row')} without a label, which is no vote"
        row = sheet.first_row(first_of(empty))
        warn(UploadWarning(field="y_true", code="no_vote", message=message, row=row))
    who = labelers.dictionary_encode()
    pair = example.astype(np.int64) * len(who.dictionary) + who.indices.to_numpy()
    given = pd.DataFrame({"pair": pair, "label": labels.dictionary_encode().indices.fill_null(-1).to_numpy()})[~empty]
    again = np.zeros(sheet.n, dtype=bool)
    again[given.index] = given.pair.duplicated()
    equal = np.zeros(sheet.n, dtype=bool)
    equal[given.index] = given.duplicated()
    if (again & ~equal).any():
        bad = again & ~equal
        at = first_of(bad)
        message = (
            f"the labeler {shown(labelers[at])} labels one example in two ways, in {counted(how_many(bad), 'row')}"
        )
        row, remedy = sheet.first_row(at), "Keep the label that the labeler stands by."
        raise UploadError("labeler_id", "duplicate", message, row=row, remedy=remedy)
    if again.any():
        message = f"{counted(how_many(again), 'row')} repeat a vote of the same labeler, which counts once"
        warn(UploadWarning(field="labeler_id", code="duplicate", message=message, row=sheet.first_row(first_of(again))))
    votes: NDArray[np.bool_] = ~empty & ~again
    return votes
