"""Which columns of an uploaded file are read, under which names, and as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from metrics.core.late import pa
from metrics.core.rows.refusal import UploadError, UploadWarning, shown
from metrics.core.rows.table import FEATURE_PREFIX
from metrics.core.rows.upload.intervals import Interval, interval_columns, level_by_names, unnamed_bounds
from metrics.core.rows.upload.limits import Source, is_text
from metrics.core.rows.upload.names import (
    AMOUNT,
    FEATURE,
    check_required,
    class_columns,
    named_columns,
    nearest,
    renamed,
)
from metrics.core.rows.upload.options import UploadOptions

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What becomes of each column. All names are those after renaming; read maps them to the names in the file.

    segments holds candidates: what their cells hold decides in the end. probabilities: class → its column. votes:
    whether a row is one labeler's vote. typed: whether text in the file was meant as text, or, in CSV, may be numbers
    just as well. names: those of all columns that have one.
    """

    probabilities: Mapping[str, str]
    interval: Interval | None
    votes: bool
    typed: bool
    names: tuple[str, ...]
    read: dict[str, str] = field(default_factory=dict)
    amounts: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    warnings: list[UploadWarning] = field(default_factory=list)


def planned(source: Source, options: UploadOptions) -> Plan:
    """Decide from names and types alone. Raises UploadError for missing, repeated or misnamed columns."""
    warnings: list[UploadWarning] = []
    names = renamed(source.names, options, warnings.append)
    run = options.kind == "run"
    plan = Plan(
        probabilities=class_columns(names, options.classes) if run and options.task.classed else {},
        interval=interval_columns(names, options.interval_level) if run and options.task.intervals else None,
        votes="labeler_id" in names,
        typed=source.types is not None,
        names=tuple(names),
        warnings=warnings,
    )
    check_required(names, options, file=source.names, probabilities=bool(plan.probabilities))
    if plan.interval is not None and options.interval_level is None:
        warnings.append(level_by_names(names, plan.interval))
    if run and options.task.intervals and plan.interval is None and (told := unnamed_bounds(names)):
        warnings.append(told)
    for wanted, option in ((options.where, "where"), (options.segments, "segments"), (options.amounts, "amounts")):
        for name in wanted:
            if name not in names:
                message = f"{option} names a column that the file does not have: {shown(name)}"
                raise UploadError(name, "missing_column", message, remedy=nearest(name, list(names)))
    types = dict(zip(source.names, source.types or [pa.string()] * len(source.names), strict=True))
    kinds = {name: types[original] for name, original in names.items()}
    known = named_columns(names, options) | set(plan.probabilities.values()) | set((plan.interval or ())[:2])
    for name, original in names.items():
        why = _no_prediction(name, names, options)
        if why:
            plan.warnings.append(ignored(name, why))
        kept = not why and (name in known or _place(name, kinds[name], plan, options))
        if kept or name in options.where:
            plan.read[name] = original
    return plan


def ignored(name: str, why: str) -> UploadWarning:
    """The warning that a column is left out."""
    return UploadWarning(field=name or "(no name)", code="unknown_column", message=f"the column is ignored: {why}")


def _no_prediction(name: str, names: Mapping[str, str], options: UploadOptions) -> str:
    """Why a column named as a prediction is none here; empty for all other columns."""
    if name not in ("y_score", "y_pred"):
        return ""
    if options.kind == "dataset":
        return "a data set has no predictions"
    if name not in named_columns(names, options):
        return f"predictions of the task {options.task.name} are in {'y_score' if name == 'y_pred' else 'y_pred'}"
    for better, other in options.task.instead.items():
        if name == other and better in names:
            return f"{better} says more"
    return ""


def _place(name: str, kind: object, plan: Plan, options: UploadOptions) -> bool:
    """Put a column where it belongs and say whether it is read."""
    if name in options.amounts or (AMOUNT.fullmatch(name) and name not in options.segments):
        plan.amounts.append(name)
    elif FEATURE.fullmatch(name):
        plan.features.append(name)
    elif name.startswith(FEATURE_PREFIX) or not _IDENTIFIER.fullmatch(name):
        plan.warnings.append(ignored(name, "its name has characters other than letters, digits and _"))
        return False
    elif name in options.segments or is_text(kind) or pa.types.is_boolean(kind):
        plan.segments.append(name)
    else:
        plan.warnings.append(ignored(name, NEITHER))
        return False
    return True


NEITHER = "it is neither text (a segment), nor an amount (value, amount, …_cost, …_value, …_amount), nor feature.…"
