"""Value at risk by cause, over all products that count: the costliest first."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Estimate
from metrics.queries.revenue.portfolio import Counted, Portfolio
from metrics.queries.revenue.risks import Expiring, Risk
from reports.pages.outlook.risks import named_cause
from reports.pages.portfolio.moved import Bar, bars_of
from reports.words.dates import day
from reports.words.phrases import count
from reports.words.scaled import Scaled

MOST = 5


@dataclass(frozen=True, kw_only=True)
class ThreatsCard:
    """worst: the largest amount in words, worst_of: its cause; "" where nothing is known to take money away."""

    title: str
    aside: str
    lines: tuple[Bar, ...]
    footer: str
    worst: str
    worst_of: str
    causes: int


@dataclass(frozen=True)
class _Threat:
    counted: Counted
    amount: float
    risk: Risk | None = None
    expiring: Expiring | None = None


def threats_card(found: Portfolio) -> ThreatsCard | None:
    """None where no product counts."""
    if not found.counted:
        return None
    several = sorted(_several(found), key=lambda one: -one.amount)
    if not several:
        return ThreatsCard(
            title="Nothing is known that takes money away",
            aside="",
            lines=(),
            footer="Looked at are the newest months, the mix of cases, outcomes to come, disputed labels and "
            "assumptions that run out within 30 days.",
            worst="",
            worst_of="",
            causes=0,
        )
    shown = several[:MOST]
    scaled = Scaled.of([one.amount for one in shown], found.currency)
    widths = bars_of([one.amount for one in shown])
    lines = tuple(_line(one, width, scaled) for one, width in zip(shown, widths, strict=True))
    more = f" {count(len(several) - MOST, 'cause').capitalize()} more, smaller." if len(several) > MOST else ""
    return ThreatsCard(
        title=f"{lines[0].title} is the largest risk",
        aside=f"up to, {scaled.unit} a year",
        lines=lines,
        footer=("The causes overlap: together they take less than their sum." if len(several) > 1 else "") + more,
        worst=f"{lines[0].amount}\u00a0{scaled.unit}",
        worst_of=lines[0].title,
        causes=len(several),
    )


def _several(found: Portfolio) -> list[_Threat]:
    told: list[_Threat] = []
    for one in found.counted:
        held, rate = one.outlook.threats, _rate(one)
        told += [_Threat(one, risk.amount * rate, risk=risk) for risk in held.causes]
        money = one.part.point if isinstance(one.part, Estimate) else 0.0
        told += [_Threat(one, money, expiring=expiring) for expiring in held.expiring if money > 0]
    return told


def _rate(one: Counted) -> float:
    """The newest rate that its months are converted at."""
    return one.rates[max(one.rates)].value if one.rates else 1.0


def _line(one: _Threat, width: float, scaled: Scaled) -> Bar:
    product = one.counted.product
    if one.expiring is not None:
        title = f"{product.name}: {one.expiring.name} runs out on {day(one.expiring.until)}"
        text, url = (
            "Then the product counts in no total until it is renewed.",
            reverse("assumptions", args=[product.slug]),
        )
    else:
        assert one.risk is not None
        title = f"{product.name}: {_small(named_cause(product, one.risk, one.counted.outlook.threats.two_outcomes))}"
        text, url = "The worse end of its 80\u00a0% band, a year.", reverse("risks", args=[product.slug])
    grade = one.counted.outlook.grade.letter
    return Bar(
        title=title, url=url, amount=scaled.number(one.amount), kind="risk", x=0, width=width, text=text, grade=grade
    )


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
