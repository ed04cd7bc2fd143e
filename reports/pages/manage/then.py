"""A figure as it was known at a moment that is asked for, beside what it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from metrics.core.calendar import moment
from metrics.core.estimate import Quantity, difference
from metrics.queries.kpi.then import Then
from reports.pages.manage.board import moment_words
from reports.pages.run.metrics import receipt_url
from reports.words.phrases import sentence

Ask = Callable[[datetime], Then]


@dataclass(frozen=True, kw_only=True)
class ThenCard:
    """at: as it was asked for, fault: why that is no moment, "" where it is one. moment: in words.

    then: None where nothing was asked for. by: the mapping's version and the run that it was read from.
    """

    at: str
    zone: str
    fault: str = ""
    moment: str = ""
    since: str = ""
    then: Quantity | None = None
    now: Quantity | None = None
    difference: Quantity | None = None
    grade: str = ""
    receipt: str | None = None
    by: str = ""
    by_url: str = ""


def then_card(asked: str, product: Any, now: Quantity, ask: Ask) -> ThenCard:
    """ask: what was known at a moment."""
    zone, asked = product.time_zone, asked[:40]
    if not asked:
        return ThenCard(at="", zone=zone)
    try:
        at = moment(asked, zone)
    except ValueError as error:
        return ThenCard(at=asked, zone=zone, fault=sentence(str(error)))
    if at > timezone.now():
        return ThenCard(at=asked, zone=zone, fault="That moment is yet to come.")
    found = ask(at)
    run = found.run
    return ThenCard(
        at=asked,
        zone=zone,
        moment=moment_words(at, product),
        since=moment_words(found.since, product) if found.since else "",
        then=found.quantity,
        now=now,
        difference=difference(now, found.quantity),
        grade=found.grade.letter if found.receipt else "",
        receipt=receipt_url(found.receipt) if found.receipt else None,
        by=f"version {found.version.number} of its mapping, on {run.name}" if found.version and run else "",
        by_url=reverse("run", args=[product.slug, run.pk]) if run else "",
    )
