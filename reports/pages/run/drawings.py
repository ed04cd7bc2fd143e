"""What the page of a run draws, by its task: curves, errors, classes; and every task's first metric by month."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metrics.core import numerals
from metrics.core.evaluation.metrics.definition import NOMINAL
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.numerals import stated
from metrics.queries.documents.definitions import Definition
from metrics.queries.evaluation import classes, residuals, segments, statistics, training_steps
from reports.charts import errors, series
from reports.pages.run.blocks import Cell, Line, Table, count, heat, share
from reports.pages.run.curves import curves_page
from reports.words.dates import period

LEAST_MONTHS = 2
LEAST_ROWS = 30  # of a month, for its figure to be drawn
MOST_CLASSES = 25  # of a table that can be read
MOST_CURVES = 12


def drawings(run: Any, known: Mapping[str, Definition]) -> dict[str, Any]:
    """Charts as {title, aside, chart}, tables, and the profit curve; all empty where the run has no rows."""
    own = DRAWN.get(run.task)
    found: dict[str, Any] = {"charts": [], "tables": []} | (own(run) if own else {})
    charts = [*found["charts"], *_months(run, known)]
    return found | {"charts": charts, "labels_missing": run.data_set is not None and not _labelled(run)}


def steps_page(run: Any) -> dict[str, Any]:
    """A chart for each metric that the run reported step by step."""
    found = training_steps.of_run(run)
    charts = [_curve(one) for one in found if any(value is not None for value in one.values)]
    return {"charts": charts[:MOST_CURVES], "more": [chart["title"] for chart in charts[MOST_CURVES:]]}


def _labelled(run: Any) -> bool:
    found = statistics.of_run(run)
    return found is not None and found.n > 0


def _residuals(run: Any) -> dict[str, Any]:
    found = residuals.of_run(run)
    if found is None or not found.errors:
        return {}
    bars = found.errors
    total = sum(bar.weight for bar in bars)
    above = sum(bar.weight for bar in bars if bar.low >= 0) / total
    bias = sum(band.weight * (band.prediction - band.truth) for band in found.tenths) / total
    title = f"{numerals.percent(above)} of the predictions are too high"
    open_ended = any(math.isinf(bar.low) or math.isinf(bar.high) for bar in bars)
    caption = "The outermost bars hold all errors beyond them." if open_ended else ""
    charts = []
    if any(math.isfinite(bar.low) and math.isfinite(bar.high) for bar in bars):
        chart = errors.residuals(
            low=[bar.low for bar in bars],
            high=[bar.high for bar in bars],
            weight=[bar.weight for bar in bars],
            bias=bias,
            says=f"Histogram of prediction less truth: {title}; on average they are off by {stated(bias)}.",
            caption=caption,
        )
        charts.append({"title": title, "aside": "errors", "chart": chart})
    return {"charts": [*charts, *_tenths(found.tenths)]}


def _tenths(tenths: Sequence[Any]) -> list[dict[str, Any]]:
    if len(tenths) < 2:
        return []
    worst = max(tenths, key=lambda band: abs(band.prediction - band.truth) * band.weight)
    title = f"Where {stated(worst.prediction)} was predicted, {stated(worst.truth)} came on average"
    pairs = "; ".join(f"{stated(band.prediction)} predicted, {stated(band.truth)} observed" for band in tenths)
    chart = errors.predicted_observed(
        predicted=[band.prediction for band in tenths],
        observed=[band.truth for band in tenths],
        says=f"Mean truth by mean prediction, in tenths of the rows: {pairs}.",
    )
    return [{"title": title, "aside": "tenths of the rows", "chart": chart}]


def _months(run: Any, known: Mapping[str, Definition]) -> list[dict[str, Any]]:
    keys = TASKS[run.task].headline
    found = [one for one in segments.segments(run, keys) if one.column == "month" and one.n >= LEAST_ROWS]
    wanted = [keys[0], *(key for key in keys[1:] if known[key].aim == NOMINAL)]
    return [chart for key in wanted if (chart := _by_month(found, key, known[key], run))]


def _by_month(found: Sequence[Any], key: str, definition: Definition, run: Any) -> dict[str, Any] | None:
    held = [(one.name, one.figures[key]) for one in found if one.figures.get(key, {}).get("point") is not None]
    if len(held) < LEAST_MONTHS:
        return None
    months, values = [name for name, _ in held], [figure["point"] for _, figure in held]
    bands = [figure["bands"].get("0.95") or (None, None) for _, figure in held]
    covers = definition.aim == NOMINAL
    level = _interval(run) if covers else None
    if covers and level is not None:
        at = min(range(len(values)), key=lambda i: values[i])
        title = (
            f"{period(months[at], 'long')} holds {numerals.percent(values[at])} of a promised {numerals.percent(level)}"
        )
    else:
        worse = max if definition.direction == "down" else min
        at = worse(range(len(values)), key=lambda i: values[i])
        title = f"{period(months[at], 'long')} is the worst month, by {key}"
    said = "; ".join(
        f"{period(m)} {numerals.percent(v, 1) if covers else stated(v)}" for m, v in zip(months, values, strict=True)
    )
    chart = series.by_month(
        months=months,
        values=values,
        low=[band[0] for band in bands],
        high=[band[1] for band in bands],
        level=level,
        level_is=f"promised: {numerals.percent(level)}" if level is not None else "",
        unit="share" if covers else "number",
        of=definition.name,
        says=f"{definition.name} by month: {said}.",
    )
    return {"title": title, "aside": "by month", "chart": chart}


def _interval(run: Any) -> float | None:
    found = residuals.of_run(run)
    return found.interval if found is not None else None


def _classes(run: Any) -> dict[str, Any]:
    found = classes.of_run(run)
    if found is None:
        return {}
    names = [one.name for one in found.classes]
    per_class = Table(
        _weakest(found.classes),
        ("Class", "Labels", "Predictions", "Precision", "Recall", "F1"),
        tuple(
            Line(
                one.name,
                (
                    count(one.labels),
                    count(one.predictions),
                    *(_figure(figure) for figure in (one.precision, one.recall, one.f1)),
                ),
            )
            for one in found.classes
        ),
        note="± is half a 95 % band.",
    )
    if len(names) > MOST_CLASSES:
        return {"tables": [per_class]}
    lines = []
    for at, (name, row) in enumerate(zip(names, found.counts, strict=True)):
        total = sum(row)
        cells = (_confused(value / total if total else None, right=at == place) for place, value in enumerate(row))
        lines.append(Line(name, tuple(cells), under=f"{total:,.0f} rows"))
    note = "Shares of each row: of what a class is, how much is predicted as what. The diagonal is right."
    confusion = Table(
        _confusion_title(names, found.counts), ("Label ↓, prediction →", *names), tuple(lines), note, heat=True
    )
    return {"tables": [confusion, per_class]}


def _confused(part: float | None, *, right: bool) -> Cell:
    return share(part, f"{heat(part or 0.0)}{' right' if right else ''}".strip())


def _confusion_title(names: Sequence[str], counts: Sequence[Sequence[float]]) -> str:
    """Which two classes are taken for one another most often."""
    wrong = [
        (value, names[truth], names[prediction])
        for truth, row in enumerate(counts)
        for prediction, value in enumerate(row)
        if truth != prediction and value
    ]
    if not wrong:
        return "No class is taken for another"
    _, truth, prediction = max(wrong)
    return f"{truth} is most often taken for {prediction}"


def _weakest(found: Sequence[Any]) -> str:
    known = [one for one in found if one.f1.get("point") is not None]
    return f"{min(known, key=lambda one: one.f1['point']).name} is told apart worst" if len(known) > 1 else "Classes"


def _figure(figure: Mapping[str, Any]) -> Cell:
    read = numerals.read(figure)
    if not isinstance(read, numerals.Figure):
        return Cell("–", "muted")
    worded = numerals.word(read)
    spread = "(no band)" if read.no_band else numerals.half_width(read, worded)
    return Cell(f"{worded} {spread}".strip())


def _curve(one: training_steps.Curve) -> dict[str, Any]:
    known = [(step, value) for step, value in zip(one.steps, one.values, strict=True) if value is not None]
    last = known[-1]
    chart = series.training(
        steps=one.steps,
        values=one.values,
        of=one.metric,
        says=f"{one.metric} by step: {stated(known[0][1])} at first, {stated(last[1])} at step {last[0]:,}.",
    )
    return {"title": one.metric, "aside": f"{stated(last[1])} at step {last[0]:,}", "chart": chart}


# What is drawn of a task's own; of a task that is not named, its first metric by month alone.
DRAWN: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "binary": curves_page,
    "multiclass": _classes,
    "regression": _residuals,
    "forecast": _residuals,
}
