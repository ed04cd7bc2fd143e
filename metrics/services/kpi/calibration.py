"""Pairs for calibrated mappings: imported as a batch, and taken back as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
from metrics.services.kpi.pairs_given import COLUMNS, MOST, PairRow
from metrics.services.writing import audit, taking_back
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Conflict, Fault, Invalid, clean, invalid

ROUNDED = 1e-3  # of the greatest covariance, as people round


def check_metric(product: Product, key: str, field: str) -> None:
    """Raise Invalid where the product has no such metric."""
    if not (is_built_in(key) or Metric.objects.filter(product=product, key=key).exists()):
        raise invalid(field, f"there is no metric “{key[:60]}” in this product", code="unknown")


def known(kpi: KPI, *, metric: str, kind: str, rows: Sequence[PairRow]) -> list[bool]:
    """Of each pair whether it counts already, in every figure of it: as often as it is stored, and no more often.

    Equal pairs of one import are as many observations; the same import once more is known.
    """
    stored = Pair.objects.filter(kpi=kpi, metric=metric, kind=kind, withdrawn_at=None)
    held = Counter(PairRow(**{name: getattr(row, name) for name in COLUMNS}) for row in stored)
    found = []
    for row in rows:
        found.append(held[row] > 0)
        held[row] -= 1
    return found


def new_pairs(kpi: KPI, *, metric: str, kind: str, rows: Sequence[PairRow]) -> list[PairRow]:
    """Those of some pairs that are not known yet. Raises Invalid as `import_pairs` does."""
    check_metric(kpi.product, metric, "metric")
    if kind not in Pair.Kind.values:
        raise invalid("kind", f"“{kind[:20]}” is no kind of pairs", remedy="one of " + ", ".join(Pair.Kind.values))
    if not rows:
        raise invalid("text", "there are no pairs", remedy="give at least one line with x and y")
    today = kpi.product.today()
    told = known(kpi, metric=metric, kind=kind, rows=rows)
    fresh = [row for row, held in zip(rows, told, strict=True) if not held]
    if Pair.objects.filter(kpi=kpi, metric=metric, kind=kind, withdrawn_at=None).count() + len(fresh) > MOST:
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
    """Write pairs as one batch; those known already are left out. Gives those written."""
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
    count = taking_back.withdraw(actor, Pair.objects.filter(kpi=kpi, batch=batch))
    if count:
        changed(actor, product, Change.Cause.ACTUALS, f"{kpi.name}: {counted(count, 'pair')} taken back")
        audit.record(actor, "actual.undo", kpi.key, product=product, pairs=count)
    return count


@transaction.atomic
def restore_pairs(actor: User, pair: Pair) -> list[Pair]:
    """Bring back the import that a pair came with. Raises Conflict where it is there, Invalid where it fits no more."""
    kpi, product = pair.kpi, pair.kpi.product
    access.require(actor, "actual.undo", product)
    rows = taking_back.gone_with(pair, Pair.objects.filter(kpi=kpi))
    given = [PairRow(**{name: getattr(row, name) for name in COLUMNS}) for row in rows]
    if len(new_pairs(kpi, metric=pair.metric, kind=pair.kind, rows=given)) < len(rows):
        raise Conflict("some of its pairs were imported again since; take those back first, or leave it")
    made = taking_back.restore(rows, batch=new_id(), imported_by=actor)
    changed(actor, product, Change.Cause.ACTUALS, f"{kpi.name}: {counted(len(made), 'pair')} brought back")
    audit.record(actor, "actual.restore", kpi.key, product=product, pairs=len(made))
    return made
