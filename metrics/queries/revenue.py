"""Reading projections: one product's outlook, the portfolio, and what-ifs on stored draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from metrics import jobs, store
from metrics.core import replay
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import cells_at
from metrics.core.kpi.value import Policy, cost, savings, value
from metrics.core.replay import Document
from metrics.core.revenue.projection import later
from metrics.models.evaluation import Artifact, EvaluationRun
from metrics.models.kpi import Assumption, KPIResult, Target
from metrics.models.product import Product, User
from metrics.models.revenue import Projection, RevenueResult
from metrics.models.work import Change
from metrics.queries import documents
from metrics.queries.documents import NO_APPROVED, NO_CHAMPION, Book, Known
from metrics.queries.evaluation import products
from metrics.queries.figures import quantity
from metrics.queries.grade import Grade, Grader
from metrics.queries.kpi import NO_GRADE, chance, current_target, targets

MOVED_NOTHING = Q(before=F("after")) & ~Q(after="")


@dataclass(frozen=True)
class Month:
    period: str
    quantity: Quantity
    receipt: str


@dataclass(frozen=True)
class Outlook:
    """What an executive reads of a product. Where the projection is Unknown, `total` says why."""

    product: Product
    projection: Projection | None
    total: Quantity
    receipt: str
    grade: Grade
    months: tuple[Month, ...]
    realised: tuple[Month, ...]
    realised_total: Quantity
    realised_receipt: str
    target: Target | None
    chance: float | None
    value: Quantity
    value_receipt: str
    history: int
    computing: bool

    @property
    def counts(self) -> bool:
        return isinstance(self.total, Estimate) and self.grade.counts


def outlook(product: Product, known: Known | None = None) -> Outlook:
    known = known or Known(product)
    projection = projection_of(product)
    book = Book()
    projected = documents.revenue(book, projection, known) if projection else {}
    past = documents.realised(book, projection, known) if projection else {}
    rows = {row.digest: row for row in RevenueResult.objects.filter(digest__in=[*projected.values(), *past.values()])}
    computing = jobs.open_count(product) > 0
    why = _why_not(projection, known) or ("being computed" if computing else "not computed yet")
    document = book[projected["total"]] if projected else None
    kpi = KPIResult.objects.filter(digest=document["value"]).first() if document else None
    total = quantity(rows.get(projected.get("total", "")), reason=why)
    target = current_target(targets(product).filter(kpi=None), first_month(document) or timezone.localdate())
    return Outlook(
        product=product,
        projection=projection,
        total=total,
        receipt=_stored(projected.get("total", ""), rows),
        grade=Grader(product, timezone.localdate()).of(document) if document else NO_GRADE,
        months=_months(projected, rows),
        realised=_months(past, rows),
        realised_total=quantity(rows.get(past.get("total", "")), reason=why),
        realised_receipt=_stored(past.get("total", ""), rows),
        target=target,
        chance=chance(total, target, None),
        value=quantity(kpi, reason=why),
        value_receipt=kpi.digest if kpi else "",
        history=len(document["volume"]) if document else 0,
        computing=computing,
    )


def projection_of(product: Product) -> Projection | None:
    rows = Projection.objects.select_related("value_kpi", "volume_kpi", "revenue_kpi", *replay.PROJECTED)
    return rows.filter(product=product).first()


def _why_not(projection: Projection | None, known: Known) -> str:
    if projection is None:
        return "no projection is set up"
    if projection.value_kpi.key not in known.approved:
        return f"{projection.value_kpi.name}: {NO_APPROVED}"
    return "" if known.champion else NO_CHAMPION


def _stored(digest: str, rows: Mapping[str, RevenueResult]) -> str:
    return digest if digest in rows else ""


def _months(figures: Mapping[str, str], rows: Mapping[str, RevenueResult]) -> tuple[Month, ...]:
    return tuple(
        Month(figure, quantity(rows.get(digest)), _stored(digest, rows))
        for figure, digest in sorted(figures.items())
        if figure != "total"
    )


def first_month(document: Document | None) -> date | None:
    """The first projected month of a revenue document."""
    if not document or not document["volume"]:
        return None
    return date.fromisoformat(later(document["volume"][-1][0], 1) + "-01")


@dataclass(frozen=True)
class Portfolio:
    """An executive's products, their total, and what that total leaves out, by currency."""

    outlooks: tuple[Outlook, ...]
    currency: str
    total: Quantity
    realised: Quantity
    counted: tuple[Outlook, ...]
    left_out: tuple[Outlook, ...]


def portfolio(user: User) -> Portfolio:
    """The total over the products of one currency whose figure may count; grade D and Unknown never enter it."""
    found = tuple(outlook(product) for product in products(user))
    counted = tuple(one for one in found if one.counts)
    currencies = sorted({one.product.currency for one in counted})
    currency = currencies[0] if currencies else ""
    in_total = tuple(one for one in counted if one.product.currency == currency)
    return Portfolio(
        outlooks=tuple(sorted(found, key=_attention)),
        currency=currency,
        total=_sum([one.total for one in in_total]),
        realised=_sum([one.realised_total for one in in_total]),
        counted=in_total,
        left_out=tuple(one for one in found if one not in in_total),
    )


