"""What past decisions of an executive's products earned against what they promised, in each product's own currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.months import added
from metrics.core.selection.outcome import Score
from metrics.queries.selection.outcome import Outcome
from reports.pages.decision.list import title_of
from reports.pages.decision.outcome import verdict
from reports.words.phrases import Verdict, beside, count, goal_words, span, worded

MOST = 6


@dataclass(frozen=True, kw_only=True)
class PastLine:
    product: str
    title: str
    url: str
    months: str
    promised: Estimate
    earned: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class PastDecisions:
    """lines: the newest signed first, MOST of them. totals: a sentence a currency, over all of them. left_out: what is
    in no total, and why, in a sentence; "" where nothing is."""

    lines: tuple[PastLine, ...]
    totals: tuple[str, ...]
    left_out: str


def past_decisions(found: Iterable[Outcome]) -> PastDecisions | None:
    """None where no decision is scored."""
    scored = sorted(
        (one for one in found if isinstance(one.total, Score)),
        key=lambda one: str(one.decision.signed_at),
        reverse=True,
    )
    if not scored:
        return None
    opinion = [one for one in scored if not one.counts]
    return PastDecisions(
        lines=tuple(_line(one) for one in scored[:MOST]),
        totals=_totals([one for one in scored if one.counts]),
        left_out=f"{count(len(opinion), 'decision').capitalize()} whose promise was opinion (grade D) in no total."
        if opinion
        else "",
    )


def _line(one: Outcome) -> PastLine:
    assert isinstance(one.total, Score)
    assert isinstance(one.so_far, Estimate)
    of = one.decision
    return PastLine(
        product=of.product.name,
        title=title_of(of),
        url=reverse("decision", args=[of.product.slug, of.number]),
        months=span([month.month for month in one.months]),
        promised=one.so_far,
        earned=beside(one.total.earned, one.so_far),
        verdict=verdict(one.total) if one.counts else Verdict("unknown", "Opinion"),
    )


def _totals(counted: Iterable[Outcome]) -> tuple[str, ...]:
    """ "Three decisions in EUR: 128 k EUR earned, 120 k EUR promised." Money of two currencies is never added."""
    by_currency: dict[str, list[Outcome]] = defaultdict(list)
    for one in counted:
        by_currency[one.decision.product.currency].append(one)
    told = []
    for currency, held in sorted(by_currency.items()):
        promised = added([one.so_far for one in held], currency)
        scores = [one.total for one in held if isinstance(one.total, Score)]
        earned = goal_words(sum(one.earned for one in scores), currency, promised)
        banded = [one.inside_80 for one in scores if not isinstance(one.inside_80, Unknown)]
        kept = f"; {sum(banded)} of {len(banded)} inside the 80\u00a0% band" if banded else ""
        many = count(len(held), "decision").capitalize()
        told.append(f"{many} in {currency}: {earned} earned, {worded(promised)} promised{kept}.")
    return tuple(told)
