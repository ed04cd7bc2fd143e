"""The webhook channel: one signed request to one address of a program, in the form that it reads.

Signed is HMAC-SHA256 over the timestamp, a full stop and the body, under the webhook's secret, which is made from the
server's key and kept nowhere. A receiver refuses what is older than five minutes. A request whose answer is
lost is sent again: one whose Kpi-Delivery it has had already is the same once more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from metrics import access
from metrics.models.delivery import Delivery, Webhook
from metrics.models.product import Product, User
from metrics.services.delivery import ledger
from metrics.services.delivery.letter import Handing, Letter, Never, NotYet
from metrics.services.delivery.subscriptions import noted, require_kept
from metrics.services.outgoing.addresses import Refused, check_address
from metrics.services.writing.refusal import clean, invalid

REPLAY = 300  # seconds after which a receiver refuses a request
MOST = 20  # of a product
EXAMPLE = "https://hooks.example.org/kpi"
SIGNED_FOR = "kpiplatform.delivery.webhook"


class Body(ABC):
    """A form of body. label: what reads it."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def of(self, row: Delivery, letter: Letter) -> dict[str, Any]: ...


class Plain(Body):
    key, label = "plain", "a program"

    def of(self, row: Delivery, letter: Letter) -> dict[str, Any]:
        return {
            "id": row.pk,
            "test": row.test,
            "title": letter.title,
            "sentences": list(letter.sentences),
            "url": letter.url,
            "content": letter.content,
            "due_at": row.due_at.isoformat(),
        }


class Slack(Body):
    key, label = "slack", "Slack"

    def of(self, row: Delivery, letter: Letter) -> dict[str, Any]:
        lines = [said for said in letter.sentences if said != letter.title]
        said = "\n".join(map(escaped, lines))
        title = f"<{letter.url}|{escaped(letter.title)}>" if letter.url else escaped(letter.title)
        text = f"*{'Test: ' if row.test else ''}{title}*" + (f"\n{said}" if said else "")
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}}]
        return {"text": escaped(letter.title), "blocks": blocks}


class Teams(Body):
    key, label = "teams", "Microsoft Teams"

    def of(self, row: Delivery, letter: Letter) -> dict[str, Any]:
        title = f"{'Test: ' if row.test else ''}{letter.title}"
        blocks = [{"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": True}]
        lines = [said for said in letter.sentences if said != letter.title]
        blocks += [{"type": "TextBlock", "text": said, "wrap": True} for said in lines[:20]]
        card: dict[str, Any] = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": blocks,
        }
        if letter.url:
            card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": letter.url}]
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


BODIES: Mapping[str, Body] = {body.key: body for body in (Plain(), Slack(), Teams())}


def escaped(text: str) -> str:
    """Text in which Slack finds no link, mention or markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def secret(of: Webhook) -> str:
    """The secret of a webhook, made anew each time it is needed."""
    return salted_hmac(SIGNED_FOR, f"{of.pk}:{of.salt}", algorithm="sha256").hexdigest()


def signature(key: str, timestamp: str, body: bytes) -> str:
    """What the header Kpi-Signature holds."""
    signed = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


def send(row: Delivery, letter: Letter, handing: Handing) -> str:
    """Post a letter to its webhook. Raises NotYet, Never."""
    from metrics.services.outgoing.requests import Outgoing, Unexpected, Unreachable  # its client is slow to load

    held = row.webhook
    assert held is not None
    body = json.dumps(BODIES[held.kind].of(row, letter), ensure_ascii=False).encode()
    now = str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Kpi-Delivery": row.pk,
        "Kpi-Timestamp": now,
        "Kpi-Signature": signature(secret(held), now, body),
    }
    try:
        with Outgoing() as outgoing:
            outgoing.post(held.url, body, headers)
    except Refused as error:
        raise Never(str(error)) from error
    except Unreachable as error:
        raise NotYet(str(error)) from error
    except Unexpected as error:
        if error.status in (408, 425) or (error.status or 0) >= 500:
            raise NotYet(f"the address answers {error.status}") from error
        where = "leads elsewhere, which is not followed" if 300 <= (error.status or 0) < 400 else "refuses it"
        raise Never(f"the address {where} ({error.status})") from error
    return Delivery.State.SENT


@transaction.atomic
def save(actor: User, product: Product, *, name: str, kind: str, url: str) -> tuple[Webhook, str]:
    """Make a webhook; gives it with its secret, which is shown this once. Raises Invalid by field."""
    access.require(actor, "webhook.create", product)
    if kind not in BODIES:
        raise invalid("kind", f"is none of {', '.join(BODIES)}")
    if Webhook.objects.filter(product=product, deleted_at=None).count() >= MOST:
        raise invalid("url", f"is one more than the {MOST} that a product has", remedy="delete another one")
    given = {"name": name.strip(), "kind": kind, "url": checked(url), "salt": secrets.token_hex(16)}
    row = Webhook(owner=actor, product=product, **given)
    clean(row, known=("owner", "product")).save()
    noted(actor, row, "save", kind=kind)
    return row, secret(row)


def checked(url: str) -> str:
    """An address that may be posted to. Raises Invalid."""
    try:
        address = check_address(url, query=True, example=EXAMPLE)
    except Refused as error:
        raise invalid("url", str(error), code="address") from error
    host = address.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    listed = any(host == name for name, _ in settings.IMPORT_HOSTS)
    if not address.startswith("https://") and not listed:
        raise invalid("url", "is not https, so that others could read what is sent", remedy="give one with https://")
    return address


@transaction.atomic
def rotate(actor: User, held: Webhook) -> str:
    """Another secret in place of the one that was; what is signed from now on is signed with it."""
    access.require(actor, "webhook.create", held.product)
    require_kept(actor, held)
    held.salt, held.rotated_at = secrets.token_hex(16), timezone.now()
    held.save(update_fields=["salt", "rotated_at"])
    noted(actor, held, "rotate")
    return secret(held)


@transaction.atomic
def test(actor: User, held: Webhook) -> Delivery:
    """Post a test to it, marked as one."""
    access.require(actor, "webhook.create", held.product)
    require_kept(actor, held)
    given: dict[str, Any] = {"webhook": held, "channel": "webhook", "test": True, "receiver": actor}
    row = ledger.owe(source=f"webhook {held.pk}", period=f"test {secrets.token_hex(6)}", **given)
    assert row is not None
    noted(actor, held, "test")
    return row
