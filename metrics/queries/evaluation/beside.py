"""Runs of a champion that do not count for it, and why: what a manager may accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from metrics.models.evaluation import ChampionRun, EvaluationRun
from metrics.queries.documents.known import Known
from metrics.queries.documents.standing import why_beside

MOST = 20  # later runs that are looked through


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a run is to the champion of its model.

    stands: its figures are those in force. why: why it stands beside the champion, "" where it does not. accepted: a
    manager let it stand, as the last that was chosen.
    """

    stands: bool
    why: str
    accepted: bool = False


def place(run: EvaluationRun, known: Known) -> Place:
    held = known.standing.get(run.version.model_id)
    return Place(
        stands=held is not None and held.run is not None and held.run.pk == run.pk,
        why=why_beside(run, held),
        accepted=held is not None and held.chosen.run_id == run.pk and held.chosen.act == ChampionRun.Act.ACCEPTED,
    )


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The newest run of a champion that came after what stands, and why it does not count."""

    run: EvaluationRun
    why: str
    standing: EvaluationRun | None


def newest(known: Known) -> list[Beside]:
    """Of each model whose champion has a later run that stands beside it, the newest; by the model's name."""
    if not known.standing:
        return []
    later = Q()
    for held in known.standing.values():
        since = held.run.created_at if held.run is not None else held.chosen.run.created_at
        later |= Q(version=held.chosen.version_id, created_at__gt=since)
    runs = EvaluationRun.objects.filter(later, product=known.product, state=EvaluationRun.State.SCORED)
    found: dict[str, Beside] = {}
    for run in runs.select_related("version__model", "data_set").order_by("-created_at")[:MOST]:
        held, run.product = known.standing[run.version.model_id], known.product
        if why := why_beside(run, held):
            found.setdefault(run.version.model_id, Beside(run=run, why=why, standing=held.run))
    return sorted(found.values(), key=lambda one: one.run.version.model.name)


def reasons(runs: Sequence[EvaluationRun]) -> dict[str, str]:
    """Run id → why it stands beside the champion of its model, of runs of several products."""
    champions = [run for run in runs if run.version.state == run.version.State.CHAMPION]
    products = {run.product_id: run.product for run in champions}
    by_product = {known.product.pk: known for known in Known.of(products.values())}
    found = {
        run.pk: why_beside(run, by_product[run.product_id].standing.get(run.version.model_id)) for run in champions
    }
    return {key: why for key, why in found.items() if why}
