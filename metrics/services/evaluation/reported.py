"""Metrics that a run reports itself: each a finite number that its definition allows, registered or not.

One that nobody registered is kept with its run: shown, without a direction, in no mapping, until it is registered.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.refusal import UploadWarning, shown
from metrics.models.product import Product
from metrics.queries.documents import definitions
from metrics.queries.documents.definitions import Definition
from metrics.services.writing.names import is_key, model_key
from metrics.services.writing.refusal import Fault, TooLarge, invalid

MOST_REPORTED = 1000
MOST_NAMED = 10
LARGEST = 1e300
LEAST_PERCENT = 2  # what lies nearer to its range is no percent by its look
SLACK = 1e-9  # beyond an end of a range: what sums of floats may miss it by
SHARE = "share"


def reported(product: Product, metrics: Any, *, task: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metrics given by a run, each {"value", "standard_error", "unit"}, and what is told of them.

    Raises Invalid, by the name of the metric, for what is no finite number or outside what its definition allows.
    """
    if not isinstance(metrics, Mapping):
        raise invalid("metrics", "is an object of key and value")
    if len(metrics) > MOST_REPORTED:
        raise TooLarge(Fault(field="metrics", message=f"has more than {MOST_REPORTED} entries", code="too_large"))
    known = {one.key: one for one in definitions.of_product(product)} if metrics else {}
    known |= {one.key: one for one in definitions.built_in((task,))}
    found: dict[str, Any] = {}
    told: list[UploadWarning] = []
    new = []
    for name, given in metrics.items():
        key = str(name) if is_key(str(name)) else _key(str(name), {*found, *map(str, metrics)} - known.keys())
        if key in found:
            raise invalid(
                f"metrics.{str(name)[:60]}", f"is another name of {key}, which is given too", code="duplicate"
            )
        if key != name:
            told.append(_told(key, "renamed", f"{shown(name)} is kept as {key}: small letters, digits and _"))
        value, error = _numbers(f"metrics.{str(name)[:60]}", given)
        unit = known[key].unit if key in known else ""
        if key in known:
            told += _checked(known[key], _built_in(key, task), value, error, field=f"metrics.{str(name)[:60]}")
        else:
            new.append(key)
        found[key] = {"value": value, "standard_error": error or None, "unit": unit}
    if new:
        told.append(_unregistered(product, new, known))
    return found, [warning.as_json() for warning in told]


def _key(name: str, taken: Iterable[str]) -> str:
    if not any(character.isalnum() for character in name):
        raise invalid(f"metrics.{name[:60]}", "is no name of a metric", remedy="name it, such as latency_p95")
    return model_key(name, set(taken), word="metric")


def _numbers(field: str, given: Any) -> tuple[float, float | None]:
    whole = given if isinstance(given, Mapping) else {"value": given}
    value, error = whole.get("value"), whole.get("standard_error")
    for name, number in (("value", value), ("standard_error", error)):
        if number is None and name == "standard_error":
            continue
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < LARGEST:
            raise invalid(f"{field}.{name}", "must be a finite number", remedy="leave the metric out where unknown")
    if error is not None and error < 0:
        raise invalid(f"{field}.standard_error", "must not be negative")
    return value, error  # type: ignore[return-value]  # checked above


def _built_in(key: str, task: str) -> MetricDefinition | None:
    """The built-in metric of a key: of the run's task, else of the first task that has it."""
    return next((TASKS[name].definitions[key] for name in (task, *TASKS) if key in TASKS[name].definitions), None)


def _checked(
    metric: Definition, built_in: MetricDefinition | None, value: float, error: float | None, *, field: str
) -> list[UploadWarning]:
    """What is told of a number that is likely a percent. Raises Invalid for one outside the range of its metric."""
    low, high = built_in.range if built_in is not None else (-math.inf, math.inf)
    for name, number, least, most in (("value", value, low, high), ("standard_error", error, 0.0, high - low)):
        if number is not None and not least - SLACK <= number <= most + SLACK:
            what = f"is {number:g}, and {metric.key} lies {_between(low, high)}"
            raise invalid(f"{field}.{name}", what, code="out_of_range", remedy=_likely(number, least, most))
    of_shares = metric.unit == SHARE or (built_in is not None and built_in.in_percent)
    if of_shares and value > 1 and high == math.inf:
        message = f"{metric.key} is a share, so that {value:g} is {100 * value:,.6g} %"
        return [_told(metric.key, "percent", message, remedy=f"If {value:g} % is meant, report {value / 100:g}.")]
    return []


def _between(low: float, high: float) -> str:
    if high == math.inf:
        return f"at {low:g} or above"
    return f"at {high:g} or below" if low == -math.inf else f"between {low:g} and {high:g}"


def _likely(number: float, low: float, high: float) -> str:
    """What most often puts a number out of a range, and the number that is then meant."""
    if number < low and low <= -number <= high:
        return f"is it negated, so that more is better? then report {-number:g}"
    if math.isfinite(high) and abs(number) > LEAST_PERCENT and low <= number / 100 <= high:
        return f"it looks like a percent: report {number / 100:g}"
    return "report it on the scale of its definition, or under a key of its own"


def _unregistered(product: Product, new: list[str], known: Iterable[str]) -> UploadWarning:
    named = ", ".join(new[:MOST_NAMED]) + (f" and {len(new) - MOST_NAMED} more" if len(new) > MOST_NAMED else "")
    message = f"{named}: not registered, kept with the run without a direction, and in no mapping"
    if len(new) == 1 and (near := difflib.get_close_matches(new[0], list(known), n=1, cutoff=0.85)):
        message += f"; did you mean {near[0]}?"
    remedy = (
        f"Register it on the page of the run, or by kpi metric register {product.slug} {new[0]} --direction up|down."
    )
    return _told(f"metrics.{new[0]}" if len(new) == 1 else "metrics", "unregistered", message, remedy=remedy)


def _told(field: str, code: str, message: str, *, remedy: str = "") -> UploadWarning:
    return UploadWarning(field=field, code=code, message=message, remedy=remedy)
