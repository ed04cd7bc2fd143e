"""Tables of KPIs and what they are held against: the board, targets, what was observed, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from metrics.core import distributions
from metrics.models.kpi import Actual, Target
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.kpi.board import boards_of
from metrics.queries.tables.table import FIGURE, PRODUCT, RECEIPT, Column, Row, Table, figure


def _by_key(several: Sequence[Known]) -> dict[str, Product]:
    return {known.product.pk: known.product for known in several}


def _kpis(several: Sequence[Known]) -> Iterable[Row]:
    for board in boards_of(several):
        for row in board.rows:
            one, target = row.figure, row.target
            yield (
                board.product.slug,
                one.kpi.key,
                one.kpi.name,
                one.kpi.direction,
                *figure(one.quantity, one.kpi.unit),
                one.grade.letter or None,
                float(target.value) if target else None,
                row.chance,
                row.met,
                row.no_chance,
                one.kpi.owner or None,
                one.receipt or None,
            )


def _targets(several: Sequence[Known]) -> Iterable[Row]:
    products = _by_key(several)
    for row in Target.objects.filter(product__in=products, withdrawn_at=None).select_related("kpi", "set_by"):
        product = products[row.product_id]
        yield (
            product.slug,
            row.kpi.key if row.kpi else None,
            row.value,
            row.kpi.unit if row.kpi else product.currency,
            f"{row.from_period:%Y-%m}",
            f"{row.until_period:%Y-%m}",
            row.set_by.username,
            row.created_at,
        )


def _actuals(several: Sequence[Known]) -> Iterable[Row]:
    products = _by_key(several)
    rows = Actual.objects.filter(kpi__product__in=products, withdrawn_at=None).select_related("kpi")
    for row in rows.order_by("kpi__product", "kpi", "period", "known_at").iterator(2000):
        yield (
            products[row.kpi.product_id].slug,
            row.kpi.key,
            f"{row.period:%Y-%m}",
            row.figure,
            row.numerator,
            row.denominator,
            row.kpi.unit,
            row.partial,
            row.known_at,
            row.source or None,
        )


def _assumptions(several: Sequence[Known]) -> Iterable[Row]:
    for known in several:
        for key, version in sorted(known.assumptions.items()):
            held, spread = version.assumption, distributions.parse(version.distribution)
            yield (
                known.product.slug,
                key,
                held.name,
                spread.point,
                held.unit,
                spread.describe(held.unit),
                version.number,
                version.owner or None,
                version.source or None,
                version.valid_until,
                _expired(version.valid_until, known.today),
            )


def _expired(until: date | None, today: date) -> bool:
    return until is not None and until < today


KPIS = Table(
    "kpis",
    "the KPI board: each KPI's figure in force, its target and the chance to meet it",
    (
        PRODUCT,
        Column("kpi", "the KPI's key"),
        Column("name", "the KPI's name"),
        Column("direction", "up where more is better, down where less is"),
        *FIGURE,
        Column("grade", "evidence grade, A to D; empty for what is observed only"),
        Column("target", "the target of today"),
        Column("chance", "probability to meet the target, a fraction"),
        Column("met", "whether the target was met, where its months are over"),
        Column("no_chance", "why neither is known"),
        Column("owner", "who answers for the KPI"),
        RECEIPT,
    ),
    _kpis,
)
TARGETS = Table(
    "targets",
    "targets of KPIs and of money that stand",
    (
        PRODUCT,
        Column("kpi", "the KPI's key; empty for a target of the product's money"),
        Column("value", "what should be reached"),
        Column("unit", "unit of the value"),
        Column("from_month", "first month of the target"),
        Column("until_month", "last month of the target"),
        Column("set_by", "username of who set it"),
        Column("set_at", "when it was set"),
    ),
    _targets,
)
ACTUALS = Table(
    "actuals",
    "what was observed, month by month, each as it was known at a time: the newest known_at of a month holds",
    (
        PRODUCT,
        Column("kpi", "the KPI's key"),
        Column("month", "calendar month, as 2026-11"),
        Column("value", "what was observed; of a ratio with parts, made of them"),
        Column("numerator", "numerator of a ratio that has its parts"),
        Column("denominator", "its denominator"),
        Column("unit", "unit of the value"),
        Column("partial", "whether it was known while the month still ran"),
        Column("known_at", "since when it is known"),
        Column("source", "where it comes from"),
    ),
    _actuals,
)
ASSUMPTIONS = Table(
    "assumptions",
    "assumptions in their newest versions",
    (
        PRODUCT,
        Column("assumption", "the assumption's key"),
        Column("name", "its name"),
        Column("value", "the point that figures are computed at"),
        Column("unit", "its unit"),
        Column("spread", "how sure it is, in words"),
        Column("version", "number of the version"),
        Column("owner", "who answers for it"),
        Column("source", "where it comes from; without one it is opinion"),
        Column("valid_until", "the last day on which it holds"),
        Column("expired", "whether that day is past"),
    ),
    _assumptions,
)
