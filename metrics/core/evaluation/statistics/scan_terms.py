"""From canonical rows to sums of their terms, in parts, by whatever engine is where the rows are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from metrics.core.arrays import Ints
from metrics.core.documents import canonical
from metrics.core.evaluation.statistics.jobs import Engine, Measured
from metrics.core.evaluation.statistics.term_sums import Placed, Terms, TermSums
from metrics.core.late import pa
from metrics.core.rows.labelled import Labelled, naming
from metrics.core.rows.reading import RowsError

TermsOf = Callable[[Labelled], Terms]


class TermsOfRows:
    """A part: the sums of what `make` says of each labelled row."""

    def __init__(self, sums: TermSums, make: TermsOf) -> None:
        self.columns: list[str] = []
        self.sums = sums
        self._make = make

    def prepare(self, block: Labelled) -> Placed:
        return self.sums.placed(block, self._make(block))

    def add(self, prepared: Placed) -> None:
        self.sums.add(prepared)

    def state(self) -> bytes:
        return self.sums.state()

    def merge_state(self, content: bytes) -> None:
        self.sums.merge_state(content)


def measured(
    engine: Engine,
    *,
    needs: Sequence[str],
    columns: Sequence[str] = (),
    segments: Sequence[str] | None,
    time_zone: str,
    weighted: bool = True,
) -> Measured:
    """How the rows of an engine are read, the names of their groups counted: job 1.

    needs: columns that must be there; columns: others that are read where they are. Raises RowsError.
    """
    schema = engine.schema
    for name in ("example_id", "y_true", *needs):
        if name not in schema.names:
            raise RowsError(f"column {name} is missing")
    names = naming(schema, segments=segments, time_zone=time_zone, weighted=weighted)
    if names.columns:
        engine.name(names)
    unit = "cluster_id" if "cluster_id" in schema.names else "example_id"
    weight = ["weight"] if weighted and "weight" in schema.names else []
    read = dict.fromkeys([unit, "y_true", *needs, *weight, *names.columns, *columns])
    return Measured(names.groupings(), [name for name in read if name in schema.names], weighted)


def none_of(reading: Measured, schema: pa.Schema) -> Labelled:
    """No row, read likewise."""
    return reading.block(schema.empty_table().select(list(reading.columns)))


def scan_terms(
    engine: Engine,
    reading: Measured,
    make: TermsOf,
    *,
    grids: Mapping[str, Sequence[int]] | None = None,
) -> TermSums:
    """The sums of what is made of each labelled row: job 4. grids: the further sides of each."""
    sums = TermSums(reading.groupings, make(none_of(reading, engine.schema)), grids=grids)
    engine.over(reading, [TermsOfRows(sums, make)])
    return sums


class Waiting:
    """A part: rows whose label is not known yet, by group of all columns."""

    def __init__(self, none: Labelled) -> None:
        self.columns: list[str] = []
        self.unlabelled = self.prepare(none)

    def prepare(self, block: Labelled) -> Ints:
        return np.concatenate(list(block.unlabelled.values()))

    def add(self, prepared: Ints) -> None:
        self.unlabelled = self.unlabelled + prepared

    def state(self) -> bytes:
        return canonical(self.unlabelled.tolist())

    def merge_state(self, content: bytes) -> None:
        self.add(np.array(json.loads(content), dtype=np.int64))
