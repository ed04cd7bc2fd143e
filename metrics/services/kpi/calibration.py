"""Pairs for calibrated mappings: read from CSV, imported as a batch, and taken back as one."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.core.rows.refusal import counted
from metrics.models.calibration import Pair
from metrics.models.evaluation import Metric
from metrics.models.kpi import KPI
from metrics.models.product import Product, User
from metrics.models.row import new_id
from metrics.models.work import Change
from metrics.queries.documents.definitions import is_built_in
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Fault, Invalid, clean, invalid

COLUMNS = ("x", "y", "x_error", "y_error", "covariance", "disjoint", "at")
MOST = 500  # pairs of one KPI, metric and kind
LIMIT = 1e15
ROUNDED = 1e-3  # of the greatest covariance, as people round
TRUE, FALSE = ("1", "true", "yes"), ("", "0", "false", "no")


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """A pair as it is given, before it is stored."""

    x: float
    y: float
    x_error: float | None = None
    y_error: float | None = None
    covariance: float | None = None
    disjoint: bool = False
    at: date | None = None


def read_pairs(text: str) -> list[PairRow]:
    """The pairs of a CSV text: a line of names among COLUMNS, x and y at least, then one pair a line.

    Separated by comma, semicolon or tab. Raises Invalid naming each row, from 1, and column that cannot be read.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip(" \t,;")]
    separator = next((mark for mark in "\t;," if lines and mark in lines[0]), ",")
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not {"x", "y"} <= set(names) or len(set(names)) < len(names):
        what = f"“{unknown[0][:30]}” is no column" if unknown else "the first line must name the columns x and y, once"
        raise invalid("text", what, code="columns", remedy="columns: " + ", ".join(COLUMNS))
    if len(rows) - 1 > MOST:
        raise invalid("text", f"there are {len(rows) - 1} pairs; at most {MOST} are taken", code="too_many")
    faults: list[Fault] = []
    found = [_row(dict(zip(names, row, strict=False)), number, faults) for number, row in enumerate(rows[1:], 1)]
    if faults:
        raise Invalid(*faults[:20])
    return found


def _row(given: dict[str, str], number: int, faults: list[Fault]) -> PairRow:
    def fault(name: str, message: str) -> None:
        faults.append(Fault(field="text", row=number, code="invalid", message=f"row {number}, {name}: {message}"))

    numbers: dict[str, float | None] = {}
    for name in ("x", "y", "x_error", "y_error", "covariance"):
        text = given.get(name, "").strip()
        numbers[name] = _number(text)
        if numbers[name] is None and (text or name in ("x", "y")):
            fault(name, f"“{text[:30]}” is no number")
    told = given.get("disjoint", "").strip().lower()
    if told not in TRUE + FALSE:
        fault("disjoint", "say yes or no")
    at = given.get("at", "").strip()
    day = _day(at)
    if at and day is None:
        fault("at", f"“{at[:30]}” is no date; write it as 2017-08-31")
    return PairRow(
        x=numbers["x"] or 0.0,
        y=numbers["y"] or 0.0,
        x_error=numbers["x_error"],
        y_error=numbers["y_error"],
        covariance=numbers["covariance"],
        disjoint=told in TRUE,
        at=day,
    )


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < LIMIT else None


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        return None


def check_metric(product: Product, key: str, field: str) -> None:
    """Raise Invalid where the product has no such metric."""
    if not (is_built_in(key) or Metric.objects.filter(product=product, key=key).exists()):
        raise invalid(field, f"there is no metric “{key[:60]}” in this product", code="unknown")


def known(kpi: KPI, metric: str, kind: str) -> set[PairRow]:
    """The pairs that count already."""
    rows = Pair.objects.filter(kpi=kpi, metric=metric, kind=kind, withdrawn_at=None)
    return {PairRow(**{name: getattr(row, name) for name in COLUMNS}) for row in rows}


