"""Revenue at risk of a value that is no sum over decisions: the value is asked again of the rows as trouble has them.

recent    of the rows of the last three months alone
drift     of all rows, weighed so that one column has the mix of the last three months: in bin b by share lately / share
          measured
maturity  of all rows, weighed so that the positive labels are as many as chain ladder completes the months to; where a
          run has two outcomes
labels    of the rows with their disputed labels drawn again from their posterior

For a sum over rows these are the changes of `at_risk`; for any other value they are its own, whatever it is made of.
The assumptions, the fit of a calibrated mapping and the policy stay as they are. What cannot be valued so is left out:
where the value is not known of those rows, and mixes where weights do not count (a ranking, a formula over rows).

Bands: draw k of the new value less draw k of the old, and for a mix the error of its shares, to first order: Σ over
bins ∂value/∂weight · (weight in draw k − weight). Rows that are not to count keep a weight that moves nothing, so that
they stay in the same buckets and the two values paired. Where weights do not count and fewer than 1,024 recent rows
stand against more, the two are drawn apart: the band is too wide rather than too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.assumptions import NOTHING, SAMPLING, Drawn
from metrics.core.documents import Document, Source
from metrics.core.draws import bucket_weights
from metrics.core.estimate import NO_DRAWS, Draws, Estimate, Quantity, Unknown, no_band_of
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.evaluation.statistics.sums import ROW, buckets_of
from metrics.core.evidence.columns import features, floats, shown
from metrics.core.evidence.labels import label_noise
from metrics.core.kpi.pricing import Pricing
from metrics.core.late import pa
from metrics.core.revenue.at_risk import LEVEL, Cause, CauseKey, ranked
from metrics.core.revenue.lately import LABEL, LEAST_RECENT, RECENT, bins, columns, lately, outcomes_to_come
from metrics.core.rows.table import task_of

T = TypeVar("T")
Make = Callable[[Document, Source], bytes]

SUMMED = frozenset({"cube", "sums", "decisions", "class_decisions", "errors_beside"})
UNWEIGHED = frozenset({"sums"})  # a formula over rows weighs them only where it says so
MOST_BINS = 9  # and one of all others
STEP = 0.02  # of a bin's weight
FAINT = 1e-9  # the weight of a row that is not to count


class _OtherRows(Source):
    """A source in which other rows stand under a digest; files are as they were."""

    def __init__(self, source: Source, rows: str, table: pa.Table) -> None:
        self.source, self.at, self.table = source, rows, table

    def document(self, digest: str) -> Document:
        return self.source.document(digest)

    def content(self, digest: str) -> bytes:
        return self.source.content(digest)

    def rows(self, digest: str) -> pa.Table:
        return self.table if digest == self.at else self.source.rows(digest)


class _Otherwise(_OtherRows):
    """A source in which the sums of the rows are those of the other rows, made with the policy as it was.

    drawn: whether metrics are wanted with draws, which take longer than the rows.
    """

    def __init__(self, source: Source, rows: str, table: pa.Table, make: Make, *, weighed: bool, drawn: bool) -> None:
        super().__init__(source, rows, table)
        self.make, self.weighed, self.drawn = make, weighed, drawn
        self._held: dict[Any, Any] = {}

    def document(self, digest: str) -> Document:
        document = self.source.document(digest)
        return document if self.drawn or document["kind"] != "metric" else {**document, "seed": None}

    def content(self, digest: str) -> bytes:
        document = self.source.document(digest)
        if document.get("rows") != self.at or document["kind"] not in SUMMED:
            return self.source.content(digest)
        if self.weighed and document["kind"] in UNWEIGHED:
            raise ValueError("a formula over rows cannot be weighed")
        return self.make(document, _OtherRows(self.source, self.at, self.table))

    def made(self, name: Any, make: Callable[[], T]) -> T:
        if name not in self._held:
            self._held[name] = make()
        held: T = self._held[name]
        return held


@dataclass(frozen=True, eq=False)
class _Value:
    """A KPI document with the rows under it, and its value on others."""

    document: Document
    source: Source
    rows: str
    make: Make
    seed: int
    time_zone: str

    def of(self, table: pa.Table, *, driver: str = SAMPLING, weighed: bool = False) -> Quantity:
        drawn = driver != NOTHING
        source = _Otherwise(self.source, self.rows, table, self.make, weighed=weighed, drawn=drawn)
        return Pricing(self.document, source).value(Drawn(driver))

    @cached_property
    def table(self) -> pa.Table:
        return self.source.rows(self.rows)

    @cached_property
    def bare(self) -> pa.Table:
        """The rows without features, which no sum but a formula's is made of."""
        return self.table.drop_columns(features(self.table))

    @cached_property
    def weight(self) -> Floats:
        return floats(self.table["weight"]) if "weight" in self.table.column_names else np.ones(self.table.num_rows)

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        valid: NDArray[np.bool_] = self.table[LABEL].is_valid().to_numpy()
        return valid & (self.weight > 0)

    def weighed(self, by: Floats, *, driver: str = SAMPLING) -> Quantity:
        """The value with each row's weight times another, (n,); Unknown where weights do not count."""
        if not TASKS[task_of(self.table)].weighs:
            return Unknown("rows have no weight")
        weight = pa.array(self.weight * np.maximum(by, FAINT))
        if "weight" in self.bare.column_names:
            table = self.bare.set_column(self.bare.column_names.index("weight"), "weight", weight)
        else:
            table = self.bare.append_column("weight", weight)
        return self.of(table, driver=driver, weighed=True)

    @cached_property
    def buckets(self) -> tuple[int, Ints]:
        """How many buckets are resampled, and that of each row."""
        units = TASKS[task_of(self.table)].units(self.table, time_zone=self.time_zone)
        n = self.table.num_rows if units.name == ROW else len(np.unique(units.bucket))
        n_buckets = buckets_of(units.name, n)
        return n_buckets, units.bucket % n_buckets


