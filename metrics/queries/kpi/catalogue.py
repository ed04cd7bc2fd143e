"""Reading KPIs, mappings, assumptions, targets and actuals, already narrowed to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from metrics import access
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import (
    KPI,
    Actual,
    Assumption,
    AssumptionVersion,
    Mapping,
    MappingVersion,
    Signature,
    Target,
)
from metrics.models.product import Product, Role, User
from metrics.prepared import Prepared
from metrics.queries.documents.baselines import run_called
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.catalogue import every_product

State = MappingVersion.State
UNSIGNED = frozenset({State.DRAFT, State.PROPOSED, State.ENDORSED})
MOST_BASELINES = 50  # runs that are offered


def kpis(of: Product) -> QuerySet[KPI]:
    return KPI.objects.filter(product=of).select_related("product")


def kpi(of: Product, key: str) -> KPI:
    return access.there(kpis(of).filter(key=key).first())


def fixed_aggregation(of: KPI) -> str:
    """Why what a KPI is over several months can not be changed any more; "" where it can."""
    if Signature.objects.filter(version__mapping__kpi=of).exists():
        return "it is part of what was signed with a mapping"
    if Actual.objects.filter(kpi=of, withdrawn_at=None).exclude(numerator=None).exists():
        return "months of it have a numerator and a denominator"
    return ""


def targets(of: Product) -> QuerySet[Target]:
    return Target.objects.filter(product=of, withdrawn_at=None).select_related("kpi", "product", "set_by")


TARGETS = Prepared(lambda products: Target.objects.filter(product__in=products, kpi=None, withdrawn_at=None), list)


def targets_of(products: Iterable[str]) -> dict[str, list[Target]]:
    """Product → the targets of its revenue, in their order."""
    by_product: dict[str, list[Target]] = {}
    for row in TARGETS(products):
        by_product.setdefault(row.product_id, []).append(row)
    return by_product


def target(of: Product, key: str) -> Target:
    return access.there(targets(of).filter(pk=key).first())


def assumptions(of: Product) -> QuerySet[Assumption]:
    """Assumptions with their versions, newest first."""
    newest = Prefetch("versions", queryset=AssumptionVersion.objects.order_by("-number").select_related("created_by"))
    return Assumption.objects.filter(product=of).select_related("product").prefetch_related(newest)


def assumption(of: Product, key: str) -> Assumption:
    return access.there(assumptions(of).filter(key=key).first())


def actuals(of: KPI) -> QuerySet[Actual]:
    """Imported values, the newest known first, without those taken back."""
    return (
        Actual.objects.filter(kpi=of, withdrawn_at=None).select_related("imported_by").order_by("-period", "-known_at")
    )


def all_actuals(of: Product) -> QuerySet[Actual]:
    """Imported values of all KPIs of a product, without those taken back."""
    return Actual.objects.filter(kpi__product=of, withdrawn_at=None).select_related("kpi__product", "imported_by")


def actual(of: Product, key: str) -> Actual:
    return access.there(all_actuals(of).filter(pk=key).first())


def mappings(of: Product) -> QuerySet[Mapping]:
    return (
        Mapping.objects.filter(product=of)
        .select_related("kpi", "product")
        .prefetch_related("versions__author", "versions__model")
    )


def mapping(user: User, key: str) -> Mapping:
    rows = Mapping.objects.select_related("kpi__product", "product").prefetch_related("versions__model")
    return access.there(rows.filter(pk=key, product__in=every_product(user)).first())


def version(user: User, mapping: str, number: int) -> MappingVersion:
    """One version of a mapping. An executive finds those that are or were in force only."""
    rows = MappingVersion.objects.select_related(
        "mapping__kpi__product", "mapping__product", "author", "model"
    ).prefetch_related("signatures__user")
    found = rows.filter(mapping=mapping, number=number, mapping__product__in=every_product(user)).first()
    if found is None or not readable(user, found):
        raise access.Hidden
    return found


def readable(user: User, version: MappingVersion) -> bool:
    """Whether a version is there for a person who is in its product."""
    if version.state not in UNSIGNED or user.is_staff:
        return True
    return access.role(user, version.mapping.product) != Role.EXECUTIVE


def signatures(of: MappingVersion) -> list[Signature]:
    return [row for row in of.signatures.all() if not row.cleared]


@dataclass(frozen=True)
class Said:
    """What one person did with a version; text: the reason."""

    by: User
    at: datetime
    act: str
    role: str
    text: str
    cleared: bool = False


def said(of: MappingVersion) -> list[Said]:
    """All that was signed, objected to and taken back of a version, the oldest first."""
    acts = [Said(row.user, row.created_at, row.act, row.role, row.reason, row.cleared) for row in of.signatures.all()]
    return sorted(acts, key=lambda one: one.at)


def objections(of: MappingVersion) -> list[Signature]:
    return [row for row in of.signatures.all() if row.act == Signature.Act.OBJECTED]


def baseline_runs(known: Known) -> list[tuple[str, str]]:
    """Id and words of the newest runs with rows, of tasks without two outcomes, that a cost may be held against."""
    tasks = [name for name, task in TASKS.items() if not task.two_outcomes]
    runs = EvaluationRun.objects.filter(product=known.product, state=EvaluationRun.State.SCORED, task__in=tasks)
    rows = runs.exclude(rows="").select_related("version__model").order_by("-created_at", "-pk")[:MOST_BASELINES]
    return [(run.pk, run_called(run)) for run in rows]
