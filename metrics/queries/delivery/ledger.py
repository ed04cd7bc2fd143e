"""Reading deliveries: what goes out, what went and what failed, of one's own and of what one looks after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.core import signing
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from metrics import access, things
from metrics.models.delivery import Alert, Delivery, Ring, Subscription, Webhook
from metrics.models.notice import Notice
from metrics.models.product import Product, User
from metrics.queries.evaluation.catalogue import every_product, products
from metrics.things import Thing

STOP = "kpiplatform.delivery.stop"  # what the link that ends a delivery is signed for, and nothing else
WEEK = timedelta(days=7)
BROUGHT_BACK = timedelta(days=30)  # within which a deleted one is listed
State = Delivery.State
DONE = (Delivery.State.SENT, Delivery.State.KEPT)
GONE_WRONG = (Delivery.State.FAILED, Delivery.State.UNCERTAIN)


def looked_after(user: User) -> QuerySet[Product]:
    """The products whose deliveries a person sees, whoever they go to."""
    held = access.roles(user)
    return Product.objects.filter(
        pk__in=[key for key, role in held.items() if access.allows("report.schedule_mail", role)]
    )


def counts() -> dict[tuple[str, str], int]:
    """(channel, state) → how many deliveries there are of it, of everybody."""
    rows = Delivery.objects.values_list("channel", "state").annotate(Count("pk")).order_by()
    return {(channel, state): count for channel, state, count in rows}


def _mine(user: User) -> Q:
    return Q(owner=user) | Q(receiver=user) | Q(product__in=looked_after(user))


def _shown(user: User) -> Q:
    """What of a product that one may not see any more is not listed."""
    return Q(product=None) | Q(product__in=every_product(user))


def subscriptions(user: User) -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(_mine(user)).filter(_shown(user), deleted_at=None)
    return rows.select_related("receiver", "product", "owner")


def alerts(user: User) -> QuerySet[Alert]:
    rows = Alert.objects.filter(_mine(user), product__in=every_product(user), deleted_at=None)
    return rows.select_related("receiver", "product", "owner", "webhook").prefetch_related("rings")


def webhooks(user: User) -> QuerySet[Webhook]:
    return _webhooks(user).filter(deleted_at=None)


def _webhooks(user: User) -> QuerySet[Webhook]:
    """Of the products in which a person may make one."""
    held = access.roles(user)
    able = [key for key, role in held.items() if access.allows("webhook.create", role)]
    rows = Webhook.objects.all() if user.is_staff else Webhook.objects.filter(product__in=able)
    return rows.select_related("product", "owner")


def deliveries(user: User) -> QuerySet[Delivery]:
    """The ledger, the newest first."""
    of = looked_after(user)
    theirs = Q(subscription__product__in=of) | Q(ring__alert__product__in=of) | Q(webhook__product__in=of)
    rows = Delivery.objects.filter(Q(receiver=user) | Q(subscription__owner=user) | Q(ring__alert__owner=user) | theirs)
    return rows.distinct().select_related("receiver", "subscription__product", "ring__alert__product", "webhook")


def went_wrong(user: User) -> list[Delivery]:
    """Of the last week: all that may have arrived, and what failed with nothing of the same sent since, the newest of
    each."""
    rows = deliveries(user).filter(test=False, due_at__gte=timezone.now() - WEEK)
    settled: set[str] = set()
    found = []
    for row in rows.filter(state__in=(*GONE_WRONG, *DONE)):
        if row.state == State.UNCERTAIN or (row.state == State.FAILED and row.source not in settled):
            found.append(row)
        if row.state != State.UNCERTAIN:
            settled.add(row.source)
    return found


def deleted(user: User) -> list[Subscription | Alert | Webhook]:
    """What of one's own was deleted lately, and can be brought back."""
    since = timezone.now() - BROUGHT_BACK
    found: list[Subscription | Alert | Webhook] = []
    for table in (Subscription, Alert, Webhook):
        found += table.objects.filter(owner=user, deleted_at__gte=since).select_related("product")
    return found


