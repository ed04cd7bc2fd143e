"""Which loss should we optimise: metrics ranked by how well they follow a KPI, and what choosing by each would lose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.fidelity import RELEASES
from metrics.core.kpi.fidelity_verdict import LEAST, RULES
from metrics.core.numerals import Worded
from metrics.queries.selection.fidelity import Against, Follower, Ranking
from reports.charts import pairs
from reports.charts.drawing import Chart
from reports.pages.run.blocks import percent
from reports.words.phrases import Verdict, count, sentence

if TYPE_CHECKING:
    from metrics.models.product import Product, User

KINDS = {"faithful": "good", "weak": "warn", "misleading": "bad", "insufficient evidence": "unknown"}
BETTER = {"up": "higher is better", "down": "lower is better"}
PERCENT = f"{unit_names.NBSP}%"
DRAWN = 6  # metrics whose runs are drawn


@dataclass(frozen=True, kw_only=True)
class Line:
    """One metric in the ranking. why: which part of the rule holds, "" of a faithful one, of which all of it does.

    lost_as, hindsight_as: how their columns are worded, which have one scale and one precision.
    """

    key: str
    name: str
    url: str
    better: str
    verdict: Verdict
    why: str
    tau: Quantity
    rho: Quantity
    agrees: str
    pairs: str
    recall: str
    helped: str
    lost: Quantity
    hindsight: Quantity
    flips: str
    alarm: str
    chart: Chart | None
    lost_as: Worded | None = None
    hindsight_as: Worded | None = None


def fidelity_page(user: User, product: Product, found: Ranking) -> dict[str, Any]:
    """The page of a ranking. few: too few comparable runs, so that nothing is ranked."""
    chosen = found.chosen.mapping.kpi if found.chosen else None
    few = not found.followers or len(found.runs) < LEAST
    lines = (
        []
        if few
        else _in_columns(
            _line(product, one, one.kpi, chosen, found.runs if place < DRAWN else ())
            for place, one in enumerate(found.followers)
        )
    )
    money = found.money.mapping.kpi if found.money else None
    moneyed = () if few else tuple(one for one in found.followers if one.money)
    return {
        "product": product,
        "choices": [
            (row.mapping.kpi.key, row.mapping.kpi.name, row.pk == (found.chosen.pk if found.chosen else ""))
            for row in found.choices
        ],
        "chosen": chosen,
        "money": money,
        "runs": len(found.runs),
        "basis": f"{found.basis[:1].upper()}{found.basis[1:]}." if found.basis else "",
        "grade": found.figure.grade.letter if found.figure else "",
        "receipt": reverse("receipt", args=[found.figure.receipt]) if found.figure and found.figure.receipt else "",
        "run": found.figure.run if found.figure else None,
        "few": few,
        "empty": _empty(user, product, found) if few else {},
        "lead": "" if few else _lead(found.followers, chosen),
        "lines": lines,
        "against_money": _in_columns(_line(product, one, one.money, money) for one in moneyed if one.money),
        "saturation": _saturation(found, chosen),
        "rules": [(Verdict(KINDS[name], name.capitalize()), rule) for name, rule in RULES.items()],
        "alarms": [line for line in lines if line.alarm],
    }


def _empty(user: User, product: Product, found: Ranking) -> dict[str, str]:
    """Why nothing is ranked, and the next step."""
    title = "Insufficient evidence: nothing can be ranked yet"
    if found.chosen is None:
        url = reverse("mappings", args=[product.slug])
        return {"title": title, "text": sentence(found.why), "url": url, "action": "Mappings"}
    known = count(len(found.runs), "comparable run")
    text = (
        f"{known.capitalize()} on the same rows {'is' if len(found.runs) == 1 else 'are'} known; {LEAST} are needed. "
        "They come of scoring more model versions on the rows of the champion."
    )
    url = reverse("run-log", args=[product.slug]) if access.may(user, "run.create", product) else ""
    return {"title": title, "text": text, "url": url, "action": "Log a run"}


def _lead(followers: tuple[Follower, ...], kpi: Any) -> str:
    first = followers[0]
    share = agreeing(first.kpi)
    match first.kpi.judged.verdict:
        case "faithful":
            pairs_told = f"{share} of the pairs that both tell apart"
            return f"Optimise {first.key}: it prefers the run that {kpi.name} prefers in {pairs_told}."
        case "weak":
            return f"No metric follows {kpi.name} faithfully. {first.key} comes nearest, and is weak."
        case "misleading":
            return f"Every metric here misleads: choose by {kpi.name} itself."
    return f"Nothing says which metric follows {kpi.name}: {first.kpi.judged.why}."


def verdict_of(against: Against) -> Verdict:
    verdict = against.judged.verdict
    return Verdict(KINDS[verdict], verdict.capitalize())


def agreeing(against: Against) -> str:
    """The share of the pairs outside noise that both order alike."""
    agreed = against.agreement
    return percent(None if isinstance(agreed, Unknown) else agreed.share)


def _saturation(found: Ranking, kpi: Any) -> str:
    if found.saturation is None or kpi is None:
        return ""
    others = len(found.runs) - 1
    near = round(found.saturation * others)
    if not near:
        return f"{kpi.name} tells its best run from each of the other {others}."
    return f"{kpi.name} cannot tell {near} of the other {others} runs from its best."


def _in_columns(lines: Iterable[Line]) -> list[Line]:
    """The same lines, with the words of the largest figure of a column for all of it."""
    held = list(lines)
    lost, hindsight = numerals.largest(one.lost for one in held), numerals.largest(one.hindsight for one in held)
    return [replace(line, lost_as=lost, hindsight_as=hindsight) for line in held]


def _line(product: Any, one: Follower, against: Against, kpi: Any, drawn: Iterable[Any] = ()) -> Line:
    """drawn: the runs, where they are drawn."""
    agreed = against.agreement
    known = None if isinstance(agreed, Unknown) else agreed
    alarm = f"{one.alarm} releases in a row improved {one.key} and not {kpi.name}" if one.alarm >= RELEASES else ""
    return Line(
        key=one.key,
        name=one.name,
        url=reverse("metric", args=[product.slug, one.key]),
        better=BETTER[one.better],
        verdict=verdict_of(against),
        why="" if against.judged.verdict == "faithful" else against.judged.why.replace(" %", PERCENT),
        tau=against.tau,
        rho=against.rho,
        agrees=agreeing(against),
        pairs=f"{known.outside} of {known.pairs} outside noise" if known else "noise is not known",
        recall=percent(known.recall if known else None),
        helped=f"{known.alike} of {known.helped} changes" if known else "",
        lost=against.regret,
        hindsight=against.hindsight,
        flips=", ".join(against.flips),
        alarm=alarm,
        chart=_chart(one, against, kpi, drawn) if drawn else None,
    )


def _chart(one: Follower, against: Against, kpi: Any, runs: Iterable[Any]) -> Chart:
    better = f"{one.key}, {BETTER[one.better]}"
    up = f"{kpi.name}, {unit_names.unit_words(kpi.unit) or 'number'}"
    return runs_chart(one, against, kpi, runs, across=better, up=up, sizes=("narrow",))


def runs_chart(
    one: Follower, against: Against, kpi: Any, runs: Iterable[Any], *, across: str, up: str, **sizes: Any
) -> Chart:
    """A dot a run: a metric and the KPI; across, up: what the axes are called. The best by each has its name there."""
    key, called = one.key, {run.pk: run.name for run in runs}
    x, y = [metric for _, metric, _ in against.points], [value for _, _, value in against.points]
    telling = {_best(x, one.better), _best(y, kpi.direction)}
    tau = against.tau
    rank = f"rank agreement {tau.point:.2f}" if isinstance(tau, Estimate) else "no rank agreement"
    says = f"{kpi.name} against {key} of {len(x)} runs: {rank}, {against.judged.verdict}."
    names = [called[run] for run, _, _ in against.points]
    return pairs.scatter(names=names, x=x, y=y, across=across, up=up, telling=sorted(telling), says=says, **sizes)


def _best(values: list[float], better: str) -> int:
    """The place of the best of some values."""
    return (max if better == "up" else min)(range(len(values)), key=values.__getitem__)
