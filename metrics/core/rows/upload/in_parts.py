"""Rows that stay where they are, checked part by part by the same code as an upload, as the canonical table.

What needs all rows at once (an id that comes twice, a column that holds one value) is for whoever knows all parts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from metrics.core.late import pa
from metrics.core.rows.refusal import UploadError, UploadWarning
from metrics.core.rows.spool import Columns
from metrics.core.rows.table import PROBABILITY_PREFIX, kinds, utc
from metrics.core.rows.upload.classes import Classes, classed
from metrics.core.rows.upload.columns import amounts, group_texts, identified, weighted_and_timed
from metrics.core.rows.upload.labels import labelled
from metrics.core.rows.upload.limits import Caps, Source, held
from metrics.core.rows.upload.names import named_columns
from metrics.core.rows.upload.options import UploadOptions, check_options
from metrics.core.rows.upload.plan import Plan, planned
from metrics.core.rows.upload.predictions import predicted
from metrics.core.rows.upload.sheet import Sheet

_ALL = 1 << 62
_OF_A_COLUMN = ("hard_predictions",)  # warnings that are true of all rows where they are of some
_TEXTS = ("example_id", "cluster_id", "series", "query_id", "split")


@dataclass(frozen=True)
class Checking:
    """How rows are read in parts: the plan for their columns, and the canonical table that they become.

    names: columns that are read, as they are called where they lie.
    """

    options: UploadOptions
    plan: Plan
    classes: Classes
    schema: pa.Schema
    now: datetime

    @classmethod
    def of(cls, schema: pa.Schema, options: UploadOptions, now: datetime) -> Checking:
        """By the columns that there are. Raises UploadError. Only the segments and amounts that are named are read."""
        check_options(options)
        types = dict(zip(schema.names, schema.types, strict=True))
        if "labeler_id" in types:
            message = "votes of labelers are gathered where all rows are at hand, and these stay where they are"
            remedy = "Leave the column out, or log the rows themselves: kpi run log."
            raise UploadError("labeler_id", "unsupported_column", message, remedy=remedy)
        source = Source(Path(os.devnull), "parquet", list(schema.names), list(schema.types))
        plan = planned(source, options)
        meant = named_columns(plan.names, options) | set(plan.probabilities.values()) | set((plan.interval or ())[:2])
        meant |= {*options.segments, *options.amounts}
        plan = replace(
            plan,
            read={name: original for name, original in plan.read.items() if name in meant},
            segments=[name for name in options.segments if name in plan.read],
            amounts=[name for name in plan.amounts if name in options.amounts],
            features=[],
            warnings=[one for one in plan.warnings if one.code != "unknown_column"],
        )
        classes = Classes(probabilities={})
        if options.task.classed:
            _, classes = classed(_sheet(schema.empty_table(), plan), plan, options, Caps(), lambda _: None)
            if not classes.names:
                message = "which classes there are is not said, and no part of the rows knows all of them"
                raise UploadError("classes", "required", message, remedy='Name them, such as classes=["a", "b"].')
        return cls(options, plan, classes, _canonical(types, plan, classes, options), now)

    @property
    def names(self) -> list[str]:
        return list(self.plan.read.values())

    def part(self, table: pa.Table) -> tuple[pa.Table, list[UploadWarning]]:
        """Some rows as the canonical table. Raises UploadError, whose rows are counted from 1 within the table."""
        if not table.num_rows:
            return self.schema.empty_table(), []
        warnings: list[UploadWarning] = []
        warn, plan, options, caps = warnings.append, self.plan, self.options, Caps()
        sheet = _sheet(table, plan)
        classes = self.classes
        if options.task.classed:
            sheet, classes = classed(sheet, plan, replace(options, classes=classes.names), caps, warn)
        columns = Columns()
        sheet, _ = predicted(sheet, columns, plan, classes, options, warn)
        identified(sheet, columns, options, caps, warn)
        labelled(sheet, columns, options, warn)
        weighted_and_timed(sheet, columns, plan, options, self.now, warn)
        columns.add((name, sheet.take(name).checked(partial(group_texts, caps=caps), warn)) for name in plan.segments)
        columns.add(amounts(sheet, plan, options, warn))
        canonical = columns.table(self.schema.names).cast(self.schema)
        return canonical, [one for one in warnings if one.row is not None or one.code in _OF_A_COLUMN]


def _sheet(table: pa.Table, plan: Plan) -> Sheet:
    table = table.select(list(plan.read.values()))
    caps = Caps(max_rows=_ALL)
    batches, _ = held(table.schema, table.to_batches(), caps, Path(os.devnull), memory=_ALL)
    return Sheet.of(batches, plan.read)


def _canonical(types: Mapping[str, Any], plan: Plan, classes: Classes, options: UploadOptions) -> pa.Schema:
    """The canonical table that a plan makes."""
    task, read = options.task, plan.read
    fields = [(name, pa.string()) for name in _TEXTS if name in read]
    fields.append(("y_true", pa.string() if task.classed else pa.float64()))
    fields += [(name, kind) for name, kind in _predictions(types, plan, classes, options)]
    fields += [("weight", pa.float64())] * ("weight" in read)
    fields += [(name, utc()) for name in ("event_time", "ingest_time") if name in read]
    fields += [(name, pa.string()) for name in plan.segments] + [(name, pa.float64()) for name in plan.amounts]
    meant = kinds(
        segments=plan.segments,
        amounts=plan.amounts,
        task=task.name,
        interval=None if plan.interval is None else plan.interval[2],
        naive=options.naive,
        classes=classes.names if task.classed else None,
    )
    return pa.schema(fields, metadata=meant)


def _predictions(
    types: Mapping[str, Any], plan: Plan, classes: Classes, options: UploadOptions
) -> Sequence[tuple[str, Any]]:
    task = options.task
    if task.classed:
        chances = classes.names if classes.probabilities else ()
        return [("y_pred", pa.string()), *((PROBABILITY_PREFIX + name, pa.float64()) for name in chances)]
    bounds = ("y_low", "y_high") if plan.interval is not None else ()
    narrow = (pa.float16(), pa.float32())
    score = task.named and "y_score" in plan.read and types[plan.read["y_score"]] in narrow
    return [(task.predicts[0], pa.float32() if score else pa.float64()), *((name, pa.float64()) for name in bounds)]
