"""What could take a product's money away, by cause."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.view import View
from metrics.queries.revenue.risks import of_product


class RevenueAtRisk(View):
    """Causes, the costliest first: change, low and high (80 %) in money a year, and the facts behind each.

    Beside them the assumptions that run out, and the grade and the receipt of the value that the causes would move.
    """

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = of_product(self.product, today=timezone.localdate())
        causes = [vars(one) | {"at_risk": one.amount, "unit": self.product.currency} for one in found.causes]
        expiring = [vars(one) for one in found.expiring]
        return Response(
            {
                "causes": causes,
                "expiring": expiring,
                "cases": found.cases,
                "months": found.months,
                "why": found.why or None,
                "grade": found.figure.grade.letter if found.figure else None,
                "receipt": (found.figure.receipt or None) if found.figure else None,
            }
        )
