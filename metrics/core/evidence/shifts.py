"""How far features, scores and labels lie from a reference, over all rows and month by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evidence.check import number
from metrics.core.evidence.columns import (
    codes,
    features,
    finite,
    floats,
    is_number,
    missing,
    month_codes,
    plain,
    predictions,
    shares,
)
from metrics.core.evidence.distances import Bins, Sorted, jensen_shannon, ks_p_value, psi
from metrics.core.late import pa, stats
from metrics.core.rows.table import FEATURE_PREFIX

WARNING = 0.1
SIGNIFICANT = 0.05
MOST_CATEGORIES = 50
OTHER = "(other)"
LABEL = "y_true"
# Why a column is not measured.
ONLY_HERE = "empty in the reference, filled in these rows"
ONLY_THERE = "filled in the reference, empty in these rows"
OTHER_KIND = "a number on one side and a text on the other"


@dataclass(frozen=True)
class Drift:
    """One column in one period against the reference.

    column: a feature, "y_score", "y_pred" or "y_true". period: "" for all rows, else a month. n: values compared, empty
    ones left out. ks: Kolmogorov–Smirnov distance, None for categories. jensen_shannon: distance, base 2, over the
    PSI's bins. wasserstein: in the column's unit, None for categories and beyond what floats hold. p_value: of the
    Kolmogorov–Smirnov or chi-squared test; adjusted: after Benjamini–Hochberg.
    """

    column: str
    period: str
    n: int
    psi: float
    ks: float | None
    jensen_shannon: float
    wasserstein: float | None
    p_value: float
    adjusted: float = 1.0

    @property
    def shifted(self) -> bool:
        return self.psi > WARNING and self.adjusted < SIGNIFICANT


def drift(table: pa.Table, reference: pa.Table, *, time_zone: str = "UTC") -> list[Drift]:
    """Every feature, score and label that both tables have, over all rows and per month of event_time.

    Largest PSI over all rows first, then the months of each column in order. Columns without a value on either side
    are left out. p-values are adjusted over all that is returned (Benjamini, Hochberg 1995).
    """
    periods = _Periods.of(table, time_zone)
    measured: list[Drift] = []
    for name in compared(table, reference):
        measured += _of_column(name, table, reference, periods)
    if not measured:
        return []
    adjusted = stats.false_discovery_control([part.p_value for part in measured])
    measured = [replace(part, adjusted=float(q)) for part, q in zip(measured, adjusted, strict=True)]
    size = {part.column: part.psi for part in measured if not part.period}
    return sorted(measured, key=lambda part: (-size[part.column], part.column, part.period))


def compared(table: pa.Table, reference: pa.Table) -> list[str]:
    """Columns that drift is measured on: features, scores and labels that both tables have, in the same kind."""
    wanted = [*features(table), *predictions(table), "y_true"]
    names = [name for name in wanted if name in table.column_names and name in reference.column_names]
    return [name for name in names if is_number(table[name]) == is_number(reference[name])]


def not_compared(table: pa.Table, reference: pa.Table) -> dict[str, list[str]]:
    """Why drift cannot be measured → the columns of which that holds.

    A feature, score or label that only the rows have values of; a feature that only the reference has values of; one
    that is a number on one side and a text on the other. A reference without scores at all is no fault.
    """
    why: dict[str, list[str]] = {}
    measured = compared(table, reference)
    for name in dict.fromkeys((*features(table), *features(reference), *predictions(table), LABEL)):
        here, there = (_filled(side, name) for side in (table, reference))
        if here and not there and (name in reference.column_names or name.startswith(FEATURE_PREFIX)):
            why.setdefault(ONLY_HERE, []).append(name)
        elif there and not here and name.startswith(FEATURE_PREFIX):
            why.setdefault(ONLY_THERE, []).append(name)
        elif here and there and name not in measured:
            why.setdefault(OTHER_KIND, []).append(name)
    return why


def _filled(table: pa.Table, name: str) -> bool:
    return name in table.column_names and missing(table, name) < table.num_rows


@dataclass(frozen=True, eq=False)
class _Periods:
    """Months of event_time, ascending, and which of them each row has; -1 for none."""

    names: list[str]
    at: Ints

    @classmethod
    def of(cls, table: pa.Table, time_zone: str) -> _Periods:
        if "event_time" not in table.column_names:
            return cls([], np.full(table.num_rows, -1, dtype=np.int64))
        return cls(*month_codes(table["event_time"], time_zone))

    def split(self, rows: Ints) -> Iterator[tuple[str, Ints]]:
        """("", all places), then each month with the places of its rows; a place is an index into `rows`."""
        yield "", np.arange(len(rows))
        # Few months: a stable sort of 16-bit integers is linear.
        at = self.at[rows].astype(np.int16)
        order = np.argsort(at, kind="stable")
        bounds = np.searchsorted(at[order], np.arange(len(self.names) + 1))
        for place, month in enumerate(self.names):
            yield month, order[bounds[place] : bounds[place + 1]]


def _of_column(name: str, table: pa.Table, reference: pa.Table, periods: _Periods) -> list[Drift]:
    if is_number(table[name]) and not (name == "y_true" and _is_binary(table, reference)):
        return _of_numbers(name, floats(table[name]), finite(floats(reference[name])), periods)
    categories = _Categories.of(name, reference)
    at = categories.place(table)
    rows = np.flatnonzero(at >= 0)
    if not categories.known:
        return []
    return [categories.against(month, at[rows[part]]) for month, part in periods.split(rows) if len(part)]


def _of_numbers(name: str, values: Floats, known: Floats, periods: _Periods) -> list[Drift]:
    rows = np.flatnonzero(np.isfinite(values))
    if not (len(known) and len(rows)):
        return []
    reference = Sorted(known)
    bins = Bins.of(reference.values)
    shares_known = bins.shares(reference.values)
    rows = rows[np.argsort(values[rows])]
    ranks = reference.ranks(values[rows])
    measured = []
    for month, part in periods.split(rows):
        if not len(part):
            continue
        current, rank = values[rows[part]], ranks[part]
        distance, here = reference.ks(current, rank), bins.shares(current)
        measured.append(
            Drift(
                column=name,
                period=month,
                n=len(current),
                psi=psi(shares_known, here),
                ks=distance,
                jensen_shannon=jensen_shannon(shares_known, here),
                wasserstein=number(reference.wasserstein(current, rank)),
                p_value=ks_p_value(distance, len(known), len(current)),
            )
        )
    return measured


@dataclass(frozen=True, eq=False)
class _Categories:
    """The categories of a reference's column: its 50 most frequent, then "(other)", which takes all unseen ones."""

    name: str
    names: list[str]
    counts: Ints

    @property
    def known(self) -> bool:
        return bool(self.counts.sum())

    @classmethod
    def of(cls, name: str, reference: pa.Table) -> _Categories:
        texts, at = _texts(reference, name)
        counts = np.bincount(at[at >= 0], minlength=len(texts))
        order = sorted(range(len(texts)), key=lambda code: (-counts[code], texts[code]))[:MOST_CATEGORIES]
        kept = counts[order].astype(np.int64)
        return cls(name, [*(texts[code] for code in order), OTHER], np.r_[kept, counts.sum() - kept.sum()])

    def place(self, table: pa.Table) -> Ints:
        """Place of each row's category among these, -1 where it is empty."""
        texts, at = _texts(table, self.name)
        places = {name: place for place, name in enumerate(self.names)}
        of_text = np.array([*(places.get(text, len(self.names) - 1) for text in texts), -1], dtype=np.int64)
        return of_text[at]

    def against(self, period: str, at: Ints) -> Drift:
        """These places, at least one, against the reference."""
        counts = np.bincount(at, minlength=len(self.names))
        known, here = self.counts / self.counts.sum(), shares(at, len(self.names))
        table = np.stack([self.counts, counts])[:, (self.counts + counts) > 0]
        return Drift(
            column=self.name,
            period=period,
            n=len(at),
            psi=psi(known, here),
            ks=None,
            jensen_shannon=jensen_shannon(known, here),
            wasserstein=None,
            p_value=float(stats.chi2_contingency(table).pvalue) if table.shape[1] > 1 else 1.0,
        )


def _texts(table: pa.Table, name: str) -> tuple[list[str], Ints]:
    texts, at = codes(table[name])
    if name != "y_true" or not texts:
        return texts, at
    names = [plain(text) for text in texts]
    distinct = sorted(set(names))
    return distinct, np.array([*(distinct.index(text) for text in names), -1], dtype=np.int64)[at]


def _is_binary(table: pa.Table, reference: pa.Table) -> bool:
    labels = np.concatenate([finite(floats(side["y_true"])) for side in (table, reference)])
    return bool(np.isin(labels, [0.0, 1.0]).all())
