"""Posts with an Idempotency-Key: done once, answered alike.

The key's row is written with the answer, last in the transaction of the work itself: a process that is killed leaves
neither; of two posts at the same moment the later one waits, is rolled back whole, and gets the answer of the first.
Whatever a repeated post may run into, such as a state that its first form has changed, it is answered like that one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from django.db import transaction
from django.http import QueryDict
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.core.documents import canonical
from metrics.models.product import IdempotencyKey, User
from metrics.services.writing.refusal import Fault, Invalid

LONGEST = 200


class Reused(Invalid):
    """The key was used for another body."""


def body_digest(request: Request) -> str:
    """Digest of the fields and files of a request, however the multipart boundary was drawn."""
    found = hashlib.sha256()
    if request.FILES:
        for name, value in sorted(request.POST.items()):
            found.update(f"{name}={value}\n".encode())
        for name, file in sorted(request.FILES.items()):
            found.update(f"{name}:".encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    else:
        data = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
        found.update(canonical(data))
    return found.hexdigest()


def once(request: Request, user: User, act: Callable[[], Response]) -> Response:
    """Do `act`, or give the answer that the same key was given before."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return act()
    if len(key) > LONGEST or not key.isprintable():
        raise Invalid(Fault(field="Idempotency-Key", message=f"has at most {LONGEST} printable characters"))
    endpoint, digest = request.path[:200], body_digest(request)
    asked = IdempotencyKey.objects.filter(user=user, endpoint=endpoint, key=key)
    try:
        with transaction.atomic():
            answer = act()
            # as text: a database may keep the fields of an object in another order
            text = JSONRenderer().render(answer.data).decode()
            row = IdempotencyKey(user=user, endpoint=endpoint, key=key, body_digest=digest)
            row.status, row.answer = answer.status_code, text
            row.save(force_insert=True)
            return answer
    except Exception:
        known = asked.first()
        if known is None:
            raise
    if known.body_digest != digest:
        raise Reused(
            Fault(field="Idempotency-Key", message="was used for another body", code="reused", remedy="use a new key")
        )
    body = json.loads(known.answer)
    again = Response(body, status=known.status)
    if "status" in body:
        again["Location"] = body["status"]
    again["Idempotent-Replayed"] = "true"
    return again
