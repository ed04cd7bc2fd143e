"""Finding things by name, among what a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, Mapping
from metrics.models.product import Product, User
from metrics.queries.evaluation.catalogue import products

MOST = 20  # of each kind
MOST_WORDS = 6
MOST_TEXT = 4000  # characters of a run that a search looks into


@dataclass(frozen=True)
class Found:
    """What a search came upon, at most twenty of each kind."""

    products: tuple[Product, ...]
    runs: tuple[EvaluationRun, ...]
    kpis: tuple[KPI, ...]
    mappings: tuple[Mapping, ...]

    @property
    def count(self) -> int:
        return len(self.products) + len(self.runs) + len(self.kpis) + len(self.mappings)


def search(user: User, text: str) -> Found:
    """Things that hold every word of the text in their names; nothing for no words."""
    words = text.split()[:MOST_WORDS]
    if not words:
        return Found((), (), (), ())
    mine = products(user)
    runs = EvaluationRun.objects.filter(product__in=mine).select_related("product", "version__model")
    kpis = KPI.objects.filter(product__in=mine).select_related("product")
    mappings = Mapping.objects.filter(product__in=mine).select_related("product", "kpi").prefetch_related("versions")
    return Found(
        products=tuple(_holding(mine, words, "name", "sentence", "slug")[:MOST]),
        runs=tuple(_holding(runs, words, "name", "version__name", "version__model__name")[:MOST]),
        kpis=tuple(_holding(kpis, words, "name", "key", "meaning")[:MOST]),
        mappings=tuple(_holding(mappings, words, "name", "kpi__name")[:MOST]),
    )


def run_text(run: EvaluationRun) -> str:
    """What a search of the runs table looks into: names, parameters as key=value, commit, split, note, origin.

    Written on the run when it is sealed. The model's name is not in it: a model can be renamed.
    """
    kept = run.manifest
    parameters = kept.get("parameters") or {}
    parts = [
        run.name,
        run.version.name,
        run.data_set.name if run.data_set else "",
        *(str(kept.get(key) or "") for key in ("code_commit", "split", "note")),
        run.origin,
        *(f"{key}={value}" for key, value in parameters.items()),
    ]
    return " ".join(part for part in parts if part).lower()[:MOST_TEXT]


def _holding(rows: QuerySet[Any], words: list[str], *fields: str) -> QuerySet[Any]:
    for word in words:
        held = Q()
        for field in fields:
            held |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(held)
    return rows
