"""Reading links: one's own and those of a product, and the one that a secret opens."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from metrics import access
from metrics.models.pack import Pack
from metrics.models.product import Product, User
from metrics.models.sharing import Opening, Share
from metrics.queries.delivery import packs

MOST_OFFERED = 20  # packs


def live(rows: QuerySet[Share]) -> QuerySet[Share]:
    return rows.filter(revoked_at=None, expires_at__gt=timezone.now())


def of_product(product: Product) -> QuerySet[Share]:
    """The links of a product, the newest first, with how often each was read and when last."""
    return _counted(Share.objects.filter(product=product))


def of_portfolio(user: User) -> QuerySet[Share]:
    """One's own links to the portfolio; an administrator's are all."""
    rows = Share.objects.filter(product=None)
    return _counted(rows if user.is_staff else rows.filter(made_by=user))


def _counted(rows: QuerySet[Share]) -> QuerySet[Share]:
    read = Q(openings__came=Opening.Came.READ)
    counted = rows.annotate(times=Count("openings", filter=read), last=Max("openings__created_at", filter=read))
    return counted.select_related("made_by", "revoked_by", "product", "pack")


def one(user: User, key: str, product: Product | None = None) -> Share:
    """Raises Hidden."""
    rows = of_product(product) if product is not None else of_portfolio(user)
    return access.there(rows.filter(pk=key).first())


def openings(of: Share) -> QuerySet[Opening]:
    return Opening.objects.filter(share=of)


def by_secret(secret: str) -> Share:
    """The link of a secret, whether or not it still opens something. Raises Hidden."""
    rows = Share.objects.filter(hash=access.fingerprint(secret)).select_related("made_by", "product", "pack__product")
    return access.there(rows.first())


def packs_to_share(user: User, product: Product | None) -> list[Pack]:
    """The issued packs that a link may be of, the newest first."""
    rows = packs.of_product(product) if product is not None else packs.of_portfolios(user)
    return list(rows.filter(state=Pack.State.ISSUED)[:MOST_OFFERED])


def sees(found: Share) -> bool:
    """Whether its maker may still see what the link shows, and it is still issued."""
    maker = found.made_by
    if found.pack is not None:
        if found.pack.state != Pack.State.ISSUED:
            return False
        inside = [found.pack.product] if found.pack.product is not None else list(found.pack.products.all())
        return all(access.may(maker, "projection.read", product) for product in inside)
    if found.product is not None:
        return access.may(maker, "projection.read", found.product)
    return access.may(maker, "product.list")
