"""Drift: how far features, score and label lie from a named reference, whole and month by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy import stats

from metrics.core.evidence.cbpe import Performance, expected_performance
from metrics.core.evidence.check import Check, Finding, judged, not_checked, number, percent
from metrics.core.evidence.columns import (
    Floats,
    Ints,
    codes,
    features,
    finite,
    floats,
    is_number,
    month_codes,
    plain,
    predictions,
    shares,
    shown,
)
from metrics.core.evidence.distances import Sorted, binned_shares, decile_edges, jensen_shannon, ks_p_value, psi

WARNING = 0.1
FAILS = 0.25
SIGNIFICANT = 0.05
MOST_CATEGORIES = 50
OTHER = "(other)"
NAMED = 3

RULE = (
    "Warning: a PSI above 0.1; fails: above 0.25; over all rows or in any month, and significant at 5 % after "
    "Benjamini–Hochberg over all columns and months (Kolmogorov–Smirnov for numbers, chi-squared for categories). PSI "
    "over the deciles of the reference, inner edges only, equal ones merged, a value on an edge going up, empty shares "
    "raised to 0.0001."
)


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
    found: list[Drift] = []
    for name in compared(table, reference):
        found += _of_column(name, table, reference, periods)
    if not found:
        return []
    adjusted = stats.false_discovery_control([one.p_value for one in found])
    found = [replace(one, adjusted=float(q)) for one, q in zip(found, adjusted, strict=True)]
    size = {one.column: one.psi for one in found if not one.period}
    return sorted(found, key=lambda one: (-size[one.column], one.column, one.period))


def compared(table: pa.Table, reference: pa.Table) -> list[str]:
    """Columns that drift is measured on: features, scores and labels that both tables have, in the same kind."""
    wanted = [*features(table), *predictions(table), "y_true"]
    names = [name for name in wanted if name in table.column_names and name in reference.column_names]
    return [name for name in names if is_number(table[name]) == is_number(reference[name])]


def drift_check(
    table: pa.Table, reference: pa.Table, *, name: str, task: str = "binary", time_zone: str = "UTC"
) -> Check:
    """The check "drift" of canonical rows against a reference called `name`, with the expected performance beside it.

    Not checked where the two have no column with values in common.
    """
    found = drift(table, reference, time_zone=time_zone)
    if not found:
        why = f"The rows and {name} have no feature, score or label in common."
        return not_checked("drift", why, "Log the same features with both.")
    expected = expected_performance(table, reference, time_zone=time_zone) if task == "binary" else []
    columns = list(dict.fromkeys(one.column for one in found))
    numbers = {
        "reference": name,
        "columns": [{**vars(one), "shifted": one.shifted} for one in found if not one.period],
        "months": [{**vars(one), "shifted": one.shifted} for one in found if one.period],
        "tests": len(found),
        "expected": [one.as_json() for one in expected],
    }
    good = f"None of {len(columns)} columns lies beyond a PSI of {WARNING} from {name}, in any month."
    check = judged("drift", _shifts(found), good=good, rule=RULE, numbers=numbers)
    return replace(check, text=check.text + _foretold(expected))


def _shifts(found: list[Drift]) -> list[Finding]:
    worst: dict[str, Drift] = {}
    for one in found:
        if one.shifted and (one.column not in worst or one.psi > worst[one.column].psi):
            worst[one.column] = one
    if not worst:
        return []
    whole = {one.column: one.psi for one in found if not one.period}
    ordered = sorted(worst.values(), key=lambda one: (-one.psi, one.column))
    named = ", ".join(_sentence(one, whole[one.column]) for one in ordered[:NAMED])
    columns = "1 column" if len(ordered) == 1 else f"{len(ordered)} columns"
    text = f"{columns} of {len(whole)} moved; most of all {named}."
    remedy = "See what changed there, and whether the model was trained for it."
    return [Finding("fails" if ordered[0].psi > FAILS else "warning", text, remedy)]


def _sentence(one: Drift, whole: float) -> str:
    over_all = f" (over all rows {whole:.2f})" if one.period else ""
    return f"{shown(one.column)} with a PSI of {one.psi:.2f}{f' in {one.period}' if one.period else ''}{over_all}"


def _foretold(expected: list[Performance]) -> str:
    whole = next((one for one in expected if not one.period), None)
    if whole is None or whole.accuracy is None:
        return ""
    said = f" From the scores alone an accuracy of {percent(whole.accuracy)}"
    return said + (f" and an AUC of {whole.roc_auc:.3f}" if whole.roc_auc is not None else "") + " is expected."


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
        for one, month in enumerate(self.names):
            yield month, order[bounds[one] : bounds[one + 1]]


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
    edges = decile_edges(reference.values)
    shares_known = binned_shares(edges, reference.values)
    rows = rows[np.argsort(values[rows])]
    ranks = reference.ranks(values[rows])
    found = []
    for month, part in periods.split(rows):
        if not len(part):
            continue
        current, rank = values[rows[part]], ranks[part]
        distance, here = reference.ks(current, rank), binned_shares(edges, current)
        found.append(
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
    return found


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
        order = sorted(range(len(texts)), key=lambda one: (-counts[one], texts[one]))[:MOST_CATEGORIES]
        kept = counts[order].astype(np.int64)
        return cls(name, [*(texts[one] for one in order), OTHER], np.r_[kept, counts.sum() - kept.sum()])

    def place(self, table: pa.Table) -> Ints:
        """Place of each row's category among these, -1 where it is empty."""
        texts, at = _texts(table, self.name)
        places = {name: one for one, name in enumerate(self.names)}
        found = np.array([*(places.get(text, len(self.names) - 1) for text in texts), -1], dtype=np.int64)
        return found[at]

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
    labels = np.concatenate([finite(floats(one["y_true"])) for one in (table, reference)])
    return bool(np.isin(labels, [0.0, 1.0]).all())
