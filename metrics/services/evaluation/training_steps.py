"""The way to a run: values of its metrics at each step of training, as the run reports them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from metrics import access
from metrics.models.evaluation import EvaluationRun, MetricStep
from metrics.models.product import User
from metrics.services.writing.refusal import Fault, Invalid, TooLarge

MOST_POINTS = 10_000  # in one call
LARGEST_STEP = 2**62


@transaction.atomic
def log_history(actor: User, run: EvaluationRun, points: Sequence[Mapping[str, Any]]) -> int:
    """Add points {"metric", "step", "value", "time"} to a run; those it has already are left. Gives how many are new.

    A value that is not finite is kept as none: a loss that diverged is part of the history. `time`, an ISO time or
    milliseconds since 1970, defaults to now. Raises Invalid naming the field and the point, counted from 1.
    """
    access.require(actor, "run.create", run.product)
    if len(points) > MOST_POINTS:
        raise TooLarge(
            Fault(
                field="points",
                message=f"holds {len(points):,} points, at most {MOST_POINTS:,} are taken at once",
                code="too_large",
                remedy="send them in several calls",
            )
        )
    rows = [_step(run, place, point) for place, point in enumerate(points, start=1)]
    before = MetricStep.objects.filter(run=run).count()
    MetricStep.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    return MetricStep.objects.filter(run=run).count() - before


def _step(run: EvaluationRun, place: int, point: Mapping[str, Any]) -> MetricStep:
    if not isinstance(point, Mapping):
        raise _fault("points", place, "is an object of metric, step, value and time")
    metric, step, value = point.get("metric"), point.get("step", 0), point.get("value")
    if not isinstance(metric, str) or not 0 < len(metric) <= 60:
        raise _fault("metric", place, "is the key of a metric, at most 60 characters")
    if isinstance(step, bool) or not isinstance(step, int) or abs(step) > LARGEST_STEP:
        raise _fault("step", place, "is a whole number")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise _fault("value", place, "is a number, or null where it was not finite")
    finite = value is not None and math.isfinite(value) and abs(value) < 1e300
    return MetricStep(
        run=run,
        metric=metric,
        step=step,
        value=float(value) if finite and value is not None else None,
        at=_time(point.get("time"), place),
    )


def _time(given: Any, place: int) -> datetime:
    if given is None:
        return timezone.now()
    try:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return datetime.fromtimestamp(given / 1000, UTC)
        found = parse_datetime(str(given))
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise _fault("time", place, "is an ISO time such as 2026-03-01T12:00:00Z, or milliseconds since 1970")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _fault(field: str, place: int, message: str) -> Invalid:
    return Invalid(Fault(field=field, message=message, row=place))
