"""The list of runs over the API: the fields of the runs table's address, by cursor when newest first, else by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from metrics.api.protocol.answers import FigureOutput, worded
from metrics.api.protocol.view import View
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import models
from metrics.queries.documents.known import Known
from metrics.queries.runs.filters import Wanted, read
from metrics.queries.runs.order import Order
from metrics.queries.runs.table import by_key, figures
from metrics.services.writing.refusal import Fault, Invalid, invalid

LIMIT = 50
MOST = 200
LEVEL = 0.95
ASKED: dict[str, type] = {"sort": str, "where": str, "metric": str, "top": int, "page": int}
"""What of the query is told in the OpenAPI document; the other filters of the runs table's address hold as well."""


class Places(TypedDict):
    next: str | None
    previous: str | None


def run_list(view: View, request: Request) -> tuple[Places, list[EvaluationRun], dict[str, dict[str, FigureOutput]]]:
    """(next and previous, runs, run id → metric → figure) of what the query asks for. Raises Invalid by field.

    sort: "created" (newest first where nothing is asked), "name", "value" or a metric, "-" before it for descending;
    unknown figures last. top: the first so many and no further page. metric: keys to be given, all where none are.
    """
    known = Known(view.product)
    wanted, keys = _asked(request, known)
    by_value = wanted.sort.removeprefix("-") == "value"
    best = models.anchor(known, wanted.model) if by_value or wanted.comparable else None
    version = models.in_money(known, best) if by_value else None
    order = Order(view.product, wanted, champion=best, version=version)
    top = _whole(request, "top")
    if wanted.sort in ("", "-created") and top is None and "page" not in request.query_params:
        page = view.listed(order.rows, _itself).data
        newest: list[EvaluationRun] = page["results"]
        return {"next": page["next"], "previous": page["previous"]}, newest, _shown(newest, keys)
    size = top or _whole(request, "limit") or LIMIT
    start = 0 if top else (wanted.page - 1) * size
    found = order.keys(start, size + 1)
    sorted_runs = by_key(view.product, found[:size])
    here = request.build_absolute_uri()
    more = len(found) > size and not top
    places: Places = {
        "next": replace_query_param(here, "page", wanted.page + 1) if more else None,
        "previous": replace_query_param(here, "page", wanted.page - 1) if start else None,
    }
    return places, sorted_runs, _shown(sorted_runs, keys)


def _asked(request: Request, known: Known) -> tuple[Wanted, tuple[str, ...]]:
    given = request.query_params
    wanted, faults = read(given, known.metrics)
    keys = [key.strip() for text in given.getlist("metric") for key in text.split(",") if key.strip()]
    for key in keys:
        if key not in known.metrics:
            faults["metric"] = f"“{key[:60]}” is no metric of this product"
    if faults:
        raise Invalid(*(Fault(field=field, message=words) for field, words in faults.items()))
    return wanted, tuple(dict.fromkeys(keys))


def _whole(request: Request, field: str) -> int | None:
    text = request.query_params.get(field)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MOST):
        raise invalid(field, f"is a whole number from 1 to {MOST}")
    return int(text)


def _itself(run: EvaluationRun) -> EvaluationRun:
    return run


def _shown(runs: list[EvaluationRun], keys: tuple[str, ...]) -> dict[str, dict[str, FigureOutput]]:
    by_run = figures(runs, keys or None)
    return {run.pk: {key: _number(row) for key, row in sorted(by_run.get(run.pk, {}).items())} for run in runs}


def _number(figure: Mapping[str, Any]) -> FigureOutput:
    """A figure in the one JSON form of a number, its band as it was stored."""
    if "unknown" in figure:
        return {"unknown": figure["unknown"], "receipt": figure["receipt"]}
    low, high = figure["bands"].get("0.95", (None, None))
    told = {"point": figure["point"], "low": low, "high": high, "level": LEVEL, "unit": figure["unit"]}
    if "no_band" in figure:
        told["no_band"] = figure["no_band"]
    return cast("FigureOutput", worded(told) | {"receipt": figure["receipt"]})
