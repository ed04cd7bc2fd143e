"""What a reader asks of the runs table, read from the query of an address and written back into one.

The address is the one form: pages, saved views and the API share it. Its fields are
q (words), task, model, state, data ("name@number"), comparable=1, since and until (days, both included),
where ("roc_auc > 0.8, log_loss <= 0.4"), sort ("-roc_auc"; "created", "name", "value" or a metric), columns
("roc_auc,ece", six at most) and page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun, ModelVersion

MOST_COLUMNS = 6
MOST_RANGES = 6
MOST_WORDS = 6
FIELDS = ("q", "task", "model", "state", "data", "comparable", "since", "until", "where", "sort", "columns", "page")
SORTS = ("created", "name", "value")
STATES: dict[str, str] = {
    **{str(value): str(label) for value, label in ModelVersion.State.choices},
    **{str(value): str(label) for value, label in EvaluationRun.State.choices},
}
LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "exact"}
_RANGE = re.compile(r"^([a-z][a-z0-9_]{0,59})\s*(>=|<=|>|<|=)\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)$", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:,|;|\band\b)\s*")


@dataclass(frozen=True)
class Range:
    """A condition on a metric: the run's current figure stands so to the number."""

    metric: str
    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.metric} {self.sign} {repr(self.value).removesuffix('.0')}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the reader asked for; empty fields ask for nothing. sort: "-" before it is descending."""

    text: str = ""
    task: str = ""
    model: str = ""
    state: str = ""
    data: str = ""
    comparable: bool = False
    since: date | None = None
    until: date | None = None
    ranges: tuple[Range, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    page: int = 1

    @property
    def words(self) -> list[str]:
        return self.text.lower().split()[:MOST_WORDS]

    @property
    def narrows(self) -> bool:
        """Whether any run may be left out."""
        return replace(self, sort="", columns=(), page=1) != Wanted()

    def query(self, **changes: Any) -> str:
        """The query of an address that asks for this, with changes; equal tables are equal texts."""
        one = replace(self, **changes)
        given = {
            "q": " ".join(one.text.split()),
            "task": one.task,
            "model": one.model,
            "state": one.state,
            "data": one.data,
            "comparable": "1" if one.comparable else "",
            "since": one.since.isoformat() if one.since else "",
            "until": one.until.isoformat() if one.until else "",
            "where": ", ".join(str(part) for part in one.ranges),
            "sort": one.sort,
            "columns": ",".join(one.columns),
            "page": str(one.page) if one.page > 1 else "",
        }
        return urlencode({name: value for name, value in given.items() if value}, safe=",@")


def read(given: QueryDict, metrics: Collection[str]) -> tuple[Wanted, dict[str, str]]:
    """What a query asks for, and for each field that cannot be read what is wrong with it; such a field asks nothing.

    metrics: the keys that there are. Fields with other names are left alone.
    """
    faults: dict[str, str] = {}
    choices: dict[str, Collection[str]] = {"task": TASKS, "state": STATES}
    chosen = {name: given.get(name, "")[:40] for name in choices}
    for name, known in choices.items():
        if chosen[name] and chosen[name] not in known:
            faults[name] = f"“{chosen[name]}” is no {name}; one of {', '.join(known)}"
            chosen[name] = ""
    since, until = _day(given, "since", faults), _day(given, "until", faults)
    if since and until and until < since:
        faults["until"], until = "lies before the first day", None
    number = given.get("page", "")
    return Wanted(
        text=_text(given, "q", 200),
        task=chosen["task"],
        model=_text(given, "model", 120),
        state=chosen["state"],
        data=_text(given, "data", 140),
        comparable=given.get("comparable") == "1",
        since=since,
        until=until,
        ranges=_ranges(given.get("where", ""), metrics, faults),
        sort=_sort(given.get("sort", ""), metrics, faults),
        columns=_columns(given.getlist("columns"), metrics, faults),
        page=max(1, int(number)) if number.isdecimal() and number.isascii() and len(number) < 7 else 1,
    ), faults


def _text(given: QueryDict, name: str, most: int) -> str:
    """A text that a database takes: no NUL in it."""
    return given.get(name, "").replace("\x00", "").strip()[:most]


def _day(given: QueryDict, name: str, faults: dict[str, str]) -> date | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        faults[name] = f"“{text[:20]}” is no day; write it as 2017-01-31"
        return None
    if not 1970 <= found.year < 9999:
        faults[name] = "a year from 1970 on"
        return None
    return found


def _ranges(text: str, metrics: Collection[str], faults: dict[str, str]) -> tuple[Range, ...]:
    found: dict[str, Range] = {}
    for part in filter(None, _BETWEEN.split(text[:1000].strip())):
        read_as = _RANGE.match(part)
        value = _number(read_as[3]) if read_as else None
        if read_as is None or value is None:
            faults["where"] = f"“{part[:40]}” is no condition; write a metric, a sign and a number: roc_auc > 0.8"
        elif read_as[1] not in metrics:
            faults["where"] = f"“{read_as[1]}” is no metric of this product"
        else:
            one = Range(read_as[1], read_as[2], value)
            found[str(one)] = one
    if len(found) > MOST_RANGES:
        faults["where"] = f"at most {MOST_RANGES} conditions"
    return tuple(found.values())[:MOST_RANGES]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _sort(text: str, metrics: Collection[str], faults: dict[str, str]) -> str:
    name = text.removeprefix("-")
    if not name or name in SORTS or name in metrics:
        return text if name else ""
    faults["sort"] = f"“{name[:60]}” is neither a metric of this product nor one of {', '.join(SORTS)}"
    return ""


def _columns(given: list[str], metrics: Collection[str], faults: dict[str, str]) -> tuple[str, ...]:
    keys = [key.strip() for text in given for key in text[:500].split(",") if key.strip()]
    unknown = [key for key in keys if key not in metrics]
    if unknown:
        faults["columns"] = f"“{unknown[0][:60]}” is no metric of this product"
    found = tuple(dict.fromkeys(key for key in keys if key in metrics))
    if len(found) > MOST_COLUMNS:
        faults["columns"] = f"at most {MOST_COLUMNS} metrics side by side; these are the first"
    return found[:MOST_COLUMNS]
