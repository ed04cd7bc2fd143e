"""How the sender of a file wants it read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from metrics.core.pasted.numbers import SIGNS
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.table import SCALES
from metrics.core.rows.upload.cells import LARGEST
from metrics.core.rows.upload.task import TaskRows

MAX_CLASSES = 1_000


@dataclass(frozen=True, kw_only=True)
class UploadOptions:
    """How the sender wants the file read.

    task: what is known of its rows. kind: a run, with predictions, or a data set, without (columns of predictions are
    ignored).
    rename: name in the file → name here. where: column (after renaming) → the value that rows must have to be kept.
    drop_missing: leave out rows without a prediction instead of refusing the file. segments, amounts: columns meant as
    such though their content or name does not say so. time_zone: IANA name in which times without a zone are read.
    interval_level: nominal level of a forecast's interval; where it is not given, columns such as lo90 and hi90 say it
    themselves, and for y_low and y_high it is asked for. naive: {"name", "mae"}, the forecast that MASE divides by.
    classes: all classes of a multiclass task, where the file may not hold each of them. label_scale: the level of
    measurement of labels that labelers vote on; label_order: those of an ordinal scale from least to most, where they
    are no numbers. decimal: the sign before decimals, "," or ".", where amounts leave it open.
    """

    task: TaskRows
    kind: Literal["run", "dataset"] = "run"
    rename: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    drop_missing: bool = False
    segments: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    time_zone: str = "UTC"
    interval_level: float | None = None
    naive: Mapping[str, Any] | None = None
    classes: tuple[str, ...] = ()
    label_scale: str = ""
    label_order: tuple[str, ...] = ()
    decimal: str = ""


def check_options(options: UploadOptions) -> None:
    """Raises UploadError, under the option's name, for what no file could make right."""
    if options.kind not in ("run", "dataset"):
        raise UploadError("kind", "out_of_range", f"{shown(options.kind)} is neither a run nor a dataset")
    level = options.interval_level
    if level is not None and not 0 < level < 1:
        message = f"the level of an interval lies between 0 and 1, and {shown(level)} does not"
        raise UploadError("interval_level", "out_of_range", message, remedy="Write 90 % as 0.9, or as --interval 90.")
    if options.decimal not in ("", *SIGNS):
        message = f"{shown(options.decimal)} stands before no decimals"
        raise UploadError("decimal", "out_of_range", message, remedy="Say “,” or “.”.")
    if options.naive is not None:
        _check_naive(options.naive, options.task)
    if options.classes:
        _check_classes(options.classes, options.task)
    if options.label_scale and options.label_scale not in SCALES:
        message = f"{shown(options.label_scale)} is no level of measurement"
        raise UploadError("label_scale", "out_of_range", message, remedy=f"Write one of {', '.join(SCALES)}.")
    if options.label_order and options.label_scale != "ordinal":
        message = "an order of labels belongs to the scale ordinal"
        raise UploadError("label_order", "contradiction", message, remedy="Leave it out, or say label_scale ordinal.")


def _check_naive(naive: Mapping[str, Any], task: TaskRows) -> None:
    if not task.timed:
        message = f"a naive forecast belongs to the task forecast, not to {task.name}"
        raise UploadError("naive", "unsupported_task", message, remedy="Leave it out.")
    given = naive if isinstance(naive, Mapping) else {}
    name, error = given.get("name"), given.get("mae")
    number = isinstance(error, int | float) and not isinstance(error, bool)
    if set(given) == {"name", "mae"} and isinstance(name, str) and name.strip() and number:
        if 0 < cast("float", error) <= LARGEST:
            return
        message = f"the mean absolute error of the naive forecast must be a number above 0, and {shown(error)} is not"
        raise UploadError("naive", "out_of_range", message)
    remedy = 'Write it as {"name": "same hour last week", "mae": 0.41}, in the unit of y_true.'
    raise UploadError("naive", "wrong_type", "the naive forecast needs a name and a number mae", remedy=remedy)


def _check_classes(classes: tuple[str, ...], task: TaskRows) -> None:
    if not task.classed:
        message = f"classes belong to the task multiclass, not to {task.name}"
        raise UploadError("classes", "unsupported_task", message, remedy="Leave them out.")
    if not all(isinstance(name, str) and name.strip() for name in classes):
        raise UploadError("classes", "wrong_type", "a class is a text and not blank", remedy="Write 1 as “1”.")
    if len(set(classes)) < len(classes):
        raise UploadError("classes", "duplicate", "a class is named twice", remedy="Name each class once.")
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise UploadError("classes", "out_of_range", f"{len(classes):,} classes; from 2 to {MAX_CLASSES:,} are read")
