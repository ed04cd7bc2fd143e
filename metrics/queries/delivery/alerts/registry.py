"""The kinds of alerts, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.queries.delivery.alerts.choice import GuardrailBroken, OutcomeOutside
from metrics.queries.delivery.alerts.days import DecisionWaits, Expires, LateActuals
from metrics.queries.delivery.alerts.kind import Kind
from metrics.queries.delivery.alerts.money import ChanceBelow, DriftAbove, RiskAbove

KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        ChanceBelow(),
        GuardrailBroken(),
        RiskAbove(),
        DriftAbove(),
        Expires(),
        DecisionWaits(),
        LateActuals(),
        OutcomeOutside(),
    )
}
