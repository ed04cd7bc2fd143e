"""What is answered of work: that it was begun, and what an import has counted."""

from __future__ import annotations

from typing import TypedDict

from metrics.models.work import Work


class BegunOutput(TypedDict):
    """The work that was begun, and the address that tells how far it has come."""

    work: str
    status: str


class ToldOutput(TypedDict):
    """Why a run, or a part of it, was not taken over; or as what it was."""

    run: str
    name: str
    reason: str


class RenamedOutput(TypedDict):
    """A metric kept under a key that is not its name there. turned: its sign, turned there, is turned back."""

    name: str
    key: str
    turned: bool


class CountsOutput(TypedDict):
    """seen: ended runs that the server gave; they are imported, already there, or refused.

    more: runs were left for the next import. new_metrics: registered, as their names say which way is better.
    unregistered: kept without a direction, until somebody registers them. told_more: how many more there were to tell.
    """

    seen: int
    imported: int
    with_rows: int
    already_there: int
    changed: int
    refused: int
    unfinished: int
    more: bool
    new_metrics: list[str]
    unregistered: list[str]
    renamed: list[RenamedOutput]
    told: list[ToldOutput]
    told_more: int


def begun(work: Work) -> BegunOutput:
    return {"work": work.pk, "status": f"/api/v1/work/{work.pk}/"}
