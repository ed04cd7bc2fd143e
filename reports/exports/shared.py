"""What a link shows: a document of the thing as it is now, made with the rights of who shared it, or an issued one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from metrics.queries.delivery import packs
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.portfolio import portfolio
from reports.exports.document import Document
from reports.exports.documents import portfolio as of_portfolio
from reports.exports.documents import product as of_product
from reports.exports.frozen import thawed

if TYPE_CHECKING:
    from metrics.models.sharing import Share


def _product(found: Any) -> Document:
    known = Known(found.product)
    return of_product.document(found.made_by, outlook(known), today=known.today)


def _portfolio(found: Any) -> Document:
    return of_portfolio.document(found.made_by, portfolio(found.made_by), today=timezone.localdate())


def _pack(found: Any) -> Document:
    return thawed(packs.document(found.pack))


KINDS: dict[str, Callable[[Any], Document]] = {"product": _product, "portfolio": _portfolio, "pack": _pack}


def sheet_of(found: Share) -> Document:
    return KINDS[found.kind](found)
