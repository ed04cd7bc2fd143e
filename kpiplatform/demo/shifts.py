"""The demonstration's third product: a forecast of arrivals, by which front desks are staffed, in another currency.

Its staff come from an agency that invoices in US dollars, so that the portfolio adds two currencies. What staff cost,
and the exchange rates, are made up.
"""

from __future__ import annotations

import math
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from kpiplatform.demo import arrivals, rows, steps
from metrics.core.calendar import later
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.kpi import Target
from metrics.models.product import Product, User
from metrics.models.revenue import ExchangeRate, Projection
from metrics.services.evaluation import runs
from metrics.services.evaluation.rows import File
from metrics.services.kpi import kpis
from metrics.services.revenue import projections, rates
from metrics.services.selection import direct

SLUG, NAME = "front-desk-shifts", "Front desk shifts"
SENTENCE = "We staff both front desks by the arrivals that the model expects a week ahead."
SEED = 20160701
SOURCE = "price list of the staff agency, made up for the demonstration"
RATES = "made up for the demonstration"
ASSUMPTIONS = (
    ("too_few", "Cost of an arrival that nobody was planned for", 24.0, 36.0, "front office"),
    ("too_many", "Cost of staff for an arrival that did not come", 12.0, 18.0, "front office"),
)
COSTS: dict[str, Any] = {
    "kind": "error_cost",
    "under": "too_few",
    "over": "too_many",
    "shape": "linear",
    "of": "arrival",
    "baseline": "week",
    "per": "case",
    "says": "An arrival that nobody was planned for waits or is sent elsewhere; staff who wait for nobody are paid.",
}


def tell(who: steps.Who, folder: Path, years: int) -> Product:
    """Write the product with its runs, what was agreed of it, and the exchange rates, as far as they are not there."""
    manager, scientist = who["manager"], who["scientist"]
    desk = steps.product(who, SLUG, NAME, SENTENCE, seed=SEED, currency="USD", noun="hotel day")
    for rule in arrivals.RULES:
        _run(scientist, desk, rule, folder, years)
    champion = ModelVersion.objects.get(model__product=desk, name=arrivals.CHAMPION)
    if champion.state != ModelVersion.State.CHAMPION:
        direct.promote(manager, champion)
    for key, name, low, high, owner in ASSUMPTIONS:
        steps.assumption(manager, desk, key, name, "USD/arrival", low, high, owner, SOURCE)
    value = steps.kpi(
        manager, desk, "value_per_day", "Value per hotel day", "USD/hotel day", "ratio", "against the week before"
    )
    volume = steps.kpi(manager, desk, "hotel_days", "Hotel days", "hotel day", "sum", "days on which a desk is open")
    missed = steps.kpi(
        manager, desk, "missed", "Arrivals missed", "share", "ratio", "too few and too many, of all arrivals", "down"
    )
    steps.actuals(manager, volume, open_days(years), years, source="calendar of both hotels")
    steps.approved(scientist, manager, missed, "Arrivals missed", {"kind": "formula", "text": "wape"}, "from the run")
    steps.approved(
        scientist, manager, value, "Value of a better plan", COSTS, "each arrival too few costs as much as two too many"
    )
    if not Projection.objects.filter(product=desk).exists():
        projections.set_projection(manager, desk, value_kpi=value, volume_kpi=volume)
    if not Target.objects.filter(product=desk).exists():
        span = {"from_period": date(2017 + years, 9, 1), "until_period": date(2018 + years, 8, 1)}
        for of, goal in ((None, Decimal(20_000)), (missed, Decimal("0.35"))):
            kpis.set_target(manager, desk, kpi=of, value=goal, **span)
    write_rates(who["admin"], desk.today())
    return desk


def open_days(years: int) -> list[tuple[date, Decimal]]:
    """Hotel days by month, of the months that the bookings are of: the days of the month, at two hotels."""
    found = [month for month, _ in rows.months(years=years)]
    return [(month, Decimal(2 * monthrange(month.year, month.month)[1])) for month in found]


def _run(scientist: User, desk: Product, rule: arrivals.Rule, folder: Path, years: int) -> None:
    if EvaluationRun.objects.filter(product=desk, name=rule.version).exists():
        return
    manifest = {
        "task": "forecast",
        "model": "arrivals",
        "version": rule.version,
        "name": rule.version,
        "dataset": "days at both hotels, told a week ahead",
        "seed": 0,
        "split": f"days before from July {2016 + years} train, October {2016 + years} to August {2017 + years} test",
        "parameters": rule.parameters,
        "environment": {"numpy": np.__version__},
        "interval_level": 0.8,
        "naive": {"name": "the week before", "mae": arrivals.naive_error()},
    }
    path = arrivals.forecasts(rule, folder, years)
    runs.log_run(scientist, desk, manifest=manifest, file=File(path=path, name=path.name))


def write_rates(admin: User, today: date) -> None:
    """US dollars in euros at each month's end of three years, the newest that is over the last; kept once written."""
    held = set(ExchangeRate.objects.filter(base="USD", quote="EUR").values_list("date", flat=True))
    first = date(today.year, today.month, 1)
    ends = [_first(later(f"{first:%Y-%m}", -back)) - timedelta(days=1) for back in range(36)]
    new = [day for day in sorted(ends) if day not in held]
    if new:
        named = {"base": "USD", "quote": "EUR", "source": RATES}
        rates.save_rates(admin, [named | {"date": day, "rate": dollar(day)} for day in new])


def dollar(day: date) -> Decimal:
    """A made-up rate: euros for a US dollar, between 0.86 and 0.96, as slow as two waves of eleven and of 29 months."""
    month = day.year * 12 + day.month
    return Decimal(f"{0.91 + 0.03 * math.sin(math.tau * month / 29) + 0.02 * math.sin(math.tau * month / 11):.4f}")


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
