"""The one error of the client: what was refused, where, and what to do about it, in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx

LONGEST_LINE = 600


class ClientError(Exception):
    """The server, or the client before asking it, refused.

    status: the HTTP status, None where no answer came. field, row (from 1), position (from 0) and remedy: as the
    server's problem JSON names them, None or "" where it names none. problem: that JSON, {} where there is none.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        field: str = "",
        code: str = "",
        row: int | None = None,
        position: int | None = None,
        remedy: str = "",
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.field = field
        self.code = code
        self.row = row
        self.position = position
        self.remedy = remedy
        self.problem = dict(problem or {})

    def __str__(self) -> str:
        return self.line()

    def as_problem(self) -> dict[str, Any]:
        """As the server tells a refusal of one among several."""
        fault = {"field": self.field, "code": self.code or "invalid", "message": self.message, "remedy": self.remedy}
        return self.problem or {"title": "Refused", "status": 400, "detail": self.message, "errors": [fault]}

    def line(self) -> str:
        """Everything known, as one line: "y_score, row 4: 2 rows without score. Fill them …"."""
        places = [self.field] if self.field else []
        if self.row is not None:
            places.append(f"row {self.row}")
        if self.position is not None:
            places.append(f"position {self.position}")
        text = f"{', '.join(places)}: {self.message}" if places else self.message
        if self.remedy:
            text = f"{text.rstrip('.')}. {self.remedy if self.remedy.startswith('kpi ') else _capital(self.remedy)}"
        more = len(self.problem.get("errors") or []) - 1
        if more > 0:
            text += f" ({more} more)"
        return one_line(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def one_line(text: str) -> str:
    """Text from elsewhere, safe to print: no control characters, no line breaks, of bounded length."""
    flat = "".join(character if character.isprintable() else " " for character in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= LONGEST_LINE else flat[: LONGEST_LINE - 1] + "…"


@contextmanager
def named(what: str, remedy: str) -> Iterator[None]:
    """Say of what is not there, or not to be seen, what it is, and what to do."""
    try:
        yield
    except ClientError as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise
        told = f"there is no {what}, or none that you may see"
        raise ClientError(told, status=error.status, code=error.code, remedy=remedy, problem=error.problem) from error


def a_run(run_id: str) -> AbstractContextManager[None]:
    """Say of a run that is not there by what runs are named; its name or version is often given instead."""
    return named(f"run “{run_id}”", "A run is named by its id, which `kpi run list PRODUCT` prints first.")


def unreadable(file: object, error: OSError, *, field: str = "file") -> ClientError:
    """A file that the system does not give."""
    message = f"{file} cannot be read: {error.strerror or error}"
    return ClientError(message, field=field, remedy="Look at its name, its folder and its rights.")


NOTHING_THERE = (
    "Look for a slip in the name: `kpi product list` prints the products that you may see, and a manager adds members."
)
LATER = "Try again in a minute; where it lasts, whoever runs the server finds the request in its log."


def of_response(response: httpx.Response) -> ClientError:
    """The error that a response with a status of 300 or above stands for."""
    if response.is_redirect:
        where = response.headers.get("location", "elsewhere")
        told = f"the server sends on to {where}; is the address right?"
        return ClientError(told, status=response.status_code, remedy=f"Sign in at that one: kpi login --url {where}")
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        told = f"the server answered {response.status_code} {response.reason_phrase}"
        return ClientError(told, status=response.status_code, remedy=LATER)
    error = of_problem(problem, status=response.status_code)
    if response.status_code == httpx.codes.UNAUTHORIZED and not error.remedy and not _signs_in(response.request):
        error.remedy = "Sign in with `kpi login`, or set KPI_TOKEN."
    elif not error.remedy:
        error.remedy = {404: NOTHING_THERE}.get(response.status_code, LATER if response.is_server_error else "")
    return error


def of_problem(problem: Mapping[str, Any], *, status: int) -> ClientError:
    """The error that problem JSON tells of."""
    faults = [fault for fault in problem.get("errors") or [] if isinstance(fault, dict)]
    first = faults[0] if faults else {}
    message = first.get("message") or problem.get("detail") or problem.get("title") or f"status {status}"
    return ClientError(
        str(message),
        status=status,
        field=str(first.get("field") or ""),
        code=str(first.get("code") or ""),
        row=_whole(first.get("row")),
        position=_whole(first.get("position")),
        remedy=str(first.get("remedy") or ""),
        problem=problem,
    )


def _signs_in(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/tokens/")


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
