"""The metrics of a run as a table: in groups by what they ask, each with its receipt and how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from metrics.queries.evaluation.metric_definitions import Definition

# For each task the groups of its metrics, in the order of what they ask; the rest of its metrics come after them.
GROUPS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "binary": (
        ("Ranking: are positives above negatives?", ("roc_auc", "gini", "average_precision", "ks")),
        ("Probabilities: are they right?", ("log_loss", "brier", "ece")),
        ("The top tenth", ("lift_top10", "precision_top10", "recall_top10")),
        ("Decisions at 0.5", ("precision", "recall", "f1", "mcc", "balanced_accuracy", "accuracy")),
        ("The rows", ("base_rate",)),
    ),
    "multiclass": (
        ("Decisions: is the class right?", ("accuracy", "top2_accuracy", "top3_accuracy", "balanced_accuracy", "mcc")),
        ("Averages over the classes", ("f1_macro", "f1_weighted", "precision_macro", "recall_macro")),
        ("Probabilities: are they right?", ("log_loss", "brier")),
    ),
    "regression": (
        ("How far off?", ("mae", "rmse", "bias")),
        ("How far off, for the size of the truth?", ("wape", "smape", "mape")),
        ("How much is explained?", ("r2",)),
    ),
    "forecast": (
        ("How far off?", ("mae", "rmse", "bias")),
        ("How far off, for the size of the truth?", ("wape", "smape", "mape")),
        ("Better than a naive forecast?", ("mase", "r2")),
        (
            "Intervals: do they hold what they promise?",
            ("interval_coverage", "interval_width", "winkler", "pinball_low", "pinball_high"),
        ),
    ),
    "ranking": (
        ("Order: does what is relevant stand first?", ("ndcg_10", "ndcg_5", "map_10", "mrr")),
        ("The first ten results", ("hit_rate_10", "precision_10", "recall_10")),
    ),
}
BETTER = {"up": "higher", "down": "lower"}


def metric_groups(
    task: str, mine: Mapping[str, Any], theirs: Mapping[str, Any], known: Mapping[str, Definition]
) -> list[dict[str, Any]]:
    """Groups of rows, those that are there; mine, theirs: key → figure of the run and of the champion."""
    groups = GROUPS[task]
    placed = {key for _, keys in groups for key in keys}
    own = [key for key in sorted(mine) if key not in placed]
    formulas = tuple(key for key in own if key in known and known[key].kind == "custom")
    built_in = tuple(key for key in own if key in known and known[key].kind == "built_in")
    reported = tuple(key for key in own if key not in formulas and key not in built_in)
    named = (("By the product’s own formulas", formulas), ("Reported by the run", reported), *groups)
    found = []
    for title, keys in (*named, ("Other metrics", built_in)):
        rows = [_row(mine[key], theirs.get(key), known.get(key)) for key in keys if key in mine]
        if rows:
            found.append({"title": title, "rows": rows})
    return found


def receipt_url(digest: str) -> str | None:
    return reverse("receipt", args=[digest]) if digest else None


def _row(one: Any, champion: Any, known: Definition | None) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": known.name if known else one.key,
        "better": "" if known is None else f"near {known.aim}" if known.aim else BETTER[known.direction],
        "formula": known.formula if known else "",
        "source": known.source if known else "",
        "q": one.quantity,
        "champion": champion.quantity if champion is not None else None,
        "receipt": receipt_url(one.receipt),
    }
