"""Packs as a person may read them: those of a product, and those of portfolios all of whose products they may read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from metrics import access, store
from metrics.models.delivery import Delivery
from metrics.models.pack import Pack
from metrics.models.product import Product, User
from metrics.models.work import Work
from metrics.queries.evaluation import catalogue

MAKE, LETTER = "pack", "delivery_pack"


def _told(rows: QuerySet[Pack]) -> QuerySet[Pack]:
    return rows.select_related("product", "made_by", "withdrawn_by", "corrects", "corrected_by")


def of_product(product: Product) -> QuerySet[Pack]:
    """Those of a product and of its decisions, the newest first."""
    return _told(Pack.objects.filter(product=product)).order_by("-number")


def of_portfolios(user: User) -> QuerySet[Pack]:
    """Those of portfolios that a person may read, the newest first: of a pack that is made all of its products."""
    outside = Product.objects.exclude(pk__in=catalogue.every_product(user))
    inside = Pack.products.through.objects.values("pack")
    theirs = Q(pk__in=inside) & ~Q(state=Pack.State.MAKING)
    mine = Pack.objects.filter(product=None).filter(Q(made_by=user) | theirs)
    return _told(mine.exclude(pk__in=Pack.objects.filter(products__in=outside).values("pk"))).order_by("-created_at")


def by_id(key: str) -> Pack:
    """For the work that makes it. Raises Hidden where it is gone."""
    return access.there(_told(Pack.objects.all()).filter(pk=key).first())


def one(product: Product, number: int) -> Pack:
    """A pack of a product by its number. Raises Hidden."""
    return access.there(of_product(product).filter(number=number).first())


def portfolio_one(user: User, key: str) -> Pack:
    """A pack of a portfolio by its id. Raises Hidden where there is none that the person may read."""
    return access.there(of_portfolios(user).filter(pk=key).first())


def newest(product: Product | None, user: User) -> Pack | None:
    """The newest issued pack of a product, or of the portfolios that a person may read."""
    rows = of_portfolios(user) if product is None else of_product(product)
    return rows.filter(state=Pack.State.ISSUED).first()


@dataclass(frozen=True)
class Making:
    """How far a pack is that is being made. failed: why it could not be; "" while it may still be."""

    step: str
    failed: str
    waits: bool


def making(pack: Pack) -> Making:
    work = Work.objects.filter(kind=MAKE, scope=pack.pk).order_by("-created_at").first()
    if work is None:
        return Making(pack.step, "the work that makes it is gone; issue another", False)
    failed = work.error.partition(": ")[2] or work.error if work.state == Work.State.PARKED else ""
    return Making(pack.step, failed, work.state == Work.State.DUE and not work.attempts)


def comparing(pack: Pack) -> bool:
    """Whether it is being written again."""
    return Work.objects.filter(kind="pack_again", scope=pack.pk).exclude(state__in=["done", "parked"]).exists()


def content(pack: Pack, kind: str) -> bytes:
    """The bytes of one of its files. Raises Hidden where there is none, store.Missing where the store lost it."""
    digest = pack.files.get(kind)
    if not digest:
        raise access.Hidden
    return store.get(digest)


def document(pack: Pack) -> bytes:
    """The frozen document, as canonical JSON."""
    return store.get(pack.digest, check=True)


def why_unpacked(row: Delivery) -> str:
    """Why the pack that was to go with a delivery could not be made; "" where that is not known."""
    parked = Work.objects.filter(kind=LETTER, scope=row.pk, state=Work.State.PARKED).first()
    return parked.error.partition(": ")[2] or parked.error if parked is not None else ""


def named_files() -> Iterator[str]:
    """Digests of the files in the store that packs name, and letters which are not delivered yet."""
    for made in Delivery.objects.exclude(packed_at=None).values_list("pack", flat=True).iterator():
        yield from made.values()
    for digest, files in Pack.objects.exclude(digest="").values_list("digest", "files").iterator():
        yield digest
        yield from files.values()
