"""Alerts of a product, when they would have rung, and webhooks that they are posted to."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, TypedDict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.delivery.subscriptions import receiver_of
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import View
from metrics.models.delivery import Alert, Webhook
from metrics.queries.delivery import ledger
from metrics.queries.delivery.alerts.history import history
from metrics.queries.delivery.alerts.kind import whole
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.documents.known import Known
from metrics.services.delivery import alerts as services
from metrics.services.delivery import subscriptions
from metrics.services.delivery import webhook as webhooks


class AlertInput(serializers.Serializer[Any]):
    """slots: what the sentence leaves open, by key: a share in percent, money in the product's currency, days. webhook:
    id of one that it is posted to; by mail where it is left out."""

    kind = serializers.ChoiceField(choices=list(KINDS))
    slots = serializers.DictField(child=serializers.CharField(max_length=20), required=False)
    time_zone = serializers.CharField(max_length=60)
    receiver = serializers.CharField(max_length=150, required=False)
    digest = serializers.BooleanField(default=False)
    webhook = serializers.CharField(max_length=12, required=False)
    quiet_from = serializers.TimeField(default=time())
    quiet_until = serializers.TimeField(default=time())


class AlertOutput(TypedDict):
    """sentence: as it follows "when". rings: how often it rang; standing: of how many things it is so now."""

    id: str
    kind: str
    slots: dict[str, float]
    sentence: str
    receiver: str
    digest: bool
    webhook: str | None
    paused_at: datetime | None
    muted_until: datetime | None
    rings: int
    standing: int


class TriedInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=list(KINDS))
    slots = serializers.DictField(child=serializers.CharField(max_length=20), required=False)


class RangOutput(TypedDict):
    at: datetime
    text: str


class TriedOutput(TypedDict):
    """since: from when on it is known, null where it cannot be tried, for the reason in why. whole: of a whole year."""

    rings: list[RangOutput]
    since: datetime | None
    whole: bool
    why: str


class WebhookInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=list(webhooks.BODIES), default="plain")
    url = serializers.CharField(max_length=500)


class WebhookOutput(TypedDict):
    id: str
    name: str
    kind: str
    url: str
    rotated_at: datetime


class NewWebhook(WebhookOutput):
    """A webhook with its secret, which is told this once."""

    secret: str


def show(row: Alert) -> AlertOutput:
    kind, rings = KINDS[row.kind], list(row.rings.all())
    slots = whole(kind.slots, row.slots)
    return {
        "id": row.pk,
        "kind": row.kind,
        "slots": slots,
        "sentence": kind.sentence(row.product, slots),
        "receiver": row.receiver.username,
        "digest": row.digest,
        "webhook": row.webhook_id,
        "paused_at": row.paused_at,
        "muted_until": row.muted_until,
        "rings": len(rings),
        "standing": sum(ring.recovered_at is None for ring in rings),
    }


def show_webhook(row: Webhook) -> WebhookOutput:
    return {"id": row.pk, "name": row.name, "kind": row.kind, "url": row.url, "rotated_at": row.rotated_at}


class Alerts(View):
    actions = {"GET": "alert.subscribe", "POST": "alert.subscribe"}

    def get(self, request: Request, slug: str) -> Answer[Page[AlertOutput]]:
        return self.listed(ledger.alerts(self.user).filter(product=self.product), show)

    @extend_schema(request=AlertInput)
    def post(self, request: Request, slug: str) -> Created[AlertOutput]:
        given = self.read(AlertInput)
        receiver = receiver_of(self.user, given, self.product)
        key = given.pop("webhook", None)
        hook = ledger.one_webhook(self.user, key, self.product) if key else None
        slots = given.pop("slots", {})
        made = services.save(self.user, self.product, receiver=receiver, webhook=hook, slots=slots, **given)
        return Created(show(made))


class OneAlert(View):
    actions = {"GET": "alert.subscribe", "DELETE": "alert.subscribe"}

    @extend_schema(operation_id="products_alert_retrieve")
    def get(self, request: Request, slug: str, pk: str) -> Answer[AlertOutput]:
        return Answer(show(ledger.one_alert(self.user, pk, self.product)))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        subscriptions.delete(self.user, ledger.one_alert(self.user, pk, self.product))
        return Gone()


class Tried(View):
    """When an alert would have rung in the past year; nothing is kept."""

    actions = {"POST": "alert.subscribe"}

    @extend_schema(request=TriedInput)
    def post(self, request: Request, slug: str) -> Answer[TriedOutput]:
        given = self.read(TriedInput)
        slots = services.read_slots(given["kind"], given.get("slots", {}))
        found = history(KINDS[given["kind"]], Known(self.product), slots, timezone.now())
        return Answer(
            {
                "rings": [{"at": ring.at, "text": ring.text} for ring in found.rings],
                "since": found.since,
                "whole": found.whole,
                "why": found.why,
            }
        )


class Webhooks(View):
    actions = {"GET": "webhook.create", "POST": "webhook.create"}

    def get(self, request: Request, slug: str) -> Answer[Page[WebhookOutput]]:
        return self.listed(ledger.webhooks(self.user).filter(product=self.product), show_webhook)

    @extend_schema(request=WebhookInput)
    def post(self, request: Request, slug: str) -> Created[NewWebhook]:
        made, secret = webhooks.save(self.user, self.product, **self.read(WebhookInput))
        return Created({**show_webhook(made), "secret": secret})


class OneWebhook(View):
    actions = {"GET": "webhook.create", "DELETE": "webhook.create"}

    @extend_schema(operation_id="products_webhook_retrieve")
    def get(self, request: Request, slug: str, pk: str) -> Answer[WebhookOutput]:
        return Answer(show_webhook(ledger.one_webhook(self.user, pk, self.product)))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        access.require(self.user, "webhook.create", self.product)
        subscriptions.delete(self.user, ledger.one_webhook(self.user, pk, self.product))
        return Gone()


class Rotation(View):
    """Another secret in place of the one that was, told this once."""

    actions = {"POST": "webhook.create"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Answer[NewWebhook]:
        held = ledger.one_webhook(self.user, pk, self.product)
        secret = webhooks.rotate(self.user, held)
        return Answer({**show_webhook(held), "secret": secret})
