"""The page of one run: what it measured, what it is worth, whether to believe it, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from metrics.core.estimate import Estimate
from metrics.queries import evaluation, evidence, kpi, runs
from metrics.queries.documents import Known
from metrics.queries.grade import Grader
from reports.pages.runs import TONES, WORDS
from reports.templatetags import numerals

HEADLINES = ("roc_auc", "log_loss", "ece")
# The metrics of a run in the order of what they ask.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Ranking: are positives above negatives?", ("roc_auc", "gini", "average_precision", "ks")),
    ("Probabilities: are they right?", ("log_loss", "brier", "ece")),
    ("The top tenth", ("lift_top10", "precision_top10", "recall_top10")),
    ("Decisions at 0.5", ("precision", "recall", "f1", "mcc", "balanced_accuracy", "accuracy")),
    ("The rows", ("base_rate",)),
)


def run_page(run: Any, best: Any) -> dict[str, Any]:
    """What the page shows at once; money and curves come in fragments of their own."""
    held = [run, *([best] if best is not None and best.pk != run.pk else [])]
    figures = evaluation.metric_figures(held)
    mine = figures.get(run.pk, {})
    theirs = figures.get(best.pk, {}) if best is not None and best.pk != run.pk else {}
    why = evaluation.not_comparable(run, best)
    checks = evidence.checks(run, best)
    return {
        "headlines": [
            {"key": key, "q": mine[key].quantity, "receipt": _receipt(mine[key].receipt), "ref": _ref(theirs, key, why)}
            for key in (*HEADLINES, *sorted(run.reported))
            if key in mine
        ][:3],
        "metric_groups": _grouped(mine, {} if why else theirs, evaluation.metrics(run.product)),
        "against": best.name if theirs and not why else "",
        "not_comparable": why,
        "checks": [
            {"name": c.name, "kind": TONES[c.verdict], "words": WORDS[c.verdict], "text": c.text, "remedy": c.remedy}
            for c in checks
        ],
        "holding": sum(check.verdict == "holds" for check in checks),
        "manifest": _manifest(run),
        "warnings": run.warnings,
    }


def _ref(theirs: Mapping[str, Any], key: str, why: str) -> Any:
    return theirs[key].quantity if key in theirs and not why else None


def _receipt(digest: str) -> str | None:
    return reverse("receipt", args=[digest]) if digest else None


def _grouped(mine: Mapping[str, Any], theirs: Mapping[str, Any], registered: Iterable[Any]) -> list[dict[str, Any]]:
    known = {metric.key: metric for metric in registered}
    placed = {key for _, keys in GROUPS for key in keys}
    own = tuple(sorted(key for key in mine if key not in placed))
    found = []
    for title, keys in (("Reported by the run", own), *GROUPS):
        rows = [
            {
                "key": key,
                "name": known[key].name if key in known else key,
                "direction": "higher" if key not in known or known[key].direction == "up" else "lower",
                "q": mine[key].quantity,
                "champion": theirs[key].quantity if key in theirs else None,
                "receipt": _receipt(mine[key].receipt),
            }
            for key in keys
            if key in mine
        ]
        if rows:
            found.append({"title": title, "rows": rows})
    return found


def _manifest(run: Any) -> list[dict[str, Any]]:
    """Groups of (label, text, class of the text): all that the run told of itself."""
    given = run.manifest
    pairs = [("Model", f"{run.version.model.name}, version {run.version.name}", "")]
    if run.data_set is not None:
        data = run.data_set
        pairs.append(("Data set", f"{data.name}, {data.n_rows:,} rows", ""))
        if data.first_event and data.last_event:
            pairs.append(("Rows from", f"{data.first_event:%-d %b %Y} to {data.last_event:%-d %b %Y}", ""))
        pairs.append(("Data digest", data.digest, "mono"))
    if run.rows:
        pairs.append(("Stored rows", run.rows, "mono"))
    labels = {
        "where": "Only rows where",
        "reference": "Reference rows",
        "rename": "Renamed",
        "split": "Split",
        "seed": "Seed",
        "code_commit": "Code commit",
        "trained_on": "Trained on",
        "note": "Note",
    }
    for key, label in labels.items():
        if given.get(key) not in (None, "", {}, []):
            pairs.append((label, _text(given[key]), "mono" if key == "code_commit" else ""))
    groups = [{"title": "", "pairs": pairs}]
    for key, title in (("parameters", "Parameters"), ("environment", "Environment")):
        under = [(name, _text(value), "") for name, value in sorted((given.get(key) or {}).items())]
        groups += [{"title": title, "pairs": under}] if under else []
    return groups


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_text(inner)}" for name, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def money_page(run: Any, best: Any) -> dict[str, Any]:
    """The KPIs and the money that a run implies under the mappings in force, paired with the champion's."""
    product = run.product
    known = Known(product)
    grader = Grader(product, timezone.localdate())
    held = [run, *([best] if best is not None and best.pk != run.pk else [])]
    found = kpi.of_runs(held, known, grader, known.approved.values()) if known.approved else {}
    theirs = {one.kpi.key: one for one in found.get(best.pk, [])} if len(held) > 1 and best is not None else {}
    why = evaluation.not_comparable(run, best)
    version = runs.value_version(product)
    first = version.mapping.kpi.key if version else ""
    rows = sorted(found.get(run.pk, []), key=lambda one: (one.kpi.key != first, one.kpi.name))
    shown = [_kpi_row(one, None if why else theirs.get(one.kpi.key), run) for one in rows]
    return {
        "kpis": shown,
        "value": next((row for row in shown if row["key"] == first), None),
        "computing": any(not one.receipt for one in rows) and run.state == "scored",
        "money_url": reverse("run-money", args=[product.slug, run.pk]),
        "champion_is_this": best is not None and best.pk == run.pk,
        "why_not_compared": why,
        "mapping_url": reverse("mappings", args=[product.slug]),
    }


