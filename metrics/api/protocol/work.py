"""What is answered of work: that it was begun, and what an import has counted."""

from __future__ import annotations

from typing import TypedDict

from metrics.models.work import Work


class BegunOutput(TypedDict):
    """The work that was begun, and the address that tells how far it has come."""

    work: str
    status: str


class ToldOutput(TypedDict):
    """Why a run, or a part of it, was not taken over."""

    run: str
    name: str
    reason: str


class CountsOutput(TypedDict):
    """seen: ended runs that the server gave; they are imported, already there, or refused."""

    seen: int
    imported: int
    with_rows: int
    already_there: int
    changed: int
    refused: int
    unfinished: int
    new_metrics: list[str]
    told: list[ToldOutput]


def begun(work: Work) -> BegunOutput:
    return {"work": work.pk, "status": f"/api/v1/work/{work.pk}/"}
