"""A calibrated mapping as its signers read it: pairs, curve, band and range, and the error of each form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.calibrated import EXPERIMENT, KIND, bases, calibration, doubts, prediction, stream
from metrics.core.kpi.calibration import LEAST_ISOTONIC, Calibration, Prediction
from metrics.queries.documents import calibration as documents_calibration
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import no_champion, stands_on
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi import calibration as queries
from reports.charts import pairs
from reports.charts.drawing import Chart
from reports.pages.run.blocks import Line, Table, number, text
from reports.words.phrases import Verdict, count

STEPS = 121  # places at which the curve is drawn
FORMS = {
    "linear": "a straight line (Theil–Sen)",
    "isotonic": "a monotone curve (isotonic)",
    "errors in both": "a straight line (errors in both: Fuller, York)",
}
KINDS = {"history": "observed over time", "experiment": "experiments"}
PLACES = {
    "inside": Verdict("good", "Within the pairs"),
    "fringe": Verdict("warn", "Just beyond the pairs: one grade lower"),
    "outside": Verdict("bad", "Too far from the pairs"),
}


@dataclass(frozen=True, kw_only=True)
class Fit:
    """why: why nothing is fitted, "" where something is. notes: what a reader should know before believing it."""

    title: str
    why: str
    url: str
    pairs: int
    chart: Chart | None = None
    errors: Table | None = None
    place: Verdict | None = None
    notes: tuple[str, ...] = ()


def fit(version: Any, known: Known) -> Fit | None:
    """What was fitted for a version; None for other kinds of mapping. Needs no champion."""
    definition, kpi = version.definition, version.mapping.kpi
    if definition["kind"] != KIND:
        return None
    metric = known.metrics.get(definition["metric"])
    held = known.pairs.get((kpi.key, definition["metric"], definition["pairs"]), [])
    increasing = metric is None or metric.direction == kpi.direction
    document = {"kpi": kpi.key, "definition": definition, "seed": known.product.seed, "unit": kpi.unit}
    document |= documents_calibration.part(held, increasing=increasing)
    found = calibration(document)
    url = reverse("kpi-pairs", args=[known.product.slug, kpi.key])
    title = f"{kpi.name} read off {definition['metric']}"
    if isinstance(found, Unknown):
        return Fit(title=title, why=f"{found.reason[:1].upper()}{found.reason[1:]}.", url=url, pairs=len(held))
    figure = _champion(version, known)
    now = figure.point - bases(definition)[0] if isinstance(figure, Estimate) else None
    return Fit(
        title=title,
        why="",
        url=url,
        pairs=len(held),
        chart=_chart(found, document, known, kpi, now),
        errors=_errors(found, kpi),
        place=None if now is None else PLACES[found.place(now)],
        notes=(*_notes(found, document), *_open(prediction(document, figure))),
    )


def _champion(version: Any, known: Known) -> Quantity:
    """The metric of the champion that the version is read from."""
    champion = stands_on(version, known)
    if champion is None:
        return Unknown(no_champion(version, known))
    figure = catalogue.metric_figures([champion])[champion.pk].get(version.definition["metric"])
    return figure.quantity if figure else Unknown("the champion has no such metric")


def _open(read: Prediction) -> tuple[str, ...]:
    """That the band has no end on a side."""
    sides = [side for side, is_open in (("below", read.open_low), ("above", read.open_high)) if is_open]
    if not sides:
        return ()
    where = " and ".join(sides)
    return (f"The champion’s band is open {where}: over a fifth of its metric’s draws lie beyond the pairs.",)


def _chart(found: Calibration, document: Any, known: Known, kpi: Any, now: float | None) -> Chart:
    grid = np.unique(np.concatenate([np.linspace(*found.allowed, STEPS), found.range]))
    low, high = found.band(grid, seed=known.product.seed, name=stream(document))
    shown = now is not None and found.place(now) != "outside"
    at = None if now is None or not shown else (now, float(found.at(np.array([now]))[0]))
    change = "change of " if document["definition"]["pairs"] == "experiment" else ""
    ends = " to ".join(map(numerals.stated, found.range))
    way = "rises" if found.rises else "falls"
    return pairs.fit(
        x=found.x.tolist(),
        y=found.y.tolist(),
        grid=grid.tolist(),
        curve=found.at(grid).tolist(),
        low=low.tolist(),
        high=high.tolist(),
        inside=found.range,
        now=at,
        across=f"{change}{document['definition']['metric']}",
        up=f"{change}{kpi.name}, {unit_names.unit_words(kpi.unit) or 'number'}",
        says=f"{len(found.x)} pairs from {ends}; {FORMS[found.form]} through them {way}, with its 95 % band.",
        caption="The large dot is the champion." if shown else "",
    )


def _errors(found: Calibration, kpi: Any) -> Table:
    """The out-of-sample error of each form that was tried."""
    lines = [
        Line(
            FORMS[one.form],
            (number(one.mean, _places(one.mean)), number(one.root, _places(one.root)), text(f"{one.how}, {one.pairs}")),
            under="in use" if one.form == found.form else "",
            marked=one.form == found.form,
        )
        for one in found.errors
    ]
    few = len(found.x) < LEAST_ISOTONIC
    note = f"A monotone curve is tried from {LEAST_ISOTONIC} pairs." if few else "The form that errs less is in use."
    if found.both is not None:
        note = "The errors of the experiments, of metric and KPI, are part of these."
    heads = ("Form", "Mean error", "Root mean square", "On unseen pairs")
    return Table(
        f"Error on unseen pairs, in {unit_names.unit_words(kpi.unit) or 'numbers'}", heads, tuple(lines), note=note
    )


def _places(value: float) -> int:
    return 2 if value == 0 else max(0, 2 - int(np.floor(np.log10(abs(value)))))


def _notes(found: Calibration, document: Any) -> tuple[str, ...]:
    notes = []
    if not found.agrees:
        notes.append("The fit goes against the declared directions of the metric and the KPI.")
    if document["definition"]["pairs"] == EXPERIMENT:
        return (*notes, *_of_experiments(found, document))
    if found.reliability is not None and found.reliability < 0.9:
        share = numerals.percent(1 - found.reliability)
        notes.append(f"{share} of the metric’s spread is its own error: the curve is flatter than the truth.")
    return tuple(notes)


def _of_experiments(found: Calibration, document: Any) -> Iterator[str]:
    """The slope with its band, what stands in for the rest, and why the grade is not A."""
    slope = found.slope(seed=document["seed"], name=stream(document))
    if found.both is not None and found.reliability is not None and isinstance(slope, Estimate):
        band = slope.band()
        held = f"95 % band {_signed(band[0])} to {_signed(band[1])}" if band else f"no band: {slope.why_no_band}"
        yield (
            f"A change of 1 in the metric changes the KPI by {_signed(slope.point)} ({held}); "
            f"{numerals.percent(found.reliability)} of the spread of the metric’s changes is signal. Where the metric "
            f"does not change, the KPI changes by {_signed(found.both.intercept)}."
        )
        if found.both.scatter:
            times, scatter = _signed(found.both.excess), _signed(found.both.scatter)
            yield (
                f"The changes scatter more than their stated errors explain ({times} times): the KPI "
                f"has a scatter of {scatter} of its own."
            )
    for reason in doubts(document):
        yield f"Grade B, not A: {reason}."


def _signed(value: float) -> str:
    return numerals.stated(float(f"{value:.3g}"))


def pair_batches(product: Any, kpi: Any) -> list[dict[str, Any]]:
    """The imports of a KPI's pairs, the newest first."""
    return [
        {
            "id": batch.id,
            "words": batch_words(batch.pairs),
            "kind": KINDS[batch.first.kind],
            "by": batch.first.imported_by,
            "when": batch.first.created_at,
            "source": batch.first.source,
        }
        for batch in queries.batches(product, kpi.key)
    ]


def batch_words(pairs: Sequence[Any]) -> str:
    """ "Two pairs with log_loss"."""
    return f"{count(len(pairs), 'pair').capitalize()} with {pairs[0].metric}"


def metric_choices(known: Known) -> list[tuple[str, str]]:
    """Metrics to choose from: the product's own first, then by key."""
    rows = sorted(known.metrics.values(), key=lambda metric: (metric.own is None, metric.key))
    return [(row.key, f"{row.key}: {row.name}") for row in rows if row.own is None or row.own.retired_at is None]
