"""What goes out again and again of a product, and the ledger of what went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import View
from metrics.core.occasions import RULES
from metrics.models.delivery import Delivery, Subscription
from metrics.models.product import User
from metrics.queries.delivery import ledger
from metrics.services.delivery import subscriptions as services
from metrics.services.writing.refusal import invalid


class SubscriptionInput(serializers.Serializer[Any]):
    """what: "product" or "decisions". day: of the week, 0 for Monday, or of the month, where the rule has one.

    receiver: username of a member, oneself where it is left out. only_moved: nothing is sent while nothing has changed.
    attached: forms of the pack that goes along, the newest issued one; anew: one made for each letter, not issued.
    """

    what = serializers.ChoiceField(choices=["product", "decisions"])
    rule = serializers.ChoiceField(choices=list(RULES))
    day = serializers.IntegerField(required=False, min_value=0, max_value=31)
    at = serializers.TimeField()
    time_zone = serializers.CharField(max_length=60)
    receiver = serializers.CharField(max_length=150, required=False)
    only_moved = serializers.BooleanField(default=False)
    attached = serializers.MultipleChoiceField(choices=["pdf", "pptx", "xlsx"], default=set)
    anew = serializers.BooleanField(default=False)


class SubscriptionOutput(TypedDict):
    """when: the rule in words. next_at: in UTC; of a paused one when it would be due."""

    id: str
    what: str
    receiver: str
    when: str
    time_zone: str
    only_moved: bool
    attached: list[str]
    anew: bool
    next_at: datetime
    paused_at: datetime | None


class DeliveryOutput(TypedDict):
    """One sending. content: the digest of the sentences and figures in it. sent_as: the Message-ID of a mail."""

    id: str
    source: str
    period: str
    receiver: str
    channel: str
    test: bool
    state: Annotated[str, Delivery.State]
    why: str
    title: str
    content: str
    tries: int
    due_at: datetime
    settled_at: datetime | None
    sent_as: str


def show(row: Subscription) -> SubscriptionOutput:
    return {
        "id": row.pk,
        "what": row.what,
        "receiver": row.receiver.username,
        "when": row.when.words(),
        "time_zone": row.time_zone,
        "only_moved": row.only_moved,
        "attached": list(row.attached),
        "anew": row.anew,
        "next_at": row.next_at,
        "paused_at": row.paused_at,
    }


def show_delivery(row: Delivery) -> DeliveryOutput:
    return {
        "id": row.pk,
        "source": row.source,
        "period": row.period,
        "receiver": row.receiver.username,
        "channel": row.channel,
        "test": row.test,
        "state": row.state,
        "why": row.why,
        "title": row.title,
        "content": row.content,
        "tries": row.tries,
        "due_at": row.due_at,
        "settled_at": row.settled_at,
        "sent_as": row.sent_as,
    }


def receiver_of(user: User, given: dict[str, Any], product: Any) -> User | None:
    """Whom a username names, of those that one may send to; None where none is given. Raises Invalid."""
    name = given.pop("receiver", user.username)
    if name == user.username:
        return None
    found = {one.username: one for one in ledger.receivers(user, product)}
    if name not in found:
        raise invalid("receiver", "is nobody that you may send to", remedy="leave it out, or name a member")
    return found[name]


class Subscriptions(View):
    """Those of a product that one makes, gets, or looks after."""

    actions = {"GET": "report.schedule_mail", "POST": "report.schedule_mail"}

    def get(self, request: Request, slug: str) -> Answer[Page[SubscriptionOutput]]:
        return self.listed(ledger.subscriptions(self.user).filter(product=self.product), show)

    @extend_schema(request=SubscriptionInput)
    def post(self, request: Request, slug: str) -> Created[SubscriptionOutput]:
        given = self.read(SubscriptionInput)
        receiver = receiver_of(self.user, given, self.product)
        return Created(show(services.save(self.user, product=self.product, receiver=receiver, **given)))


class OneSubscription(View):
    actions = {"GET": "report.schedule_mail", "DELETE": "report.schedule_mail"}

    @extend_schema(operation_id="products_subscription_retrieve")
    def get(self, request: Request, slug: str, pk: str) -> Answer[SubscriptionOutput]:
        return Answer(show(ledger.one_subscription(self.user, pk, self.product)))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.delete(self.user, ledger.one_subscription(self.user, pk, self.product))
        return Gone()


class Deliveries(View):
    """The ledger of one's own deliveries and of those that one looks after, the newest first."""

    actions = {"GET": "me.delivery_read"}

    @extend_schema(operation_id="deliveries_list")
    def get(self, request: Request) -> Answer[Page[DeliveryOutput]]:
        return self.listed(ledger.deliveries(self.user), show_delivery)


class Again(View):
    """Send once more what failed, was not sent, or may not have arrived."""

    actions = {"POST": "me.delivery_write"}

    @extend_schema(request=None)
    def post(self, request: Request, pk: str) -> Answer[DeliveryOutput]:
        services.again(self.user, ledger.one_delivery(self.user, pk))
        return Answer(show_delivery(ledger.one_delivery(self.user, pk)))