def revalued(
    document: Document,
    source: Source,
    *,
    rows: str,
    make: Make,
    seed: int,
    votes: pa.Table | None = None,
    time_zone: str = "UTC",
) -> list[Cause]:
    """The causes that these rows tell of for the value of a KPI document, the one that may cost most first.

    rows: the digest of the canonical rows. make: a document's file, from a source of its rows. Without times, with
    fewer than six months, or with fewer than 100 labelled rows in the last three, nothing is said of recent months;
    without storage times nothing of maturity; without votes nothing of labels. [] without labelled rows, or a value.
    """
    value = _Value(document, source, rows, make, seed, time_zone)
    before = value.of(value.table) if value.labelled.any() else Unknown("no labelled rows")
    if isinstance(before, Unknown):
        return []
    return ranked(_causes(value, before, votes))


def _causes(value: _Value, before: Estimate, votes: pa.Table | None) -> Iterator[Cause]:
    table = value.table
    late, until = lately(table, value.time_zone)
    recent = late & (value.weight > 0)
    if (recent & value.labelled).sum() >= LEAST_RECENT:
        yield from _recent(value, before, recent, until)
        for name in columns(table):
            yield from _mix(value, name, recent, until)
    if TASKS[task_of(table)].two_outcomes:
        yield from _maturity(value)
    if votes is not None:
        yield from _labels(value, votes)


def _recent(value: _Value, before: Estimate, recent: NDArray[np.bool_], until: str) -> Iterator[Cause]:
    facts = {"months": RECENT, "until": until, "rows": int((recent & value.labelled).sum())}
    after = value.weighed(recent.astype(np.float64))
    if isinstance(after, Unknown):
        after = value.of(value.table.filter(pa.array(recent)))
    yield from _cause("recent", "", before, after, facts)


def _mix(value: _Value, name: str, recent: NDArray[np.bool_], until: str) -> Iterator[Cause]:
    at, labels = bins(value.table, name, MOST_BINS)
    place, known = np.maximum(at, 0), (at >= 0) * value.weight
    measured = _summed(value, place, len(labels), known * value.labelled)
    late = _summed(value, place, len(labels), known * recent)
    share, now = (sums.sum(axis=0) / max(sums.sum(), 1e-300) for sums in (measured, late))
    two = name == LABEL and TASKS[task_of(value.table)].two_outcomes
    most = 1 if two else int(np.abs(now - share).argmax())
    facts = {"until": until, "bin": labels[most], "share": float(share[most]), "lately": float(now[most])}
    if share.any() and now.any():
        yield from _weighed("drift", shown(name), value, at, lambda draws: _as_lately(*draws), (measured, late), facts)


def _as_lately(measured: Floats, late: Floats) -> Floats:
    """Weight of each bin (…, bins): share lately / share measured; where nothing was measured, spread over all bins."""
    share, now = (sums / sums.sum(axis=-1, keepdims=True) for sums in (measured, late))
    new = np.where(share > 0, 0.0, now).sum(axis=-1, keepdims=True)
    return np.asarray(np.where(share > 0, now / np.where(share > 0, share, 1), 0.0) + new)


