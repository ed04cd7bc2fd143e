"""The verdict on a metric that should follow a KPI, and which part of its rule holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.fidelity import LEVEL, Agreement
from metrics.core.numerals import percent, plain

Verdict = Literal["faithful", "weak", "misleading", "insufficient evidence"]

LEAST = 8  # comparable runs
FAITHFUL_TAU = 0.5
FAITHFUL_AGREEMENT = 0.8
MISLEADING_AGREEMENT = 0.5
RULES: Mapping[Verdict, str] = {
    "insufficient evidence": f"fewer than {LEAST} comparable runs, or over half of their pairs inside noise",
    "misleading": "the band of rank agreement lies below 0, or fewer than half of the pairs outside noise are "
    "decided alike",
    "faithful": f"rank agreement of at least {FAITHFUL_TAU} with a band above 0, at least "
    f"{plain(percent(FAITHFUL_AGREEMENT))} of the pairs outside noise decided alike, and no segment with the opposite "
    "sign",
    "weak": "more agreement than disagreement, but not enough to be faithful",
}


class Judgement(NamedTuple):
    """A verdict, and which part of its rule holds, with the figures."""

    verdict: Verdict
    why: str


def judged(runs: int, tau: Quantity, agreed: Agreement | Unknown, flipped: Sequence[str] = ()) -> Judgement:
    """By RULES, in their order: the first that holds."""
    if runs < LEAST:
        return _lacking(f"{runs} comparable {'run' if runs == 1 else 'runs'}, and {LEAST} are needed")
    if isinstance(tau, Unknown):
        return _lacking(tau.reason)
    if isinstance(agreed, Unknown):
        return _lacking(agreed.reason)
    band, share = tau.band(LEVEL), agreed.share
    if agreed.noisy or share is None:
        return _lacking(f"{agreed.pairs - agreed.outside} of the {agreed.pairs} pairs are inside noise, over half")
    if band is None:
        return _lacking("in some draws all runs are equal, so that rank agreement has no band")
    low, high = band
    alike = f"{agreed.alike} of the {agreed.outside} pairs outside noise are decided alike"
    rank = f"rank agreement is {_two(tau.point)} ({_two(low)} to {_two(high)})"
    if high < 0:
        return Judgement("misleading", f"{rank}, its band below 0")
    if share < MISLEADING_AGREEMENT:
        return Judgement("misleading", f"{alike}, fewer than half")
    short = [
        said
        for said, holds in (
            (f"{rank}, below {FAITHFUL_TAU}", tau.point < FAITHFUL_TAU),
            (f"{rank}, its band not above 0", tau.point >= FAITHFUL_TAU and low <= 0),
            (f"{alike}, below {plain(percent(FAITHFUL_AGREEMENT))}", share < FAITHFUL_AGREEMENT),
            (f"the sign is opposite in {', '.join(flipped)}", bool(flipped)),
        )
        if holds
    ]
    if short:
        return Judgement("weak", "; ".join(short))
    return Judgement("faithful", f"{rank}, and {alike}")


def _two(figure: float) -> str:
    return f"{figure:.2f}".replace("-", "−")


def _lacking(why: str) -> Judgement:
    return Judgement("insufficient evidence", why)
