"""Log lines: what each says of where it comes from, what none says, and their two forms."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from metrics import origin

answering: ContextVar[HttpRequest | None] = ContextVar("answering", default=None)
NOBODY = "-"
# Queries and the addresses of one-time links let people in; so do passwords in addresses of servers, and tokens.
SECRETS = (
    (re.compile(r"\?[^\s\"'<>?]*=[^\s\"'<>]*"), "?…"),
    (re.compile(r"/(shared|answer|invitation|sign-in/way|deliveries/stop|password/reset)/[^\s\"'<>]+"), r"/\1/…"),
    (re.compile(r"://[^/\s\"'@]+@"), "://…@"),
    (re.compile(r"\b(Bearer|Basic) [\w.~+/=-]+", re.IGNORECASE), r"\1 …"),
)


def without_secrets(text: str) -> str:
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    return text


class Origins(logging.Filter):
    """Gives every record the id of its request, its work, and who asks, where they are known."""

    def filter(self, record: logging.LogRecord) -> bool:
        now = origin.current()
        record.request_id = now.request_id or NOBODY
        record.work, record.kind, record.user = now.work, now.kind, _who_asks()
        return True


def _who_asks() -> int | None:
    """The number of who asks, where that was read already: a line of the log asks no database."""
    request = answering.get()
    known: dict[str, Any] = vars(request) if request is not None else {}
    person: Any
    for person in (known.get("user"), known.get("_cached_user")):
        if hasattr(type(person), "USERNAME_FIELD"):  # and is neither nobody nor a promise of one
            return int(person.pk)
    return None


class Lines(logging.Formatter):
    """A line for people."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} [{request_id}] {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JSONLines(logging.Formatter):
    """An object a line, for programs: what is not known is left out. `told`: more of it, given by who logs."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "request_id": record.__dict__.get("request_id", NOBODY),
        }
        known = {name: record.__dict__.get(name) for name in ("user", "work", "kind")}
        line |= {name: value for name, value in known.items() if value not in (None, "")}
        line |= record.__dict__.get("told", {})
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
