"""What stands behind the projection: why it moved, what moves it, and how past ones turned out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.view import View, number
from metrics.core.estimate import Unknown, as_json
from metrics.queries.bridge import Explained, last_explained
from metrics.queries.budget import movers
from metrics.queries.documents import Known
from metrics.queries.revenue import outlook
from metrics.queries.track_record import track_record


class LastBridge(View):
    """The newest change of the total in its parts, to the cent; null where nothing has changed yet."""

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = last_explained(self.product)
        return Response({"bridge": None if found is None else self.shown(found)})

    @staticmethod
    def shown(found: Explained) -> dict[str, Any]:
        ends = {
            "changed_at": found.change.created_at,
            "before": number(found.before, found.change.before),
            "after": number(found.after, found.change.after),
        }
        if isinstance(found.bridge, Unknown):
            return {**ends, "unknown": found.bridge.reason}
        parts = [
            {"name": part.name, "factors": part.factors, "amount": str(part.amount), "value": as_json(part.quantity)}
            for part in found.bridge.parts
        ]
        return {**ends, "change": str(found.bridge.change), "unit": found.bridge.unit, "parts": parts}


class Drivers(View):
    """Each uncertain input's share of the band, the largest first, and the total at both ends of its 80 % band."""

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = movers(outlook(self.product), Known(self.product))
        return Response(
            {
                "drivers": [vars(mover) for mover in found.found],
                "measure_next": found.measure_next or None,
                "value_of_certainty": found.certainty if found.found else None,
            }
        )


class PastProjections(View):
    """One score a month and horizon of the mapping in force, and the correction where a bias is proven."""

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = track_record(Known(self.product))
        if found is None:
            return Response({"scores": [], "bias": as_json(Unknown("no projection is set up")), "correction": None})
        record, correction = found.record, found.correction
        return Response(
            {
                "scores": [
                    {
                        "month": past.month,
                        "horizon": past.horizon,
                        "projected": as_json(past.projected, 0.8),
                        "actual": past.actual,
                    }
                    for past in record.scores
                ],
                "bias": as_json(record.bias),
                "p": record.p,
                "independent_scores": record.apart,
                "mase": as_json(record.mase),
                "inside": [
                    {"level": level, "inside": held.inside, "of": held.of, "p": held.test.p}
                    for level, held in record.inside.items()
                ],
                "correction": correction
                and {"factor": correction.factor, "scores": correction.scores, "p": correction.p},
            }
        )
