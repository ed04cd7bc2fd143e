"""A choice of model that waits: what each version would bring, and what knowing more before choosing is worth.

The versions are the champion and the candidates of its model that were evaluated on the same rows since it became
champion: those before it were passed over then. Their draws are paired, so that what moves all of them alike is worth
nothing to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.core.estimate import Draws, Estimate
from metrics.core.revenue.budget import value_of_certainty, value_of_knowing
from metrics.core.revenue.causes import SAMPLING
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.kpi import KPIResult
from metrics.models.work import Change
from metrics.queries.documents import kpi
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.drivers import Figure, figure_of, names_of
from metrics.queries.revenue.outlook import Outlook

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
    """An input, and what knowing it exactly before choosing is worth."""

    key: str
    name: str
    worth: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """options: the highest total first. certainty: what knowing everything before choosing would be worth.

    inputs: what knowing one alone is worth, from the most to the least; what is worth nothing is left out.
    """

    options: tuple[Option, ...]
    certainty: float
    inputs: tuple[Knowing, ...]


def choice(one: Outlook, known: Known) -> Choice | None:
    """None where no candidate came since the champion was chosen, or the total has no band."""
    champion, figure = known.champion, figure_of(one)
    if champion is None or figure is None or not isinstance(one.total, Estimate) or one.total.draws is None:
        return None
    mine = Option(name=champion.version.name, run=champion.pk, total=one.total, in_force=True)
    found = [(mine, figure), *_candidates(one, known, champion)]
    if len(found) < 2:
        return None
    found.sort(key=lambda pair: -pair[0].total.point)
    totals = {option.run: option.total.draws for option, _ in found if option.total.draws is not None}
    certainty = value_of_certainty(totals)
    inputs = _inputs(found, figure) if certainty else {}
    names = names_of(one, known)
    worths = [Knowing(key, names[key], value_of_knowing(totals, drawn)) for key, drawn in inputs.items()]
    telling = [held for held in worths if held.worth > NOTHING * certainty]
    return Choice(
        options=tuple(option for option, _ in found),
        certainty=certainty,
        inputs=tuple(sorted(telling, key=lambda held: -held.worth)),
    )


def _candidates(one: Outlook, known: Known, champion: EvaluationRun) -> Iterator[tuple[Option, Figure]]:
    """Candidates with a total that is computed and has a band; of a version with several runs the newest."""
    mapping = known.approved.get(one.projection.value_kpi.key) if one.projection else None
    if mapping is None or champion.data_set is None or one.document is None:
        return
    rows = KPIResult.objects.filter(version=mapping, newest=True, draws__isnull=False).filter(
        run__version__model=champion.version.model_id,
        run__version__state=ModelVersion.State.CANDIDATE,
        run__state=EvaluationRun.State.SCORED,
        run__data_set__digest=champion.data_set.digest,
    )
    chosen = Change.objects.filter(product=one.product, cause=Change.Cause.MODEL).order_by("-created_at").first()
    rows = rows.filter(run__created_at__gt=chosen.created_at) if chosen else rows
    newest: dict[str, KPIResult] = {}
    for row in rows.select_related("run__version__model", "run__data_set", "run__product").order_by("run__created_at"):
        newest[row.run.version_id] = row
    for row in sorted(newest.values(), key=lambda row: -(row.point or 0.0))[:MOST]:
        if kpi.kpi(one.book, row.run, mapping, known) != row.digest:
            continue  # an older one, until the new one is computed
        figure = figure_of(one, row.document)
        worth = quantity(row)
        if figure is None or not isinstance(worth, Estimate):
            continue
        total = figure.projected(worth, one.document, {}, figure.value.season({}))
        if total is not None and total.draws is not None:
            yield Option(name=row.run.version.name, run=row.run.pk, total=total, in_force=False), figure


def _inputs(found: list[tuple[Option, Figure]], figure: Figure) -> dict[str, Draws]:
    """Key → draws of each input of the figure. The rows of the test stand as what they do to the two best apart."""
    inputs = {key: held.draws for key, held in figure.inputs().items()}
    best = [held.value.alone(SAMPLING) for _, held in found[:2]]
    drawn = [held.draws for held in best if isinstance(held, Estimate) and held.draws is not None]
    return {**inputs, SAMPLING: drawn[0] - drawn[1]} if len(drawn) == len(best) else inputs