def new_pairs(kpi: KPI, *, metric: str, kind: str, rows: Sequence[PairRow]) -> list[PairRow]:
    """Those of some pairs that are not known yet, in every figure of them. Raises Invalid as `import_pairs` does."""
    check_metric(kpi.product, metric, "metric")
    if kind not in Pair.Kind.values:
        raise invalid("kind", f"“{kind[:20]}” is no kind of pairs", remedy="one of " + ", ".join(Pair.Kind.values))
    if not rows:
        raise invalid("text", "there are no pairs", remedy="give at least one line with x and y")
    held, today = known(kpi, metric, kind), kpi.product.today()
    fresh = [row for row in dict.fromkeys(rows) if row not in held]
    if len(held) + len(fresh) > MOST:
        raise invalid("text", f"with these there are over {MOST} pairs", code="too_many", remedy="take back older ones")
    faults = [fault for number, row in enumerate(rows, 1) for fault in _faults(number, row, today)]
    if faults:
        raise Invalid(*faults[:20])
    return fresh


def _faults(number: int, row: PairRow, today: date) -> Iterator[Fault]:
    """What cannot be of one pair: a day to come, a negative error, or a covariance that the errors do not allow."""

    def fault(name: str, message: str, remedy: str) -> Fault:
        told = f"row {number}, {name}: {message}"
        return Fault(field="text", row=number, code="invalid", message=told, remedy=remedy)

    for name in ("x_error", "y_error"):
        if (getattr(row, name) or 0) < 0:
            yield fault(name, "a standard error is not negative", "Give the standard error, or leave it empty.")
    if row.at is not None and row.at > today:
        yield fault("at", f"{row.at} has not come yet, so nothing was observed then", "Check the year.")
    if not row.covariance:
        return
    if row.disjoint:
        message = "errors of different units have no covariance"
        yield fault("covariance", message, "Leave out the covariance, or say disjoint no.")
    elif row.x_error is None or row.y_error is None:
        yield fault("covariance", "is of the errors of x and y, which are not given", "Give x_error and y_error too.")
    elif abs(row.covariance) > (1 + ROUNDED) * abs(row.x_error * row.y_error):
        message = f"lies beyond x_error · y_error, which is {abs(row.x_error * row.y_error):.4g}"
        yield fault("covariance", message, "Give the covariance of the two standard errors, not their correlation.")


@transaction.atomic
def import_pairs(
    actor: User, kpi: KPI, *, metric: str, kind: str, rows: Sequence[PairRow], source: str = ""
) -> list[Pair]:
    """Write pairs as one batch; a pair known already, in every figure of it, is left out. Gives those written."""
    product = kpi.product
    access.require(actor, "actual.import", product)
    fresh = new_pairs(kpi, metric=metric, kind=kind, rows=rows)
    shared = {"batch": new_id(), "created_at": timezone.now(), "imported_by": actor, "source": source}
    pairs = [Pair(kpi=kpi, metric=metric, kind=kind, **shared, **vars(row)) for row in fresh]
    for pair in pairs:
        clean(pair, known=("kpi", "imported_by"), unique=False)
    Pair.objects.bulk_create(pairs, batch_size=500)
    if pairs:
        changed(actor, product, Change.Cause.ACTUALS, f"{kpi.name}: {counted(len(pairs), 'pair')} with {metric}")
        audit.record(actor, "actual.import", kpi.key, product=product, pairs=len(pairs), metric=metric)
    return pairs


@transaction.atomic
def withdraw_pairs(actor: User, kpi: KPI, batch: str) -> int:
    """Undo one import as a whole. Says how many pairs it took back."""
    product = kpi.product
    access.require(actor, "actual.undo", product)
    count = Pair.objects.filter(kpi=kpi, batch=batch, withdrawn_at=None).update(withdrawn_at=timezone.now())
    if count:
        changed(actor, product, Change.Cause.ACTUALS, f"{kpi.name}: {counted(count, 'pair')} taken back")
        audit.record(actor, "actual.undo", kpi.key, product=product, pairs=count)
    return count
