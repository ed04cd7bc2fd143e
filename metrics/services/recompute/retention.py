"""Removing rows that are older than their product keeps them: noted and audited first, swept from the store then."""

from __future__ import annotations

from django.db import transaction

from metrics import access, jobs
from metrics.models.evaluation import RemovedRows
from metrics.models.product import Product
from metrics.models.work import Work
from metrics.queries.selection import retained
from metrics.services.writing import audit

NAMED = 100  # runs that the audit names


def remove(product: Product) -> int:
    """Note the files that are due as removed; give how many. The sweep, which keeps what a row names, deletes them."""
    with transaction.atomic():
        product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        if product.keep_rows_months is None:
            return 0
        found = retained.leaving(product, product.keep_rows_months)
        if not found.files:
            return 0
        RemovedRows.objects.bulk_create(
            (RemovedRows(product=product, digest=digest, size=size) for digest, size in found.files.items()),
            ignore_conflicts=True,
        )
        told = {"months": found.months, "files": len(found.files), "bytes": found.size, "count": len(found.runs)}
        runs = [run.pk for run in found.runs[:NAMED]]
        audit.record(access.operator(), "rows.remove", product.name, product=product, runs=runs, **told)
    return len(found.files)


def remove_due(work: Work) -> None:
    """Remove what is due in every product that is at work and keeps rows for a time only."""
    products = Product.objects.filter(archived_at=None).exclude(keep_rows_months=None)
    files = sum(remove(product) for product in products)
    with transaction.atomic():
        jobs.finish(work, result={"files": files})
