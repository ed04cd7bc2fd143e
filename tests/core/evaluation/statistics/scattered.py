"""An engine whose rows lie in parts that do not know each other: only bytes go between them, as on a cluster."""

import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from metrics.core.evaluation.statistics.jobs import Layout, Mergeable, Reading, wanted
from metrics.core.evaluation.statistics.ordering import Below, Ordering, Ranked
from metrics.core.evaluation.statistics.ranked_rows import ScoreLayout, cuts_of, ranges_of
from metrics.core.rows.segment_names import Naming
from metrics.core.rows.sorting import RANGE


def shuffled(table: pa.Table, random: np.random.Generator) -> pa.Table:
    return table.take(pa.array(random.permutation(table.num_rows)))


def cut(table: pa.Table, random: np.random.Generator) -> list[pa.Table]:
    """Up to six parts, some of them perhaps empty."""
    bounds = [0, *sorted(random.integers(0, table.num_rows + 1, random.integers(0, 6)).tolist()), table.num_rows]
    return [table.slice(low, high - low) for low, high in pairwise(bounds)]


class Scattered:
    """Each table is a part; what it makes of its rows comes back as bytes, in a shuffled order."""

    def __init__(self, parts: Sequence[pa.Table], *, seed: int, rows_a_range: int = 40) -> None:
        self._parts = parts
        self._random = np.random.default_rng(seed)
        self._rows_a_range = rows_a_range
        self.schema = parts[0].schema

    def name(self, naming: Naming) -> None:
        def named(part: pa.Table) -> bytes:
            made = Naming.from_state(empty)
            made.add(made.prepare(part.select(naming.columns)))
            return made.state()

        empty = naming.state()
        for content in self._shuffled([named(part) for part in self._parts]):
            naming.merge(Naming.from_state(content))

    def over(self, reading: Reading, parts: Sequence[Mergeable]) -> None:
        def made(table: pa.Table) -> list[bytes]:
            fresh = copy.deepcopy(list(parts))
            block = reading.block(table.select(wanted(reading, fresh)))
            for part in fresh:
                part.add(part.prepare(block))
            return [part.state() for part in fresh]

        for states in self._shuffled([made(table) for table in self._parts]):
            for part, content in zip(parts, states, strict=True):
                part.merge_state(content)

    def ranges(self, reading: Reading, layout: Layout, parts: Sequence[Mergeable]) -> "ScatteredRanges":
        self.over(reading, parts)
        runs = [layout.run(reading.block(table.select(wanted(reading, parts)))) for table in self._parts]
        held: dict[int, list[tuple[np.ndarray, ...]]] = {}
        cuts = self._cuts(reading, layout, np.concatenate([run[0] for run in runs]))
        for run in runs:
            for place, columns in ranges_of(run, cuts):
                held.setdefault(place, []).append(columns)
        joined = {
            place: tuple(np.concatenate(column) for column in zip(*self._shuffled(some), strict=True))
            for place, some in held.items()
        }
        return ScatteredRanges(layout, joined, self._shuffled)

    def _cuts(self, reading: Reading, layout: Layout, keys: np.ndarray) -> np.ndarray:
        """Of scores as a cluster would find them, of others wherever."""
        if isinstance(layout, ScoreLayout):
            scores = np.concatenate([reading.block(table).score for table in self._parts])
            as_if = len(scores) * RANGE // self._rows_a_range  # each range held so many rows
            return cuts_of(layout, scores[self._random.random(len(scores)) < 0.5], as_if)
        return np.unique(keys[self._random.random(len(keys)) < 1 / self._rows_a_range])

    def _shuffled(self, items: list) -> list:
        return [items[at] for at in self._random.permutation(len(items))]


class ScatteredRanges:
    def __init__(self, layout: Layout, ranges: dict[int, tuple[np.ndarray, ...]], shuffled: Callable) -> None:
        self._layout, self._ranges, self._shuffled = layout, ranges, shuffled

    def ranked(self, ordering: Ordering) -> Iterator[Ranked]:
        layout = self._layout
        assert isinstance(layout, ScoreLayout)
        totals = {
            place: Below.within(layout.slice(columns), layout.sizes).state() for place, columns in self._ranges.items()
        }
        below, found = Below.none(layout.sizes), {}
        for place in sorted(self._ranges):
            known = Below.from_state(below.state())
            found[place] = ordering.rank(layout.slice(self._ranges[place]), known).state()
            below += Below.from_state(totals[place])
        for place in sorted(found):
            yield Ranked.from_state(found[place])

    def over(self, part: Mergeable) -> None:
        def made(columns: tuple[np.ndarray, ...]) -> bytes:
            fresh = copy.deepcopy(part)
            fresh.add(fresh.prepare(columns))
            return fresh.state()

        for content in self._shuffled([made(columns) for columns in self._ranges.values()]):
            part.merge_state(content)