def _maturity(value: _Value) -> Iterator[Cause]:
    n_buckets, bucket = value.buckets
    coming = outcomes_to_come(value.table, value.time_zone, bucket=bucket, n_buckets=n_buckets, seed=value.seed)
    if coming is None:
        return
    so_many = coming.completed - coming.so_far
    at, _ = bins(value.table, LABEL)
    measured = _summed(value, np.maximum(at, 0), 2, value.labelled * value.weight)

    def completed(draws: tuple[Floats, ...]) -> Floats:
        share = draws[0] / draws[0].sum(axis=-1, keepdims=True)
        more = np.asarray(so_many if share.ndim == 1 or coming.more is None else coming.more)[..., None]
        return np.asarray(np.maximum(share + more * np.array([-1.0, 1.0]), 0) / share)

    if (measured.sum(axis=0) > 0).all():
        yield from _weighed("maturity", "", value, at, completed, (measured,), coming.facts)


def _labels(value: _Value, votes: pa.Table) -> Iterator[Cause]:
    def points(table: pa.Table) -> Mapping[str, float]:
        found = value.of(table, driver=NOTHING)
        return {} if isinstance(found, Unknown) else {"value": found.point}

    moved = label_noise(value.table, votes, seed=value.seed, evaluate=points).get("value")
    if moved is not None and len(moved):
        low, high = np.quantile(moved, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        facts = {"redraws": len(moved)}
        yield Cause(key="labels", name="", change=0.0, low=float(low), high=float(high), facts=facts)


def _summed(value: _Value, at: Ints, n_bins: int, column: Floats) -> Floats:
    """Sums per bucket and bin, (buckets present, n_bins)."""
    present, place = np.unique(value.buckets[1], return_inverse=True)
    sums = np.bincount(place * n_bins + at, weights=column, minlength=len(present) * n_bins)
    return sums.astype(np.float64).reshape(len(present), n_bins)


def _weighed(
    key: CauseKey,
    name: str,
    value: _Value,
    at: Ints,
    weights: Callable[[tuple[Floats, ...]], Floats],
    sums: tuple[Floats, ...],
    facts: Mapping[str, Any],
) -> Iterator[Cause]:
    """The value with the bins weighed against the value of the same rows as measured; rows of no bin are in neither.

    sums: (buckets, bins) what the weights (bins,) are made of. Nothing where a value is not known.
    """
    there = (at >= 0).astype(np.float64)
    by_bin = weights(tuple(part.sum(axis=0) for part in sums))
    before, after = value.weighed(there), value.weighed(by_bin[at] * there)
    if isinstance(before, Unknown) or isinstance(after, Unknown):
        return
    slopes = _slopes(value, at, by_bin, after.point)
    if slopes is not None:
        yield from _cause(key, name, before, after, facts, _error(value, weights, sums, by_bin) @ slopes)


def _slopes(value: _Value, at: Ints, by_bin: Floats, point: float) -> Floats | None:
    """(bins,) ∂value/∂weight, by a step of each; None where a value is not known there."""
    slopes = np.zeros(len(by_bin))
    for place in np.unique(at[(at >= 0) & value.labelled]):
        step = STEP * max(by_bin[place], 0.1)
        moved = by_bin + step * (np.arange(len(by_bin)) == place)
        stepped = value.weighed(moved[at] * (at >= 0), driver=NOTHING)
        if isinstance(stepped, Unknown):
            return None
        slopes[place] = (stepped.point - point) / step
    return slopes


def _error(
    value: _Value, weights: Callable[[tuple[Floats, ...]], Floats], sums: tuple[Floats, ...], by_bin: Floats
) -> Floats:
    """(K, bins) how far the weights of each draw lie from those of the rows; 0 where a draw has none."""
    n_buckets, bucket = value.buckets
    present = np.unique(bucket)
    resampled = bucket_weights(value.seed, n_buckets, columns=present)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = weights(tuple(resampled @ part for part in sums)) - by_bin
    return np.where(np.isfinite(drawn), drawn, 0.0) * widening(len(present))


def _cause(
    key: CauseKey,
    name: str,
    before: Estimate,
    after: Quantity,
    facts: Mapping[str, Any],
    more: Draws | float = 0.0,
) -> Iterator[Cause]:
    """The change with its band; nothing where the value is not known. more: (K,) errors beside those of the two."""
    if isinstance(after, Unknown):
        return
    change = after.point - before.point
    if after.draws is None or before.draws is None:
        why = no_band_of((before, after)) or NO_DRAWS
        yield Cause(key=key, name=name, change=change, low=None, high=None, facts=facts, why=why)
        return
    drawn = after.draws - before.draws + more
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    yield Cause(key=key, name=name, change=change, low=float(low), high=float(high), facts=facts)