def _kpi_row(one: Any, theirs: Any, run: Any) -> dict[str, Any]:
    row = {
        "key": one.kpi.key,
        "name": one.kpi.name,
        "q": one.quantity,
        "grade": one.grade.letter,
        "grade_why": ", ".join(one.grade.reasons),
        "receipt": _receipt(one.receipt),
        "mapping": f"{one.version.mapping.name}, version {one.version.number}",
        "mapping_url": kpi.mapping_url(one.version),
        "champion": theirs.quantity if theirs is not None else None,
        "difference": None,
        "chance": None,
        "total": _over_rows(one.quantity, run),
    }
    if theirs is not None and isinstance(one.quantity, Estimate) and isinstance(theirs.quantity, Estimate):
        difference = one.quantity.minus(theirs.quantity)
        row["difference"] = difference
        if isinstance(difference, Estimate) and difference.point:
            up = one.kpi.direction == "up"
            row["chance"] = difference.probability(lambda draws: draws > 0 if up else draws < 0)
    return row


def _over_rows(quantity: Any, run: Any) -> str:
    """What a value a case comes to over the rows of the run, in words; "" where the figure is no value a case."""
    if not isinstance(quantity, Estimate) or not run.n_rows:
        return ""
    case = f"/{run.product.case_noun}"
    unit = quantity.unit.replace(" ", "")
    if not unit.endswith(case) or not numerals.is_money(unit):
        return ""
    bands = {level: tuple(end * run.n_rows for end in band) for level in (0.8, 0.95) if (band := quantity.band(level))}
    figure = numerals.Figure(quantity.point * run.n_rows, unit.removesuffix(case), bands)  # type: ignore[arg-type]
    worded = numerals.word(figure)
    band_words = numerals.band_text(figure, worded)
    tail = f" ({band_words[0]} band {band_words[1]})" if band_words else ""
    return f"{worded}{tail} over its {run.n_rows:,} rows"
