"""A moment in an address, `?at=2026-03-01T14:30`: what was known then is answered."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from metrics.core.calendar import moment
from metrics.models.product import Product
from metrics.services.writing.refusal import invalid

FORM = "a moment such as 2026-03-01T14:30, in the product's time zone where it has no offset"
AT = OpenApiParameter("at", str, description=f"as known at {FORM}; left out, as it is now")
SINCE = OpenApiParameter("since", str, description=f"as known at {FORM}, until at, or until now")


def asked(request: Request, product: Product, name: str = "at") -> datetime | None:
    """The moment that is asked for; None where none is. Raises Invalid for one that is none, or that is yet to come."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        found = moment(text, product.time_zone)
    except ValueError as error:
        raise invalid(name, str(error), code="moment", remedy="write it as 2026-03-01T14:30") from error
    if found > timezone.now():
        raise invalid(name, "is yet to come", code="moment", remedy="ask for a moment that is past, or leave it out")
    return found
