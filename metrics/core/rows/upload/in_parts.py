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
from metrics.core.rows.upload.ids import FloatIds
from metrics.core.rows.upload.labels import labelled
from metrics.core.rows.upload.limits import Caps, Source, held, is_text
from metrics.core.rows.upload.names import named_columns
from metrics.core.rows.upload.options import UploadOptions, check_options
from metrics.core.rows.upload.plan import Plan, planned
from metrics.core.rows.upload.predictions import predicted
from metrics.core.rows.upload.seen import Part, all_of
from metrics.core.rows.upload.sheet import Sheet

_ALL = 1 << 62
_OF_A_COLUMN = ("hard_predictions",)  # warnings that are true of all rows where they are of some
_IDS = ("example_id", "cluster_id", "series", "query_id")
_TEXTS = (*_IDS, "split")


@dataclass(frozen=True)
class Checking:
    """How rows are read in parts: the plan for their columns, and the canonical table that they become.

    names: columns that are read, as they are called where they lie. floats: columns of ids in text that a column of
    floats wrote, as all rows tell.
    """

    options: UploadOptions
    plan: Plan
    classes: Classes
    schema: pa.Schema
    now: datetime
    texts: tuple[str, ...] = ()
    floats: frozenset[str] = frozenset()

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
        _check_numbers(types, plan, options)
        classes = Classes(probabilities={})
        if options.task.classed:
            _, classes = classed(_sheet(schema.empty_table(), plan), plan, options, Caps(), lambda _: None)
            if not classes.names:
                message = "which classes there are is not said, and no part of the rows knows all of them"
                raise UploadError("classes", "required", message, remedy='Name them, such as classes=["a", "b"].')
        canonical = _canonical(types, plan, classes, options)
        texts = tuple(name for name in _IDS if name in plan.read and is_text(types[plan.read[name]]))
        return cls(options, plan, classes, canonical, now, texts)

    @property
    def names(self) -> list[str]:
        return list(self.plan.read.values())

    def part(self, table: pa.Table) -> tuple[pa.Table, list[UploadWarning], Part]:
        """Some rows as the canonical table, and what they say where only all rows decide. Raises UploadError, whose
        rows are counted from 1 within the table."""
        part = Part()
        if not table.num_rows:
            return self.schema.empty_table(), [], part
        warnings: list[UploadWarning] = []
        warn, plan, options, caps = warnings.append, self.plan, self.options, Caps()
        sheet = _sheet(table, plan)
        classes = self.classes
        if options.task.classed:
            sheet, classes = classed(sheet, plan, replace(options, classes=classes.names), caps, warn)
        columns = Columns()
        sheet, _ = predicted(sheet, columns, plan, classes, options, warn, part=part)
        identified(sheet, columns, options, caps, warn, floats=self.floats)
        labelled(sheet, columns, options, warn)
        weighted_and_timed(sheet, columns, plan, options, self.now, warn)
        columns.add((name, sheet.take(name).checked(partial(group_texts, caps=caps), warn)) for name in plan.segments)
        columns.add(amounts(sheet, plan, options, warn))
        canonical = columns.table(self.schema.names).cast(self.schema)
        for name in self.texts:
            part.ids[name] = FloatIds()
            part.ids[name].look(canonical[name])
        return canonical, [one for one in warnings if one.row is not None or one.code in _OF_A_COLUMN], part

    def settled(self, parts: Sequence[Part]) -> tuple[Checking, UploadError | None, int]:
        """How the rows are read once all parts are known: the same, or another reading of their ids; and for what they
        are refused, with the place of that part."""
        whole, worst = all_of(parts)
        floats = self.floats | {name for name, found in whole.ids.items() if found.floats}
        refused = None
        rounding = whole.rounding
        if rounding is not None and abs(rounding.worst - 1) > rounding.tolerance:
            column = self.classes.probabilities[self.classes.names[0]]
            refused = rounding.refusal(column, row=rounding.row, sums=rounding.worst)
        return (self if floats == self.floats else replace(self, floats=floats)), refused, worst


def _sheet(table: pa.Table, plan: Plan) -> Sheet:
    table = table.select(list(plan.read.values()))
    caps = Caps(max_rows=_ALL)
    batches, _ = held(table.schema, table.to_batches(), caps, Path(os.devnull), memory=_ALL)
    return Sheet.of(batches, plan.read)


def _check_numbers(types: Mapping[str, Any], plan: Plan, options: UploadOptions) -> None:
    """Raises UploadError for a column of text that is read as numbers: how they are written only all rows tell."""
    task = options.task
    predicted = [name if name in plan.read else task.instead.get(name, name) for name in task.predicts]
    classes = ["y_true", "y_pred"] if task.classed else []
    numbers = ["y_true", *predicted, *(plan.interval or ())[:2], *plan.probabilities.values(), "weight", *plan.amounts]
    for name in numbers:
        original = plan.read.get(name, "")
        if name not in classes and original in types and is_text(types[original]):
            message = "is text, and how numbers are written in it only all rows tell, which stay where they are"
            remedy = f'Write it as numbers, such as df.withColumn("{original}", df["{original}"].cast("double")).'
            raise UploadError(original, "wrong_type", message, remedy=remedy)


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
