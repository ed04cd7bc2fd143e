"""What would go if rows of a product's runs were kept for a time only; nothing is removed by asking."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.protocol.answers import Answer
from metrics.api.protocol.view import View
from metrics.core.calendar import MOST_MONTHS
from metrics.queries.selection import retained
from metrics.services.writing.refusal import invalid

MONTHS = OpenApiParameter(
    "months", int, required=True, description=f"from 1 to {MOST_MONTHS}; what would go at that age"
)


class KeptRows(TypedDict):
    """Of how many runs of that age the rows stay, and why."""

    why: str
    runs: int


class LeavingOutput(TypedDict):
    """since: rows of runs that were logged before would go. runs: their ids."""

    months: int
    since: datetime
    files: int
    bytes: int
    runs: list[str]
    kept: list[KeptRows]


class LeavingRows(View):
    actions = {"GET": "product.update_settings"}

    @extend_schema(parameters=[MONTHS])
    def get(self, request: Request, slug: str) -> Answer[LeavingOutput]:
        asked = request.query_params.get("months", "")
        months = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else 0
        if not 1 <= months <= MOST_MONTHS:
            raise invalid("months", "is no number of months", remedy=f"give a whole number from 1 to {MOST_MONTHS}")
        found = retained.leaving(self.product, months)
        return Answer(
            {
                "months": found.months,
                "since": found.since,
                "files": len(found.files),
                "bytes": found.size,
                "runs": [run.pk for run in found.runs],
                "kept": [{"why": why, "runs": count} for why, count in sorted(found.kept.items())],
            }
        )
