"""Expected performance without labels, from calibrated scores (confidence-based performance estimation).

If a score is calibrated, a row with score p is a positive with probability p: the expected confusion follows from the
scores alone. The idea is that of NannyML's CBPE (documentation, "Confidence-based Performance Estimation"). It assumes
that the relation of score to label is that of the reference: it sees a shift of the inputs, not one of that relation.
So it is held against the labels that there are.

Draws of a figure: its point, plus what resampling buckets of the rows does to it where each has a label drawn from its
own probability (sampling), plus what resampling buckets of the reference does to the calibration. The band is of what
labels of so many rows would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import K, bucket_ids, bucket_weights, buckets_for, id_hashes
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.evidence.cbpe_calibration import Calibration, calibrated
from metrics.core.evidence.columns import floats, is_number, month_codes
from metrics.core.late import pa, special

THRESHOLD = 0.5  # where no mapping decides
LEVEL = 0.95
BINS = 64
LEAST_COMPARED = 30  # labels of a part, below which it is not held against them
_TURN = np.uint64(0x9E37_79B9_7F4A_7C15)
_ROW = ("weight", "positive", "acted", "caught")


@dataclass(frozen=True, eq=False)
class Policy:
    """What is done with each row, (n,): whether it is acted upon, and its money if it is a positive and if not.

    if_one, if_zero: None where no mapping in force gives rows money.
    """

    acted: NDArray[np.bool_]
    if_one: Floats | None = None
    if_zero: Floats | None = None


@dataclass(frozen=True, eq=False)
class Told:
    """One figure of a part of the rows, as the scores foretell it, and as its labelled rows have it.

    found: on the labelled rows; None where too few have a label. foretold: of those rows, from their scores. chance: of
    a difference as large between these two; None where none can be told.
    """

    point: float
    low: float | None
    high: float | None
    found: float | None = None
    foretold: float | None = None
    chance: float | None = None


@dataclass(frozen=True, eq=False)
class Performance:
    """What is foretold of a period ("" for all rows): figures by name; a figure that divides by nothing is left out.

    accuracy, precision, recall, f1, roc_auc, positives (their share), and value: money a row.
    """

    period: str
    n: int
    labelled: int
    figures: Mapping[str, Told]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "figures": {name: vars(told) for name, told in self.figures.items()}}


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows with a score, (n,): their calibrated probability, weight, label (NaN where none), bin and bucket."""

    score: Floats
    probability: Floats
    weight: Floats
    label: Floats
    policy: Policy
    uniform: Floats
    bucket: Ints
    n_buckets: int
    calibration: Calibration

    def part(self, rows: NDArray[Any]) -> _Rows:
        one, zero = self.policy.if_one, self.policy.if_zero
        policy = Policy(
            self.policy.acted[rows], None if one is None else one[rows], None if zero is None else zero[rows]
        )
        names = ("score", "probability", "weight", "label", "uniform", "bucket")
        return replace(self, policy=policy, **{name: getattr(self, name)[rows] for name in names})

    @cached_property
    def bins(self) -> tuple[Ints, Floats]:
        """Bin of each row, by quantiles of the score, and the mean score of each bin."""
        edges = np.unique(np.quantile(self.score, np.linspace(0, 1, BINS + 1)[1:-1]))
        _, place = np.unique(np.searchsorted(edges, self.score, side="left"), return_inverse=True)
        return place, np.bincount(place, weights=self.score) / np.bincount(place)

    def sums(self, positive: Floats) -> _Sums:
        """Sums by bin, of rows that are positives by so much."""
        place, centres = self.bins
        by_bin = [np.bincount(place, weights=column, minlength=len(centres)) for column in self._columns(positive)]
        gain = self._gain(positive)
        return _Sums.of(by_bin, None if gain is None else np.asarray((gain * self.weight).sum()))

    def resampled(self, positive: Floats) -> _Sums | None:
        """The same with the weights of each draw, (K, bins); None where one bucket leaves nothing to resample."""
        if self._drawn is None:
            return None
        of_all, of_acted = self._drawn_anyway
        _, ones, _, caught = self._columns(positive)
        gain = self._gain(positive)
        weights, at = self._drawn
        money = None if gain is None else weights @ np.bincount(at, weights=gain * self.weight)
        return _Sums.of((of_all, self._by_draw(ones), of_acted, self._by_draw(caught)), money)

    @cached_property
    def _drawn(self) -> tuple[Floats, Ints] | None:
        """The weights of each draw by bucket that has a row, (K, buckets), and which of these each row is in."""
        present, at = np.unique(self.bucket, return_inverse=True)
        if len(present) < 2:
            return None
        weights = bucket_weights(self.calibration.seed, self.n_buckets, columns=present)
        return np.asarray(weights, dtype=np.float64), at

    @cached_property
    def _drawn_anyway(self) -> tuple[Floats, Floats]:
        """The sums of each draw that do not ask which rows are positives: of all rows, and of those acted upon."""
        of_all, _, of_acted, _ = self._columns(np.zeros(len(self.score)))
        return self._by_draw(of_all), self._by_draw(of_acted)

    def _by_draw(self, column: Floats) -> Floats:
        """A column of the rows, summed by draw and bin, (K, bins)."""
        assert self._drawn is not None  # who asks has looked
        weights, at = self._drawn
        place, centres = self.bins
        cells = np.bincount(at * len(centres) + place, weights=column, minlength=weights.shape[1] * len(centres))
        return np.asarray(weights @ cells.reshape(weights.shape[1], len(centres)))

    def _columns(self, positive: Floats) -> tuple[Floats, ...]:
        """In the order of the sums."""
        ones, acted = self.weight * positive, self.policy.acted.astype(np.float64)
        return self.weight, ones, self.weight * acted, ones * acted

    def _gain(self, positive: Floats) -> Floats | None:
        one, zero = self.policy.if_one, self.policy.if_zero
        return None if one is None or zero is None else zero + positive * (one - zero)

    def labelled(self) -> _Rows:
        """Those that have a label; what was made of all rows is kept where these are all."""
        given = np.isfinite(self.label)
        return self if given.all() else self.part(np.flatnonzero(given))

    @cached_property
    def recalibrated(self) -> tuple[_Sums, _Sums]:
        """The sums under the binned calibration, and under that of each draw, (K, bins)."""
        place, centres = self.bins
        own, drawn = self.calibration.drawn(centres)
        one, zero = self.policy.if_one, self.policy.if_zero
        whole = self.sums(np.zeros(len(self.score)))
        weight, acted = whole.weight, whole.acted

        def under(chance: Floats) -> _Sums:
            money = None
            if one is not None and zero is not None:
                apart = np.bincount(place, weights=self.weight * (one - zero), minlength=len(centres))
                money = (self.weight * zero).sum() + chance @ apart
            return _Sums(
                np.broadcast_to(weight, chance.shape), weight * chance, acted + 0 * chance, acted * chance, money
            )

        return under(own), under(drawn)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Weight by bin (…, bins): of all rows, of positives, of rows acted upon, of both; and the money of all (…)."""

    weight: Floats
    positive: Floats
    acted: Floats
    caught: Floats
    money: Floats | None

    @classmethod
    def of(cls, by_bin: Sequence[Any], money: Any) -> _Sums:
        weight, positive, acted, caught = (np.asarray(column, dtype=np.float64) for column in by_bin)
        return cls(weight, positive, acted, caught, money)

    def figures(self) -> dict[str, Floats]:
        """Name → (…); NaN where it divides by nothing."""
        whole, positives, acted, caught = (np.asarray(getattr(self, name).sum(axis=-1)) for name in _ROW)
        right = caught + whole - positives - (acted - caught)
        negative = self.weight - self.positive
        wins = (self.positive * (np.cumsum(negative, axis=-1) - negative / 2)).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {
                "accuracy": right / whole,
                "precision": caught / acted,
                "recall": caught / positives,
                "f1": 2 * caught / (acted + positives),
                "roc_auc": wins / (positives * (whole - positives)),
                "positives": positives / whole,
            }
            return found if self.money is None else {**found, "value": self.money / whole}


def confusion(rows: _Rows) -> dict[str, float]:
    """Expected shares of the rows by truth and decision."""
    sums = rows.sums(rows.probability)
    whole, positives, acted, caught = (float(getattr(sums, name).sum()) for name in _ROW)
    cells = {"tp": caught, "fp": acted - caught, "fn": positives - caught, "tn": whole - positives - acted + caught}
    return {cell: value / whole for cell, value in cells.items()}


def scored(table: pa.Table, reference: pa.Table, policy: Policy | None, *, seed: int) -> _Rows | None:
    """The rows with the probabilities that the reference's labelled rows give their scores.

    policy: None for acting above a score of 0.5. None where it cannot be told: no scores in [0, 1] on either side, or
    fewer than 30 labelled rows of a class in the reference.
    """
    if not (_scored(table) and _scored(reference) and "y_true" in reference.column_names):
        return None
    given = np.isfinite(labels(reference))
    known = reference.filter(pa.array(given))
    calibration = calibrated(floats(known["y_score"]), labels(known), _ids(known), seed=seed)
    if calibration is None:
        return None
    score = floats(table["y_score"])
    n_buckets = buckets_for(len(score))
    hashes = id_hashes(table["example_id"]) * _TURN ^ np.uint64(seed)
    return _Rows(
        score=score,
        probability=calibration(score),
        weight=floats(table["weight"]) if "weight" in table.column_names else np.ones(len(score)),
        label=labels(table),
        policy=policy or Policy(score > THRESHOLD),
        uniform=((hashes * _TURN) >> np.uint64(11)).astype(np.float64) * 2.0**-53,
        bucket=bucket_ids(_ids(table), n_buckets).astype(np.int64),
        n_buckets=n_buckets,
        calibration=calibration,
    )


def expected_performance(rows: _Rows, table: pa.Table, *, time_zone: str = "UTC") -> Iterator[Performance]:
    """What is foretold over all rows and by month, beside what the labelled rows show."""
    parts = [("", np.flatnonzero(rows.weight > 0))]
    if "event_time" in table.column_names:
        names, at = month_codes(table["event_time"], time_zone)
        parts += [(month, np.flatnonzero((at == place) & (rows.weight > 0))) for place, month in enumerate(names)]
    for period, chosen in parts:
        if len(chosen):
            yield _performance(rows.part(chosen), period)


def _performance(rows: _Rows, period: str) -> Performance:
    points = _exact(rows, rows.probability)
    pseudo = (rows.uniform < rows.probability).astype(np.float64)
    sampled, by_chance = rows.resampled(pseudo), rows.sums(pseudo).figures()
    own, drawn = (sums.figures() for sums in rows.recalibrated)
    draws = None if sampled is None else sampled.figures()
    labelled = rows.labelled()
    compared = _compared(labelled) if len(labelled.score) >= LEAST_COMPARED else {}
    figures = {}
    for name, point in points.items():
        if not np.isfinite(point):
            continue
        low = high = None
        if draws is not None:
            moved = widening(len(np.unique(rows.bucket))) * (draws[name] - by_chance[name]) + drawn[name] - own[name]
            if np.isfinite(moved).all():
                low, high = np.quantile(point + moved, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
                low, high = (low, high) if name == "value" else (max(low, 0.0), min(high, 1.0))
        figures[name] = Told(point, low, high, **compared.get(name, {}))
    return Performance(period, len(rows.score), len(labelled.score), figures)


def _exact(rows: _Rows, positive: Floats) -> dict[str, float]:
    """The figures of rows that are positives by so much, the AUC by each score of its own."""
    found = {name: float(value) for name, value in rows.sums(positive).figures().items()}
    return found | {"roc_auc": auc(rows.score, rows.weight * positive, rows.weight * (1 - positive))}


def _compared(rows: _Rows) -> dict[str, dict[str, float | None]]:
    """Each figure of labelled rows as found and as foretold, and the chance of a difference as large.

    The difference is one of the same rows: what is left is the chance of their labels, and the calibration.
    """
    found, foretold = _exact(rows, rows.label), _exact(rows, rows.probability)
    ours, theirs = rows.resampled(rows.label), rows.resampled(rows.probability)
    own, drawn = (sums.figures() for sums in rows.recalibrated)
    by_draw = {} if ours is None or theirs is None else _apart(ours.figures(), theirs.figures())
    compared: dict[str, dict[str, float | None]] = {}
    for name, value in found.items():
        if not (np.isfinite(value) and np.isfinite(foretold[name])):
            continue
        compared[name] = {"found": value, "foretold": foretold[name], "chance": None}
        if name in by_draw:
            noise = widening(len(np.unique(rows.bucket))) * by_draw[name] - (drawn[name] - own[name])
            noise = noise[np.isfinite(noise)]
            spread = float(np.std(noise)) if len(noise) > K // 2 else 0.0
            if spread > 0:
                compared[name]["chance"] = float(2 * special.ndtr(-abs(value - foretold[name]) / spread))
    return compared


def _apart(ours: dict[str, Floats], theirs: dict[str, Floats]) -> dict[str, Floats]:
    return {name: ours[name] - theirs[name] for name in ours}


def auc(scores: Floats, positive: Floats, negative: Floats) -> float:
    """Σ positive_i negative_j [s_i > s_j, ties half] / (Σ positive · Σ negative), by distinct score; NaN without."""
    _, level = np.unique(scores, return_inverse=True)
    up, down = np.bincount(level, weights=positive), np.bincount(level, weights=negative)
    pairs = float(up.sum() * down.sum())
    return float((up * (np.cumsum(down) - down / 2)).sum() / pairs) if pairs > 0 else float("nan")


def labels(table: pa.Table) -> Floats:
    """Labels 0 and 1; NaN where there is none, and for anything else."""
    if "y_true" not in table.column_names or not is_number(table["y_true"]):
        return np.full(table.num_rows, np.nan)
    values = floats(table["y_true"])
    return np.where((values == 0) | (values == 1), values, np.nan)


def _ids(table: pa.Table) -> pa.ChunkedArray:
    return table["cluster_id" if "cluster_id" in table.column_names else "example_id"]


def _scored(table: pa.Table) -> bool:
    if "y_score" not in table.column_names or not is_number(table["y_score"]) or not table.num_rows:
        return False
    scores = floats(table["y_score"])
    return bool(((scores >= 0) & (scores <= 1)).all())