def _attention(one: Outlook) -> tuple[int, float, str]:
    return (0 if one.chance is not None else 1, one.chance if one.chance is not None else 1.0, one.product.name)


def _sum(parts: list[Quantity]) -> Quantity:
    """Draw by draw over products: their seeds differ, so their errors are independent."""
    known = [part for part in parts if isinstance(part, Estimate)]
    if not known:
        return Unknown("no product has a figure that counts")
    total: Quantity = known[0]
    for part in known[1:]:
        assert isinstance(total, Estimate)
        draws = None if total.draws is None or part.draws is None else total.draws + part.draws
        total = Estimate(total.point + part.point, total.unit, draws)
    return total


def value_document(one: Outlook) -> Document | None:
    row = KPIResult.objects.filter(digest=one.value_receipt).first()
    return (
        row.document
        if row and row.document["definition"]["kind"] == "value_matrix" and "decisions" in row.document
        else None
    )


def decisions_under(document: Document) -> Decisions | None:
    row = Artifact.objects.filter(digest=document["decisions"]).first()
    return Decisions.from_bytes(store.get(row.file)) if row and store.path(row.file).exists() else None


@dataclass(frozen=True)
class WhatIf:
    """The projection with some assumptions moved, the decisions on each row held as they are."""

    total: Quantity
    months: tuple[tuple[str, Quantity], ...]
    value: Quantity
    chance: float | None


def movable(one: Outlook) -> frozenset[str]:
    """The names that a what-if may move: the assumptions under the value a case, those of the projection, and growth.

    "growth" names the assumption on growth, whatever its key. None without a figure.
    """
    document = value_document(one)
    if document is None or one.projection is None:
        return frozenset()
    return (
        frozenset(document["assumptions"])
        | projected_by(one.projection).keys()
        | ({"growth"} if one.projection.growth else set())
    )


def projected_by(projection: Projection) -> dict[str, Assumption]:
    """Key → assumption that the projection itself stands on."""
    held = [getattr(projection, name) for name in replay.PROJECTED]
    return {one.key: one for one in held if one is not None}


def what_if(one: Outlook, moved: Mapping[str, float]) -> WhatIf | Unknown:
    """Move assumptions: their draws shift to the new point, and the stored sums are priced again. No rows, no queue."""
    document = value_document(one)
    row = RevenueResult.objects.filter(digest=one.receipt).first()
    sums = decisions_under(document) if document else None
    if document is None or row is None or sums is None:
        return Unknown("only a projection on a value matrix can be moved")
    matrix = replay.matrix(document)
    points: dict[str, float] = {}
    draws: dict[str, object] = {}
    for key, held in replay.assumptions(document).items():
        at = moved.get(key, held.point)
        points[key] = at
        draws[key] = at if held.draws is None else held.draws + (at - held.point)
    try:
        quantity_ = value(
            sums,
            cells_at(matrix, points),
            cells_at(matrix, draws),
            seed=document["seed"],
            baseline=matrix.baseline,
            per=matrix.per,
            unit=matrix.unit,
        )
        growth = row.document.get("growth")
        projected = replay.projection(
            row.document,
            quantity_,
            season=replay.season(document, sums, cells_at(matrix, points)),
            acted=replay.acted(row.document, sums),
            moved={**moved, growth["id"]: moved["growth"]} if growth and "growth" in moved else moved,
        )
    except ValueError as error:
        return Unknown(str(error)[:200])
    if isinstance(projected, Unknown):
        return projected
    return WhatIf(
        projected.total,
        tuple((str(month), figure) for month, figure in projected.months.items()),
        quantity_,
        chance(projected.total, one.target, None),
    )


def changes(product: Product, limit: int = 10) -> list[Change]:
    """Why the headline moved, the newest first; what moved nothing is left out."""
    return list(Change.objects.filter(product=product).exclude(MOVED_NOTHING)[:limit])


def latest_changes(user: User, limit: int = 8) -> list[Change]:
    """Why headlines moved, over all products of a person, the newest first."""
    return list(
        Change.objects.filter(product__in=products(user)).exclude(MOVED_NOTHING).select_related("product")[:limit]
    )


def change_figures(found: list[Change]) -> dict[str, Quantity]:
    """Digest → headline, for the befores and afters of changes."""
    wanted = {digest for change in found for digest in (change.before, change.after) if len(digest) == 64}
    return {row.digest: quantity(row) for row in RevenueResult.objects.filter(digest__in=wanted)}


def costs(run: EvaluationRun, known: Known) -> dict[str, Quantity]:
    """What a run's decisions cost on its rows under the mapping in force: chosen, act on none, act on all, savings.

    Empty where there is no such mapping, or it is not computed yet.
    """
    projection = projection_of(known.product)
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if version is None:
        return {}
    book = Book()
    document = book[documents.kpi(book, run, version, known)]
    sums = decisions_under(document) if "decisions" in document else None
    if sums is None:
        return {}
    at_points, at_draws = replay.cells(document)
    terms: dict[str, Any] = {"seed": document["seed"], "per": "total", "unit": known.product.currency}
    policies: tuple[Policy, ...] = ("chosen", "act_on_none", "act_on_all")
    found = {policy: cost(sums, at_points, at_draws, policy=policy, **terms) for policy in policies}
    return found | {"savings": savings(sums, at_points, at_draws, seed=document["seed"])}
