"""Does the money follow the loss: how a KPI, by its mapping in force, goes with what models are fitted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics.core import unit_names
from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.fidelity_verdict import LEAST
from metrics.queries.selection.fidelity import Follower, Ranking
from reports.charts.drawing import Chart
from reports.pages.fidelity.page import BETTER, agreeing, runs_chart, verdict_of
from reports.words.phrases import Verdict, count, sentence

FITTED_BY = ("log_loss", "rmse", "mae", "ndcg_10")  # what a task's models are commonly fitted by, the first known


@dataclass(frozen=True, kw_only=True)
class Follows:
    """The card. why: why nothing can be said yet, "" where the rest holds.

    judged: which part of the verdict's rule holds. basis: what the runs were chosen by where no champion says it.

    of, grade, receipt: the figure that it rests on, its letter and its address; "" where it is not computed.
    """

    title: str
    runs: str
    more: str
    basis: str = ""
    why: str = ""
    verdict: Verdict | None = None
    judged: str = ""
    chart: Chart | None = None
    tau: Quantity | None = None
    alike: str = ""
    lost: Quantity | None = None
    flips: str = ""
    of: str = ""
    grade: str = ""
    receipt: str = ""


def follows(product: Any, kpi: Any, found: Ranking) -> Follows:
    more = f"{reverse('fidelity', args=[product.slug])}?kpi={kpi.key}"
    runs = count(len(found.runs), "comparable run")
    if not found.followers or len(found.runs) < LEAST:
        why = found.why or f"{LEAST} runs of one kind on the same rows are needed; there are {len(found.runs)}"
        return Follows(title=f"Does {kpi.name} follow the loss?", runs=runs, more=more, why=sentence(why))
    one = _loss(found.followers)
    against, figure = one.kpi, found.figure
    agreed = against.agreement
    return Follows(
        title=f"Does {kpi.name} follow {one.key}?",
        runs=runs,
        more=more,
        basis=f"{found.basis[:1].upper()}{found.basis[1:]}." if found.basis else "",
        verdict=verdict_of(against),
        judged=against.judged.why,
        chart=runs_chart(
            one,
            against,
            kpi,
            found.runs,
            across=f"{one.key}, {BETTER[one.better]}",
            up=unit_names.unit_words(kpi.unit) or kpi.name,
        ),
        tau=against.tau,
        alike="not known" if isinstance(agreed, Unknown) else f"{agreeing(against)} of {agreed.outside}",
        lost=against.regret,
        flips=", ".join(against.flips),
        of=f"{kpi.name} on {figure.run.name}" if figure and figure.run else "",
        grade=figure.grade.letter if figure else "",
        receipt=reverse("receipt", args=[figure.receipt]) if figure and figure.receipt else "",
    )


def _loss(followers: tuple[Follower, ...]) -> Follower:
    """The loss that models are commonly fitted by; where none of those is measured, the metric that follows best."""
    known = {one.key: one for one in followers}
    return next((known[key] for key in FITTED_BY if key in known), followers[0])
