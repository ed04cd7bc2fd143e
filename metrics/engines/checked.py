"""Rows of a frame checked where they lie, by the code that checks an upload, before anything is counted of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.reading import BLOCK
from metrics.core.rows.refusal import UploadError, UploadWarning, shown
from metrics.core.rows.sorting import RANGE
from metrics.core.rows.table import digest_of
from metrics.core.rows.upload.in_parts import Checking
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.seen import Part
from metrics.engines import blobs, shipping
from metrics.engines.blobs import Batches
from metrics.engines.spark import OnSpark

SAID = "said"  # the column of what a part says of itself, beside its rows
FEW = 2  # texts of a segment that a part tells: where all parts tell one and the same, it parts nothing


@dataclass(frozen=True)
class Checked:
    """Rows that can be scanned: the engine for them, and what is known of all of them.

    digest: of ids and labels, whatever their order. parts: in how many they lay. segments: of those asked for, the
    ones that part the rows.
    """

    engine: OnSpark
    frame: Any
    n: int
    parts: int
    digest: str
    n_unlabelled: int
    first: datetime | None
    last: datetime | None
    segments: tuple[str, ...]
    warnings: list[UploadWarning]

    def release(self) -> None:
        """What the cluster holds of the rows goes."""
        self.frame.unpersist()


def checked(frame: Any, options: UploadOptions, *, least: int = 0, rows_a_range: int = RANGE) -> Checked:
    """The rows of a frame of Spark, checked in its session. Raises UploadError, naming the part and the row in it."""
    from pyspark.sql.functions import col
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    session = frame.sparkSession
    shipping.send(session)
    checking = Checking.of(to_arrow_schema(frame.schema, timezone="UTC"), options, datetime.now(UTC))
    names = checking.names
    places = pa.schema([(f"c{at}", field.type) for at, field in enumerate(checking.schema)])
    told = from_arrow_schema(places.append(pa.field(SAID, pa.string())))
    columns = [col(f"`{name.replace('`', '``')}`").alias(f"c{at}") for at, name in enumerate(names)]

    def read(checking: Checking) -> Any:
        def check(batches: Batches) -> Iterator[Any]:
            from pyspark import TaskContext

            context = TaskContext.get()
            yield from _said(batches, checking, 0 if context is None else context.partitionId())

        return frame.select(columns).mapInArrow(check, told).persist()

    canonical = read(checking)
    try:
        said = _told(canonical)
        settled, refused, worst = checking.settled([Part.from_json(one["seen"]) for one in said])
        if refused is not None:
            raise _in_part(said[worst]["part"], **refused.as_json())
        if settled is not checking:
            canonical.unpersist()
            checking, canonical = settled, read(settled)
            said = _told(canonical)
        rows = canonical.filter(f"{SAID} IS NULL")
        n = sum(one["n"] for one in said)
        if not n:
            raise UploadError("rows", "no_rows", "there are column names and no rows", remedy="Send at least one row.")
        _once(rows, checking)
    except BaseException:
        canonical.unpersist()
        raise
    texts = {name: {text for one in said for text in one["texts"].get(name, [])} for name in checking.plan.segments}
    alone = [name for name, found in texts.items() if len(found) < FEW]
    times = [datetime.fromisoformat(one[end]) for one in said for end in ("first", "last") if one[end]]
    return Checked(
        OnSpark(rows, checking.schema, n=n, parts=len(said), least=least, rows_a_range=rows_a_range),
        canonical,
        n=n,
        parts=len(said),
        digest=f"{sum(int(one['digest'], 16) for one in said) % (1 << 128):032x}",
        n_unlabelled=sum(one["unlabelled"] for one in said),
        first=min(times, default=None),
        last=max(times, default=None),
        segments=tuple(name for name in checking.plan.segments if name not in alone),
        warnings=[*checking.plan.warnings, *_warnings(said), *map(_same, alone)],
    )


def _told(canonical: Any) -> list[dict[str, Any]]:
    """What each part says of itself, in their order. Raises UploadError for the first that is refused."""
    said = [json.loads(found[0]) for found in canonical.filter(f"{SAID} IS NOT NULL").select(SAID).collect()]
    said.sort(key=lambda one: one["part"])
    for one in said:
        if "refused" in one:
            raise _in_part(one["part"], **one["refused"])
    return said


def _said(batches: Batches, checking: Checking, part: int) -> Iterator[Any]:
    """The rows of a part as canonical batches, then what it says of itself, or of the row for which it is refused."""
    said: dict[str, Any] = {"part": part, "n": 0, "unlabelled": 0, "digest": "0", "texts": {}, "warnings": []}
    said |= {"first": None, "last": None}
    names, seen = [*(f"c{at}" for at in range(len(checking.schema))), SAID], Part()
    for table in blobs.blocks(batches):
        try:
            found, warnings, block = checking.part(table.rename_columns(checking.names))
        except UploadError as error:
            row = None if error.row is None else error.row + said["n"]
            said["refused"] = {**error.as_json(), "row": row}
            break
        for one in warnings:
            said["warnings"].append({**one.as_json(), "row": None if one.row is None else one.row + said["n"]})
        seen.merge(block, before=said["n"])
        _count(said, found, checking)
        for batch in found.to_batches(max_chunksize=BLOCK):
            yield pa.RecordBatch.from_arrays([*batch.columns, pa.nulls(batch.num_rows, pa.string())], names)
    said["seen"] = seen.as_json()
    nothing = [pa.nulls(1, field.type) for field in checking.schema]
    yield pa.RecordBatch.from_arrays([*nothing, pa.array([json.dumps(said)], pa.string())], names)


def _count(said: dict[str, Any], found: pa.Table, checking: Checking) -> None:
    said["n"] += found.num_rows
    said["unlabelled"] += found["y_true"].null_count
    said["digest"] = f"{(int(said['digest'], 16) + int(digest_of([found]), 16)) % (1 << 128):032x}"
    for name in checking.plan.segments:
        held = said["texts"].setdefault(name, [])
        for text in pc.unique(found[name]).slice(0, FEW).to_pylist():
            if text not in held and len(held) < FEW:
                held.append(text)
    if "event_time" in found.column_names:
        ends = pc.min_max(found["event_time"])
        for end, which, better in (("first", "min", min), ("last", "max", max)):
            moment = ends[which].as_py()
            if moment is not None:
                said[end] = better(filter(None, [said[end], moment.astimezone(UTC).isoformat()]))


def _once(rows: Any, checking: Checking) -> None:
    """Raises UploadError for an id that comes twice, and for two forecasts of one time of a series."""
    names = checking.schema.names
    keys = [["example_id"], [name for name in ("series", "event_time") if name in names]]
    for key in keys if checking.options.task.timed else keys[:1]:
        columns = [f"c{names.index(name)}" for name in key]
        for found in rows.groupBy(columns).count().filter("count > 1").limit(1).collect():
            what = " of ".join(shown(value) for value in reversed(found[:-1]))
            message = f"{what} comes {found[-1]:,} times, in whatever parts"
            remedy = checking.options.task.once if key == ["example_id"] else "Keep one forecast of each time."
            raise UploadError(key[-1], "duplicate", message, remedy=remedy)


def _in_part(part: int, field: str, code: str, message: str, row: int | None = None, remedy: str = "") -> UploadError:
    return UploadError(field, code, f"in part {part:,} of the rows: {message}", row=row, remedy=remedy)


def _same(name: str) -> UploadWarning:
    return UploadWarning(field=name, code="unknown_column", message="the column is ignored: every row holds the same")


def _warnings(said: Iterable[dict[str, Any]]) -> list[UploadWarning]:
    """One a field and kind: in how many parts it was found, and what the first of them says."""
    found: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = {}
    parts = 0
    for one in said:
        parts += 1
        seen = {(told["field"], told["code"]): told for told in reversed(one["warnings"])}
        for key, told in seen.items():
            found.setdefault(key, []).append((one["part"], told))
    return [UploadWarning(**{**each[0][1], "row": None, "message": _where(each, parts)}) for each in found.values()]


def _where(each: list[tuple[int, dict[str, Any]]], parts: int) -> str:
    part, told = each[0]
    return f"in {len(each):,} of {parts:,} parts; part {part:,}: {told['message']}"
