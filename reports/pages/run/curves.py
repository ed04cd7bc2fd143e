"""The curves of a binary run as charts, each with a sentence that says what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from metrics.core import numerals, unit_names
from metrics.core.estimate import Unknown
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board, curves
from reports.charts import shapes
from reports.charts.parts import Mark

MOST_POINTS = 160


def curves_page(run: Any) -> dict[str, Any]:
    """The charts of a binary run; none where it has no rows."""
    found = curves.of_run(run)
    if found is None:
        return {"charts": []}
    charts = [_roc(found), _precision_recall(found), _calibration(found), _distribution(found)]
    return {"charts": [chart for chart in charts if chart], "profit": _profit(run)}


def _thin(*arrays: Any) -> list[list[float]]:
    """At most so many points, the first and the last among them; those that are not numbers are left out."""
    kept = np.isfinite(np.stack([np.asarray(array, dtype=float) for array in arrays])).all(axis=0)
    length = int(kept.sum())
    at: Any = np.unique(np.linspace(0, length - 1, min(length, MOST_POINTS)).round().astype(int)) if length else []
    return [np.asarray(array, dtype=float)[kept][at].tolist() for array in arrays]


def _roc(found: curves.Curves) -> dict[str, Any] | None:
    if found.roc is None:
        return None
    x, y = _thin(found.roc.x, found.roc.y)
    at = _at_half(found.roc)
    tpr = float(np.interp(0.1, found.roc.x, found.roc.y))
    title = f"{numerals.percent(tpr)} of the positives are found at 10{unit_names.NBSP}% false alarms"
    says = f"ROC curve: a true positive rate of {numerals.percent(tpr)} at a false positive rate of 10 %."
    return {
        "title": title,
        "aside": "ROC",
        "chart": shapes.roc(false_positive_rate=x, true_positive_rate=y, at=at, says=says),
    }


def _precision_recall(found: curves.Curves) -> dict[str, Any] | None:
    curve = found.precision_recall
    if curve is None:
        return None
    x, y = _thin(curve.x, curve.y)
    base = found.positives / found.n if found.n else 0.0
    half = float(np.interp(0.5, curve.x, curve.y))
    title = f"Half of the positives are found with {numerals.percent(half)} precision"
    says = (
        f"Precision by recall: {numerals.percent(half)} precision at a recall of 50 %, "
        f"against a base rate of {numerals.percent(base)}."
    )
    chart = shapes.precision_recall(recall=x, precision=y, base_rate=base, at=_at_half(curve), says=says)
    return {"title": title, "aside": "precision, recall", "chart": chart}


def _at_half(curve: Any) -> Mark | None:
    """The point of a curve at the threshold 0.5."""
    near = np.abs(np.asarray(curve.threshold) - 0.5)
    if not np.isfinite(near).any():
        return None
    at = int(np.nanargmin(near))
    if near[at] > 0.05:
        return None
    return Mark(x=float(curve.x[at]), y=float(curve.y[at]), words="at 0.5")


def _calibration(found: curves.Curves) -> dict[str, Any] | None:
    bins = [(one, one.observed) for one in found.calibration if not isinstance(one.observed, Unknown)]
    if not bins:
        return None
    predicted = [one.mean_score for one, _ in bins]
    observed = [estimate.point for _, estimate in bins]
    bands = [estimate.band() for _, estimate in bins]
    banded = all(band is not None for band in bands)
    weights = [one.weight for one, _ in bins]
    off = [o - p for o, p in zip(observed, predicted, strict=True)]
    worst = max(range(len(bins)), key=lambda i: abs(off[i]) * weights[i])
    outside = [i for i, band in enumerate(bands) if band is not None and not band[0] <= predicted[i] <= band[1]]
    if banded and not outside:
        title = "The probabilities hold: every tenth agrees with what happened"
    else:
        happened, said = numerals.percents(observed[worst], predicted[worst])
        title = f"Where it says {said}, {happened} happened"
    says = "Observed share by predicted probability: " + "; ".join(
        f"{numerals.percent(p)} predicted, {numerals.percent(o)} observed"
        for p, o in zip(predicted, observed, strict=True)
    )
    chart = shapes.calibration(
        predicted=predicted,
        observed=observed,
        low=[band[0] for band in bands if band] if banded else (),
        high=[band[1] for band in bands if band] if banded else (),
        says=says + ".",
    )
    return {"title": title, "aside": "calibration", "chart": chart}


def _distribution(found: curves.Curves) -> dict[str, Any] | None:
    bars = found.distribution
    if not bars:
        return None
    positives, negatives = [bar.positives for bar in bars], [bar.negatives for bar in bars]
    middle = len(bars) // 2
    low = sum(positives[:middle]) / (sum(positives) or 1.0)
    title = f"{numerals.percent(low)} of the positives score below 0.5"
    says = f"Distribution of the scores of either outcome; {numerals.percent(low)} of the positives lie below 0.5."
    chart = shapes.histogram(
        edges=[*(bar.low for bar in bars), bars[-1].high],
        positives=positives,
        negatives=negatives,
        words=("positives", "negatives"),
        threshold=0.5,
        says=says,
    )
    return {"title": title, "aside": "scores", "chart": chart}


def _profit(run: Any) -> dict[str, Any] | None:
    held = board.in_money(run, Known(run.product), acts=True)
    if held is None:
        return None
    figure, document = held
    found = curves.profit(run, document)
    if isinstance(found, Unknown):
        return None
    inside = (found.threshold >= 0) & (found.threshold <= 1)
    best = found.best()
    x, y, low, high = _thin(np.clip(found.threshold, 0, 1)[inside], found.point[inside], *_banded(found, inside))
    banded = bool(np.isfinite(found.low).all())
    unit = found.unit
    top, at = float(found.point[best]), float(np.clip(found.threshold[best], 0, 1))
    words = str(numerals.word(numerals.Figure(top, unit)))
    case = run.product.case_noun
    title = f"One threshold for all would earn {words} at best, acting above {at:.2f}"
    acted = numerals.percent(float(found.share_acted[best]))
    says = f"Money by threshold: {words} at best, at {at:.2f}, acting on {acted} of the {unit_names.plural(case)}."
    chart = shapes.curve(
        x=x,
        y=y,
        band=(low, high) if banded else None,
        marks=[Mark(x=at, y=top, words=f"best at {at:.2f}")],
        x_title="threshold: act above",
        x_is="number",
        of="money",
        unit=unit,
        says=says,
    )
    return {
        "title": title,
        "aside": f"{unit.replace('/', ' / ')}, {numerals.percent(found.level)} band",
        "sub": f"{figure.kpi.name}. Chosen on the rows that it is read from, so it flatters; the figure above"
        " follows the mapping’s own rule.",
        "chart": chart,
    }


def _banded(found: Any, inside: Any) -> tuple[Any, Any]:
    if np.isfinite(found.low).all():
        return found.low[inside], found.high[inside]
    return found.point[inside], found.point[inside]