def one_subscription(user: User, key: str, product: Product | None = None) -> Subscription:
    """product: the one that it has to be of, where the address names one; so of the others."""
    rows = Subscription.objects.filter(_mine(user)).filter(_shown(user), pk=key).select_related("product", "receiver")
    return access.there((rows if product is None else rows.filter(product=product)).first())


def one_alert(user: User, key: str, product: Product | None = None) -> Alert:
    rows = Alert.objects.filter(_mine(user), product__in=every_product(user), pk=key)
    rows = rows.select_related("product", "receiver", "webhook")
    return access.there((rows if product is None else rows.filter(product=product)).first())


def one_webhook(user: User, key: str, product: Product | None = None) -> Webhook:
    rows = _webhooks(user).filter(pk=key)
    return access.there((rows if product is None else rows.filter(product=product)).first())


def one_delivery(user: User, key: str) -> Delivery:
    return access.there(deliveries(user).filter(pk=key).first())


def last_sent(of: Subscription) -> Delivery | None:
    rows = Delivery.objects.filter(subscription=of, state__in=DONE, test=False)
    return rows.order_by("-settled_at").first()


def last_of(rows: Sequence[Subscription]) -> Mapping[str, Delivery]:
    """Id of a subscription → its newest row of the ledger that is no test and was begun."""
    newest = Delivery.objects.filter(subscription=OuterRef("pk"), test=False).exclude(state=State.DUE, tries=0)
    keys = Subscription.objects.filter(pk__in=[row.pk for row in rows])
    keys = keys.values_list(Subquery(newest.order_by("-due_at").values("pk")[:1]), flat=True)
    found = Delivery.objects.filter(pk__in=[key for key in keys if key])
    return {row.subscription_id: row for row in found if row.subscription_id}


def untold(user: User) -> list[Ring]:
    """What alerts saw that is to be told with the next regular mail."""
    rows = Ring.objects.filter(alert__receiver=user, alert__digest=True, digested_at=None, alert__deleted_at=None)
    rows = rows.filter(alert__paused_at=None, alert__product__in=every_product(user))
    return list(rows.select_related("alert__product").order_by("created_at"))


def address(ring: Ring) -> str:
    return things.page(Thing.read(ring.thing))


def named(kind: str, key: str) -> Subscription | Alert | None:
    """What the link of a mail ends; None where it is gone."""
    table: dict[str, type[Subscription] | type[Alert]] = {"subscription": Subscription, "alert": Alert}
    if kind not in table:
        return None
    return table[kind].objects.filter(pk=key, deleted_at=None).select_related("product", "receiver").first()


def somewhere(user: User, action: str) -> bool:
    """Whether a person may do an action in any product; nobody may where there is none."""
    try:
        access.require_somewhere(user, action)
    except (access.Denied, access.Hidden):
        return False
    return products(user).exists()


def receivers(user: User, product: Product | None = None) -> list[User]:
    """Who a person may send to, besides oneself: the members of products that one looks after, or of one of these."""
    of = looked_after(user) if product is None else looked_after(user).filter(pk=product.pk)
    rows = User.objects.filter(memberships__product__in=of, is_active=True).exclude(pk=user.pk)
    return list(rows.distinct().order_by("username"))


def zone_of(user: User) -> str:
    """Where a person seems to be: as in what was set up last, else where their first product is."""
    newest = Subscription.objects.filter(receiver=user).order_by("-created_at").values_list("time_zone", flat=True)
    of_product = every_product(user).order_by("name").values_list("time_zone", flat=True)
    return newest.first() or of_product.first() or "UTC"


def stop_token(kind: str, key: str) -> str:
    """The part of a link that ends one delivery and does nothing else; it holds as long as the thing."""
    return signing.dumps([kind, key], salt=STOP)


def stopped_by(token: str) -> Subscription | Alert | None:
    """What a link ends; None for one that names nothing."""
    try:
        kind, key = signing.loads(token, salt=STOP)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return named(str(kind), str(key))


def notices_of(row: Delivery) -> list[Notice]:
    """What a letter of notices tells: those put into it that are not read, of products that its receiver may see."""
    rows = Notice.objects.filter(letter=row, read_at=None, product__in=products(row.receiver))
    return list(rows.select_related("product").order_by("created_at"))
