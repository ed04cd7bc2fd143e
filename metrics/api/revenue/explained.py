"""What stands behind the projection: why it moved, what moves it, and how past ones turned out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.view import View, number
from metrics.core.estimate import Unknown, as_json
from metrics.queries.documents.known import Known
from metrics.queries.revenue.bridge import Explained, last_explained
from metrics.queries.revenue.candidates import Choice, choice
from metrics.queries.revenue.drivers import movers
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.track_record import track_record


class LastBridge(View):
    """The newest change of the total in its parts, to the cent; null where nothing has changed yet.

    Where the figure does not count at one of the moments, the part "left out" leads to the change of what counts. mix:
    the value a case within the segments of a column, by their shares, and by both, where the model changed.
    """

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = last_explained(self.product)
        return Response({"bridge": None if found is None else self.shown(found)})

    @staticmethod
    def shown(found: Explained) -> dict[str, Any]:
        told: dict[str, Any] = {
            "changed_at": found.at,
            "before": number(found.before, found.receipts[0]),
            "after": number(found.after, found.receipts[1]),
            "left_out": vars(found.left_out) if found.left_out else None,
            "mix": None,
        }
        if isinstance(found.bridge, Unknown):
            return {**told, "unknown": found.bridge.reason}
        if found.mix is not None:
            parts = {name: as_json(part) for name, part in vars(found.mix.parts).items()}
            told["mix"] = {"column": found.mix.column, **parts}
        bars = [
            {"name": part.name, "factors": part.factors, "amount": str(part.amount), "value": as_json(part.quantity)}
            for part in found.bridge.parts
        ]
        return {**told, "change": str(found.bridge.change), "unit": found.bridge.unit, "parts": bars}


class Drivers(View):
    """Each uncertain input's share of the band, the largest first, and the total at both ends of its 80 % band.

    choice: where candidates were evaluated on the champion's data set, the total under each version, and what knowing
    everything, and each input alone, would be worth before choosing; else null.
    """

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        known = Known(self.product)
        one = outlook(self.product, known)
        found = movers(one, known)
        waiting = choice(one, known)
        return Response(
            {
                "drivers": [vars(mover) for mover in found.found],
                "measure_next": found.measure_next or None,
                "value_of_certainty": found.certainty if found.found else None,
                "choice": None if waiting is None else self.shown(waiting),
            }
        )

    @staticmethod
    def shown(waiting: Choice) -> dict[str, Any]:
        options = [
            {"version": held.name, "run": held.run, "in_force": held.in_force, "total": as_json(held.total)}
            for held in waiting.options
        ]
        worths = [vars(held) for held in waiting.inputs]
        return {"options": options, "value_of_certainty": waiting.certainty, "value_of_knowing": worths}


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
