"""The lines of a projection: money of each coming month, and their total, from the value a case and the terms."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.core.assumptions import NOTHING, Drawn
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.worked import Lines, Worked, summed
from metrics.core.revenue.projecting import TERMS, Projecting, terms_of
from metrics.core.revenue.projection import Projection, project
from metrics.core.revenue.terms import YEAR

TOTAL = "total"
GROWS = "Growth moves the cases from the last known month on; what the history says of level and season stays."
SEASON = "How the value of a case differs by calendar month stays as it was measured."
BANDS = "Bands are no formulas: they come of draws of all inputs together, and stay as they were computed."


def worked(found: Projecting, figures: Mapping[str, Quantity]) -> Worked | Unknown:
    """From a value a case to the total. figures: "total" and each month as they are stored. Unknown where one is."""
    value = found.pricing.worked()
    if isinstance(value, Unknown):
        return value
    bare = _bare(found)
    if isinstance(bare, Unknown):
        return bare
    lines = Lines()
    case = lines.take(value)
    terms = {
        term: lines.assume(held, Drawn(NOTHING).assumption(held, found.document["seed"], TERMS[term]).point)
        for term, held in terms_of(found.document).items()
    }
    worth = case
    if "intervention" in terms:
        acted = found.pricing.acted()
        if isinstance(acted, Unknown):
            return acted
        share = lines.give("acted_share", "Share of cases acted on", acted.point, "share")
        expression = f"{case} - {terms['intervention']} * {share}"
        cost = Drawn(NOTHING).assumption(found.document["intervention"], found.document["seed"], None).point
        net = lines.points[case] - cost * acted.point
        worth = lines.step("net_value", "Value a case after the cost of acting", expression, net)
    correction = found.correction(Drawn(NOTHING))
    if correction is not None:
        terms["correction"] = lines.give("correction", "Correction for past error", correction.point)
    months = []
    for number, (month, cases) in enumerate(bare.volume.items(), start=1):
        stored = figures.get(month)
        if isinstance(cases, Unknown) or not isinstance(stored, Estimate):
            return stored if isinstance(stored, Unknown) else Unknown(f"{month} is not computed yet")
        volume = _cases(lines, terms, month, number, cases.point)
        each = _season(lines, worth, case, month, bare, cases.point)
        told = _money(terms, volume, each, number)
        name = f"money_{month.replace('-', '_')}"
        months.append(lines.step(name, "Money", told, stored.point, found.document["currency"], month=month))
    total = figures[TOTAL]
    if isinstance(total, Unknown):
        return total
    lines.hold(BANDS)
    result = lines.step(TOTAL, "Total", summed(months), total.point, found.document["currency"], total=True)
    return lines.made(result)


def _bare(found: Projecting) -> Projection | Unknown:
    """The projection without its terms, whose months are the value of their season times their cases."""
    growth = found.document.get("growth")
    return project(
        value=found.pricing.value(Drawn(NOTHING)),
        volume=[(month, float(count)) for month, count in found.document["volume"]],
        months=found.document["months"],
        growth=Drawn(NOTHING).assumption(growth, found.document["seed"], TERMS["growth"]) if growth else None,
        season=found.pricing.season(Drawn(NOTHING)),
        seed=found.document["seed"],
        unit=found.document["currency"],
    )


def _cases(lines: Lines, terms: Mapping[str, str], month: str, number: int, cases: float) -> str:
    """The cases of a month; with growth by assumption from those without it."""
    key = month.replace("-", "_")
    if "growth" not in terms:
        return lines.give(f"cases_{key}", "Cases", cases, month=month)
    lines.hold(GROWS)
    grown = (1 + lines.points[terms["growth"]]) ** (number / YEAR)
    level = lines.give(f"level_{key}", "Cases without growth", cases / grown, month=month)
    told = f"{level} * (1 + {terms['growth']})^({number} / {YEAR})"
    return lines.step(f"cases_{key}", "Cases", told, cases, month=month)


def _season(lines: Lines, worth: str, case: str, month: str, bare: Projection, cases: float) -> str:
    """The value of a case in a month: that over all, times what its season makes of it."""
    money, value = bare.months[month], lines.points[case]
    assert isinstance(money, Estimate)
    factor = money.point / (cases * value) if cases * value else 1.0
    if abs(factor - 1) < 1e-13:
        return worth
    lines.hold(SEASON)
    name = lines.give(f"season_{month[5:]}_{month[:4]}", "Value against that of all months", factor, month=month)
    return f"({case} * {name})" if worth == case else f"({worth} + {case} * ({name} - 1))"


def _money(terms: Mapping[str, str], volume: str, each: str, number: int) -> str:
    """Money of a month as `terms` has it."""
    told = volume
    if "ramp" in terms:
        told += f" * min(1, {number} / max({terms['ramp']}, 0.000000001))"
    if "adoption" in terms:
        told += f" * {terms['adoption']}"
    told += f" * {each}"
    if "correction" in terms:
        told += f" * {terms['correction']}"
    if "serving" in terms:
        told = f"({told} - {terms['serving']})"
    if "discount" in terms:
        told += f" / (max(1 + {terms['discount']}, 0.000000001)^({number} / {YEAR}))"
    return told
