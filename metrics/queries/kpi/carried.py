"""How few of a run's rows carry half of an amount that its value is made of."""

from __future__ import annotations

from metrics import store
from metrics.core.evaluation.statistics.spread import Tail
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.pricing import Pricing
from metrics.queries.documents.known import Known
from metrics.queries.kpi.board import KPIFigure

FEW = 0.05  # of the rows: of a lognormal amount half is so concentrated from a log deviation of 1.6 on


def carried(figure: KPIFigure, known: Known) -> str:
    """ "12 of 5,000 rows carry half of amount", where they are few; "" where they are not, or the sums do not tell."""
    if not figure.receipt:
        return ""
    try:
        decisions = Pricing(known.source.document(figure.receipt), known.source).statistics
    except store.Missing:
        return ""
    if not isinstance(decisions, Decisions):
        return ""
    tails = {name: Tail.of(cells, decisions.n_labelled) for name, cells in decisions.amounts.items()}
    few = [(tail.half / tail.rows, tail.said(name)) for name, tail in tails.items() if 0 < tail.half < FEW * tail.rows]
    return min(few)[1] if few else ""
