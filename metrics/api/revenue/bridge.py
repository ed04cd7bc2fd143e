"""Why the projection moved: its newest change in parts."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, FigureOutput, NumberOutput, figure, number
from metrics.api.protocol.moments import AT, SINCE, asked
from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown
from metrics.core.revenue.bridge import Part
from metrics.models.work import NO_FIGURE
from metrics.queries.documents.known import Known
from metrics.queries.revenue import then
from metrics.queries.revenue.bridge import Explained, LeftOut, last_explained
from metrics.queries.revenue.bridge_moments import Mixed
from metrics.services.writing.refusal import invalid


class LeftOutOutput(TypedDict):
    """Why the figure is in no total, before the change or after it, and since when that is known to be so."""

    reasons: list[str]
    since: date | None
    letter: GradeLetter | None
    before: bool
    after: bool


class MixOutput(TypedDict):
    """The value a case in the segments of a column: within them, by their shares, and by both."""

    column: str
    within: NumberOutput
    mix: NumberOutput
    interaction: NumberOutput


class PartOutput(TypedDict):
    """What one factor, or a group of them, did: amount to the cent, value with its band."""

    name: str
    factors: list[str]
    amount: str
    value: NumberOutput


class MomentsOutput(TypedDict):
    changed_at: datetime
    before: FigureOutput
    after: FigureOutput
    left_out: LeftOutOutput | None
    mix: MixOutput | None


class UnknownBridge(MomentsOutput):
    """Both figures, and why the change cannot be taken apart."""

    unknown: str


class BridgeOutput(MomentsOutput):
    """before + all parts = after, to the cent."""

    change: str
    unit: str
    parts: list[PartOutput]


class LastBridgeOutput(TypedDict):
    bridge: BridgeOutput | UnknownBridge | None


class LastBridge(View):
    """The newest change of the total in its parts, to the cent; null where nothing has changed yet.

    Where the figure does not count at one of the moments, the part "left out" leads to the change of what counts. mix:
    the value a case within the segments of a column, by their shares, and by both, where the model changed.

    at: the newest change that had come by that moment, as it was told then. since: from the total as it was known at
    that moment to the one in force at `at`, or now; null where there was none.
    """

    actions = {"GET": "projection.read"}

    @extend_schema(parameters=[AT, SINCE])
    def get(self, request: Request, slug: str) -> Answer[LastBridgeOutput]:
        known, at = Known(self.product), asked(request, self.product)
        since = asked(request, self.product, "since")
        if since is not None and at is not None and since > at:
            raise invalid("since", "is after the moment that it is bridged to", remedy="give an earlier one")
        if since is not None:
            found = then.bridge_between(known, since, at or timezone.now())
        else:
            found = then.bridge_at(known, at) if at is not None else last_explained(known)
        return Answer({"bridge": None if found is None else self.shown(found)})

    @staticmethod
    def shown(found: Explained) -> BridgeOutput | UnknownBridge:
        moments: MomentsOutput = {
            "changed_at": found.at,
            "before": figure(found.before, found.receipts[0]),
            "after": figure(found.after, "" if found.receipts[1] == NO_FIGURE else found.receipts[1]),
            "left_out": show_left_out(found.left_out) if found.left_out else None,
            "mix": None,
        }
        if isinstance(found.bridge, Unknown):
            return {**moments, "unknown": found.bridge.reason}
        if found.mix is not None:
            moments["mix"] = show_mix(found.mix)
        parts = [show_part(part) for part in found.bridge.parts]
        return {**moments, "change": str(found.bridge.change), "unit": found.bridge.unit, "parts": parts}


def show_left_out(left_out: LeftOut) -> LeftOutOutput:
    return {
        "reasons": list(left_out.reasons),
        "since": left_out.since,
        "letter": left_out.letter or None,
        "before": left_out.before,
        "after": left_out.after,
    }


def show_mix(mixed: Mixed) -> MixOutput:
    parts = mixed.parts
    return {
        "column": mixed.column,
        "within": number(parts.within),
        "mix": number(parts.mix),
        "interaction": number(parts.interaction),
    }


def show_part(part: Part) -> PartOutput:
    return {
        "name": part.name,
        "factors": list(part.factors),
        "amount": str(part.amount),
        "value": number(part.quantity),
    }
