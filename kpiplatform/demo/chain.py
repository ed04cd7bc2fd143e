"""The chain of the demonstration, from loss to money: as a short table, and as JSON."""

from __future__ import annotations

from typing import Any

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown, as_json
from metrics.core.selection.outcome import Score
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi import board
from metrics.queries.revenue import outlook as revenue
from metrics.queries.revenue.decided import costs
from metrics.queries.selection.outcome import Outcome, outcomes

WIDTH = 30
HEADLINES = ("log_loss", "roc_auc", "mae", "interval_coverage")


def whole(product: Product) -> dict[str, Any]:
    """Every figure of a product: runs with metrics and costs, KPIs, projection, what decisions earned."""
    known = Known(product)
    runs = list(reversed(list(catalogue.runs(product))))
    metrics = catalogue.metric_figures(runs)
    implied = board.of_runs(runs, known, known.approved.values())
    outlook = revenue.outlook(known)
    return {
        "product": product.slug,
        "currency": product.currency,
        "runs": [
            {
                "run": run.name,
                "state": run.state,
                "n": run.n_rows,
                "not_comparable": catalogue.not_comparable(run, known.champion_of(run)) or None,
                "metrics": {key: as_json(found.quantity) for key, found in sorted(metrics[run.pk].items())},
                "cost": {key: as_json(found) for key, found in costs(run, known).items()},
                "kpis": {figure.kpi.key: as_json(figure.quantity) for figure in implied[run.pk]},
            }
            for run in runs
        ],
        "kpis": {
            row.figure.kpi.key: {"value": as_json(row.figure.quantity), "grade": row.figure.grade.letter}
            for row in board.board(known)
        },
        "projection": {
            "total": as_json(outlook.total),
            "realised": as_json(outlook.realised_total),
            "grade": outlook.grade.letter,
            "counts": outlook.counts,
            "chance": outlook.chance,
            "receipt": outlook.receipt,
            "months": {month.period: as_json(month.quantity) for month in outlook.months},
        },
        "decisions": [_outcome(one) for one in outcomes([known]).values()],
    }


def _outcome(found: Outcome) -> dict[str, Any]:
    score = found.total if isinstance(found.total, Score) else None
    return {
        "number": found.decision.number,
        "chosen": found.decision.chosen.version.name if found.decision.chosen else None,
        "promised": as_json(found.promised),
        "so_far": as_json(found.so_far),
        "earned": score.earned if score else None,
        "crps": score.crps if score and not isinstance(score.crps, Unknown) else None,
        "months": [one.month for one in found.months],
    }


def table(products: list[Product]) -> str:
    lines = []
    for product in products:
        known = Known(product)
        champion, outlook = foremost(known), revenue.outlook(known)
        lines += ["", f"{product.name}: {product.sentence}"]
        if champion is not None:
            metrics = catalogue.metric_figures([champion])[champion.pk]
            lines.append(_line("run", f"{champion.name}, {champion.n_rows:,} rows"))
            lines += [_line(key, _figure(metrics[key].quantity)) for key in HEADLINES if key in metrics]
        for row in board.board(known):
            grade = row.figure.grade
            words = f"grade {grade.letter}" if grade.letter else grade.word
            lines.append(_line(row.figure.kpi.name, f"{_figure(row.figure.quantity)}  {words}"))
        lines.append(_line(_months(outlook), f"{_figure(outlook.total)}  grade {outlook.grade.letter}"))
        if not outlook.counts:
            why = [*outlook.grade.reasons, *filter(None, (outlook.past, outlook.bare))]
            lines.append(_line("", f"not in any total: {'; '.join(why)}"))
        if outlook.receipt:
            lines.append(_line("receipt", outlook.receipt[:12]))
        for one in outcomes([known]).values():
            if isinstance(one.total, Score) and isinstance(one.so_far, Estimate):
                earned = numerals.beside(one.total.earned, numerals.known(one.so_far))
                months = f"{one.months[0].month} to {one.months[-1].month}"
                lines.append(_line(f"decision {one.decision.number}", f"{earned} earned in {months}"))
                lines.append(_line("", f"{_figure(one.so_far)} promised"))
    return "\n".join([*lines, ""])


def _months(outlook: revenue.Outlook) -> str:
    """The months of the projection, by name; before there are any, what it is."""
    months = [month.period for month in outlook.months]
    return f"projected {months[0]} to {months[-1]}" if months else "projected"


def _line(name: str, text: str) -> str:
    return f"  {name:<{WIDTH}} {text}"


def _figure(quantity: Quantity) -> str:
    if isinstance(quantity, Unknown):
        return f"unknown: {quantity.reason}"
    return numerals.line(numerals.known(quantity))
