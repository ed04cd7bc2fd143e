"""An uploaded file of predictions, checked cell by cell, as the canonical table of `rows`.

Nothing is repaired in silence. What could change a number is refused with field, data row and remedy (UploadError);
what only deserves a look is kept and told (UploadWarning). Data rows are counted from 1, in the file as sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metrics.core.evaluation import upload_cells as cell
from metrics.core.evaluation.refusal import UploadError, UploadWarning, counted, shown
from metrics.core.evaluation.rows import MISSING_SEGMENT, with_kinds
from metrics.core.evaluation.upload_cells import Column, first_of, how_many
from metrics.core.evaluation.upload_limits import Caps, is_text
from metrics.core.evaluation.upload_plan import NEITHER, TIMES, Plan, UploadOptions, ignored, planned
from metrics.core.evaluation.upload_source import cells, opened
from metrics.core.evaluation.upload_times import times

__all__ = ["Caps", "Upload", "UploadError", "UploadOptions", "UploadWarning", "read_upload"]

MAX_SEGMENTS = 32
MAX_DISTINCT_SHARE = 0.5

Warn = Callable[[UploadWarning], None]


@dataclass(frozen=True, eq=False)
class Upload:
    """The rows kept, as the canonical table, and what was noticed.

    n_sent: data rows in the file; n: rows kept; n_unlabelled: of these, without a label; n_dropped: rows left out for
    want of a score (only with drop_missing). The rest of n_sent did not meet `where`.
    """

    table: pa.Table
    warnings: tuple[UploadWarning, ...]
    n_sent: int
    n: int
    n_unlabelled: int
    n_dropped: int


def read_upload(
    path: Path, *, name: str, content_type: str, options: UploadOptions, caps: Caps, now: datetime
) -> Upload:
    """Read and check an uploaded file. `name` and `content_type` are the sender's claims; `now` (with a zone) judges
    future times.

    Raises UploadError for the first fault found: of the file, then of its columns, then of their cells.
    """
    if options.task != "binary":
        raise UploadError("task", "unsupported_task", f"the task {shown(options.task)} is not read; binary is")
    source = opened(path, name=name, content_type=content_type, caps=caps)
    plan = planned(source, options)
    raw = cells(source, list(plan.read.values()), caps=caps).rename_columns(list(plan.read))
    if raw.num_rows == 0:
        raise UploadError("file", "no_rows", "the file has column names and no rows", remedy="Send at least one row.")
    sheet = _Sheet(raw, np.arange(1, raw.num_rows + 1))
    warnings = list(plan.warnings)
    chosen = _chosen(sheet, options)
    scored, scores = _scored(chosen, options, warnings.append)
    columns = {
        **_identified(scored, caps, warnings.append),
        "y_true": _labelled(scored, warnings.append),
        "y_score": scores,
        **_weighted_and_timed(scored, options, now, warnings.append),
    }
    _check_direction(scored, columns["y_true"], scores, warnings.append)
    amounts = {name: cell.amounts(scored.column(name)) for name in plan.amounts}
    segments = _segments(scored, plan, options, caps, warnings.append)
    features = {name: _feature(scored.column(name), plan, caps) for name in plan.features}
    table = with_kinds(
        pa.table({**columns, **segments, **amounts, **features}), segments=list(segments), amounts=list(amounts)
    )
    return Upload(
        table,
        tuple(warnings),
        n_sent=sheet.n,
        n=table.num_rows,
        n_unlabelled=table.column("y_true").null_count,
        n_dropped=chosen.n - scored.n,
    )


@dataclass(frozen=True, eq=False)
class _Sheet:
    """Raw columns by their names after renaming, and the data rows that they still hold."""

    raw: pa.Table
    rows: Any

    @property
    def n(self) -> int:
        return int(self.raw.num_rows)

    def has(self, name: str) -> bool:
        return name in self.raw.column_names

    def column(self, name: str) -> Column:
        return Column(name, self.raw.column(name), self.rows)

    def kept(self, mask: Any) -> _Sheet:
        keep = np.asarray(mask, dtype=bool)
        return self if keep.all() else _Sheet(self.raw.filter(pa.array(keep)), self.rows[keep])


def _chosen(sheet: _Sheet, options: UploadOptions) -> _Sheet:
    """The rows that meet `where`; cells are compared as text."""
    for name, value in options.where.items():
        array = cell.plain(sheet.raw.column(name))
        truth = pa.types.is_boolean(array.type)
        text = array.cast(pa.string())
        chosen = sheet.kept(pc.equal(text, value.lower() if truth else value).fill_null(False))
        if chosen.n == 0:
            known = [shown(found) for found in pc.unique(text.slice(0, 100_000)).to_pylist()[:6]]
            message = f"no row has {name} = {shown(value)}; it holds {', '.join(known)}"
            raise UploadError(name, "no_rows", message, remedy="Choose one of the values that the column holds.")
        sheet = chosen
    return sheet


def _scored(sheet: _Sheet, options: UploadOptions, warn: Warn) -> tuple[_Sheet, Any]:
    """The rows with a score and their scores. Decisions (y_pred alone) are taken as scores 0 and 1, with a warning."""
    hard = not sheet.has("y_score")
    column = sheet.column("y_pred" if hard else "y_score")
    scores = cell.labels(column) if hard else cell.scores(column)
    missing = pc.is_null(scores)
    if options.drop_missing and how_many(missing):
        message = f"{counted(how_many(missing), 'row')} without a score left out"
        warn(column.warned("dropped_missing", message, bad=missing))
        sheet, scores = sheet.kept(pc.invert(missing)), scores.drop_null()
        if sheet.n == 0:
            raise UploadError(column.name, "missing_value", "no row has a score")
    remedy = "Fill them, or leave those rows out: --drop-missing."
    cell.required(column, scores, "prediction" if hard else "score", remedy=remedy)
    if not hard and sheet.has("y_pred"):
        warn(ignored("y_pred", "y_score says more"))
    distinct = set(pc.unique(scores).slice(0, 3).to_pylist())
    if hard:
        message = "hard predictions: decisions 0/1 are taken as scores, so ranking and calibration say little"
        warn(column.warned("hard_predictions", message, remedy="Send probabilities as y_score."))
    elif len(distinct) == 1 and sheet.n > 1:
        warn(column.warned("constant", f"every score is {distinct.pop():g}: nothing can be ranked by it"))
    elif distinct <= {0.0, 1.0} and sheet.n > 1:
        message = "every score is 0 or 1: they look like decisions, not probabilities"
        warn(column.warned("looks_hard", message, remedy="Send probabilities."))
    return sheet, scores


def _identified(sheet: _Sheet, caps: Caps, warn: Warn) -> dict[str, Any]:
    """Ids, each once, and clusters where given."""
    column = sheet.column("example_id")
    ids = cell.identifiers(column, max_text=caps.max_text)
    if pc.count_distinct(ids).as_py() < len(ids):
        again = ids.to_pandas().duplicated().to_numpy()
        where = f"the first is {shown(ids[first_of(again)])} in row {column.first(again):,}"
        message = f"{counted(how_many(again), 'row')} with an id seen before; {where}"
        raise column.refused("duplicate", message, bad=again, remedy="Send each example once, or choose one split.")
    if how_many(pc.invert(pc.string_is_ascii(ids))):
        normal = pc.utf8_normalize(ids, form="NFC").to_pandas().duplicated().to_numpy()
        if how_many(normal):
            message = f"{counted(how_many(normal), 'id')} only told apart by how an accent is encoded; kept apart"
            warn(column.warned("looks_same", message, bad=normal, remedy="Normalise ids to NFC."))
    named = {"example_id": ids}
    if sheet.has("cluster_id"):
        named["cluster_id"] = cell.identifiers(sheet.column("cluster_id"), max_text=caps.max_text)
    if sheet.has("split"):
        split = sheet.column("split")
        text = cell.plain(split.array).cast(pa.string())
        named["split"] = cell.checked_text(split, text, max_text=caps.max_text)
    return named


def _labelled(sheet: _Sheet, warn: Warn) -> Any:
    column = sheet.column("y_true")
    labels = cell.labels(column)
    missing = pc.is_null(labels)
    if how_many(missing):
        message = f"{how_many(missing):,} of {counted(sheet.n, 'row')} without a label, kept as not labelled yet"
        warn(column.warned("missing_value", message, bad=missing))
    known = pc.unique(labels.drop_null())
    if len(known) == 1 and sheet.n > 1:
        message = f"every label is {known[0].as_py():g}: ranking and calibration are not defined"
        warn(column.warned("single_class", message))
    return labels


def _weighted_and_timed(sheet: _Sheet, options: UploadOptions, now: datetime, warn: Warn) -> dict[str, Any]:
    columns = {}
    if sheet.has("weight"):
        columns["weight"] = cell.weights(sheet.column("weight"))
    for name in TIMES:
        if sheet.has(name):
            column = sheet.column(name)
            columns[name] = times(column, time_zone=options.time_zone, now=now, warn=warn)
            missing = pc.is_null(columns[name])
            if how_many(missing):
                warn(column.warned("missing_value", f"{counted(how_many(missing), 'row')} without {name}", bad=missing))
    if set(TIMES) <= set(columns):
        early = pc.less(columns["ingest_time"], columns["event_time"])
        if how_many(early):
            message = f"{counted(how_many(early), 'row')} stored before it happened"
            warn(sheet.column("ingest_time").warned("before_event", message, bad=early, remedy="Check both clocks."))
    return columns


def _check_direction(sheet: _Sheet, labels: Any, scores: Any, warn: Warn) -> None:
    """Warn where the scores rank the labels backwards, far beyond chance."""
    known = labels.is_valid().to_numpy(zero_copy_only=False)
    truth = labels.to_numpy(zero_copy_only=False)[known] == 1
    ones, zeros = int(truth.sum()), int((~truth).sum())
    if ones and zeros:
        ranks = pd.Series(scores.to_numpy(zero_copy_only=False)[known]).rank().to_numpy()
        # Mann–Whitney: the AUC, and its standard error under chance.
        area = (ranks[truth].sum() - ones * (ones + 1) / 2) / (ones * zeros)
        chance = np.sqrt((ones + zeros + 1) / (12 * ones * zeros))
        if area < min(0.45, 0.5 - 5 * chance):
            message = f"high scores go with label 0 (AUC {area:.2f}): labels or scores may be inverted"
            warn(sheet.column("y_true").warned("inverted", message))


def _segments(sheet: _Sheet, plan: Plan, options: UploadOptions, caps: Caps, warn: Warn) -> dict[str, Any]:
    """Text columns that part the rows into groups; the others are ignored, each with a warning."""
    kept: dict[str, Any] = {}
    for name in plan.segments:
        column = sheet.column(name)
        asked = name in options.segments
        if not (asked or plan.typed) and cell.is_numeric(column.array):
            warn(ignored(name, NEITHER))
            continue
        text = cell.plain(column.array).cast(pa.string()).fill_null("")
        text = pc.if_else(pc.equal(text, ""), MISSING_SEGMENT, text)
        distinct = pc.unique(text)
        if len(distinct) == 1:
            warn(ignored(name, "every row holds the same"))
        elif len(distinct) > MAX_DISTINCT_SHARE * sheet.n and not asked:
            warn(ignored(name, f"{len(distinct):,} different texts in {sheet.n:,} rows are no groups"))
        elif len(kept) == MAX_SEGMENTS:
            warn(ignored(name, f"at most {MAX_SEGMENTS} segment columns are kept"))
        else:
            kept[name] = cell.checked_text(column, text, max_text=caps.max_text)
    return kept


def _feature(column: Column, plan: Plan, caps: Caps) -> Any:
    """A model input: numbers as double, all else as text; empty cells stay empty."""
    if cell.is_numeric(column.array) and not (plan.typed and is_text(column.array.type)):
        return cell.numbers(column).cast(pa.float64())
    return cell.checked_text(column, cell.plain(column.array).cast(pa.string()), max_text=caps.max_text)
