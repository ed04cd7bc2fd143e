"""A choice of model that waits: what each version would bring, and what knowing more before choosing is worth.

The versions are the champion and the candidates of its model that were evaluated on the same rows since it became
champion: those before it were passed over then. Their draws are paired, so that what moves all of them alike is worth
nothing to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from metrics import store
from metrics.core.assumptions import SAMPLING, Drawn
from metrics.core.estimate import Draws, Estimate
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.budget import value_of_certainty, value_of_knowing
from metrics.core.revenue.projecting import Projecting
from metrics.models.evaluation import ChampionRun, EvaluationRun, ModelVersion
from metrics.models.kpi import KPIResult
from metrics.queries.documents import kpi
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.drivers import names_of, spreads
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import projecting

NOTHING = 1e-6  # of what certainty is worth
MOST = 4  # candidates, those with the highest value a case: each is projected in the request


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """A version that may be chosen, and the total under it."""

    name: str
    run: str
    total: Estimate
    in_force: bool


@dataclass(frozen=True)
class Knowing:
    """A driver, and what knowing it exactly before choosing is worth."""

    key: str
    name: str
    worth: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """options: the highest total first. certainty: what knowing everything before choosing would be worth.

    drivers: what knowing one alone is worth, from the most to the least; what is worth nothing is left out.
    """

    options: tuple[Option, ...]
    certainty: float
    drivers: tuple[Knowing, ...]


def choice(outlook: Outlook) -> Choice | None:
    """None where no candidate came since the champion was chosen, or the total has no band."""
    champion, here, total = outlook.champion, projecting(outlook), outlook.total
    if champion is None or here is None or not isinstance(total, Estimate) or total.draws is None:
        return None
    mine = Option(name=champion.version.name, run=champion.pk, total=total, in_force=True)
    candidates = [(mine, here), *_candidates(outlook, here, champion)]
    if len(candidates) < 2:
        return None
    candidates.sort(key=lambda pair: -pair[0].total.point)
    totals = {option.run: option.total.draws for option, _ in candidates if option.total.draws is not None}
    certainty = value_of_certainty(totals)
    drawn = _drivers(candidates, here) if certainty else {}
    names = names_of(outlook.known)
    worths = [Knowing(key, names[key], value_of_knowing(totals, draws)) for key, draws in drawn.items()]
    telling = [knowing for knowing in worths if knowing.worth > NOTHING * certainty]
    return Choice(
        options=tuple(option for option, _ in candidates),
        certainty=certainty,
        drivers=tuple(sorted(telling, key=lambda knowing: -knowing.worth)),
    )


def _candidates(outlook: Outlook, here: Projecting, champion: EvaluationRun) -> Iterator[tuple[Option, Projecting]]:
    """Candidates with a total that is computed and has a band; of a version with several runs the newest."""
    mapping, known = outlook.mapping, outlook.known
    if mapping is None or champion.data_set is None:
        return
    rows = KPIResult.objects.filter(version=mapping, newest=True, draws__isnull=False).filter(
        run__version__model=champion.version.model_id,
        run__version__state=ModelVersion.State.CANDIDATE,
        run__state=EvaluationRun.State.SCORED,
        run__data_set__digest=champion.data_set.digest,
    )
    by_run = rows.select_related("run__version__model", "run__data_set", "run__product").order_by("run__created_at")
    newest = {row.run.version_id: row for row in by_run}
    since = _chosen_at(champion) if newest else None
    newest = {key: row for key, row in newest.items() if since is None or row.run.created_at > since}
    for row in sorted(newest.values(), key=lambda row: -(row.point or 0.0))[:MOST]:
        if kpi.kpi(known.book, row.run, mapping, known) != row.digest:
            continue  # an older one, until the new one is computed
        other = Projecting(here.document, known.source, pricing=Pricing(row.document, known.source))
        try:
            total = other.total(value=quantity(row))
        except store.Missing:
            continue
        if isinstance(total, Estimate) and total.draws is not None:
            yield Option(name=row.run.version.name, run=row.run.pk, total=total, in_force=False), other


def _chosen_at(champion: EvaluationRun) -> datetime | None:
    """When the champion's version was promoted."""
    promoted = ChampionRun.objects.filter(version=champion.version_id, act=ChampionRun.Act.PROMOTED)
    return promoted.order_by("-created_at").values_list("created_at", flat=True).first()


def _drivers(candidates: list[tuple[Option, Projecting]], here: Projecting) -> dict[str, Draws]:
    """Key → draws of each driver of the figure. The rows of the test stand as what they do to the two best apart."""
    drawn = {key: spread.draws for key, spread in spreads(here).items()}
    best = [other.pricing.value(Drawn(SAMPLING)) for _, other in candidates[:2]]
    apart = [value.draws for value in best if isinstance(value, Estimate) and value.draws is not None]
    return {**drawn, SAMPLING: apart[0] - apart[1]} if len(apart) == len(best) else drawn
