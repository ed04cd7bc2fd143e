"""What was taken back, as lines from which it can be brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from metrics.core.estimate import Estimate
from reports.pages.mapping.calibration import batch_words
from reports.words.phrases import count, span, worded


@dataclass(frozen=True)
class GoneLine:
    """words: what went; by: who took it back, "" where that was not written down; url: by which it comes back."""

    words: str
    source: str
    by: str
    at: datetime
    url: str


def _line(one: Any, words: str, source: str, url: str) -> GoneLine:
    return GoneLine(words, source, one.by.username if one.by else "", one.at, url)


def months(slug: str, key: str, gone: Sequence[Any]) -> list[GoneLine]:
    """ "26 months, Jan 2015 – Feb 2017"."""
    lines = []
    for one in gone:
        of = span([f"{row.period:%Y-%m}" for row in one.rows])
        words = of if len(one.rows) == 1 else f"{count(len(one.rows), 'month').capitalize()}, {of}"
        lines.append(_line(one, words, one.first.source, reverse("actual-restore", args=[slug, key, one.first.pk])))
    return lines


def pairs(slug: str, key: str, gone: Sequence[Any]) -> list[GoneLine]:
    """ "Two pairs with log_loss"."""
    return [
        _line(one, batch_words(one.rows), one.first.source, reverse("pairs-restore", args=[slug, key, one.first.batch]))
        for one in gone
    ]


def targets(product: Any, gone: Sequence[Any]) -> list[GoneLine]:
    """ "Value: 50 k EUR, Mar 2017 – Feb 2018"."""
    lines = []
    for one in gone:
        row = one.first
        what = row.kpi.name if row.kpi else "The product’s value"
        value = worded(Estimate(float(row.value), row.kpi.unit if row.kpi else product.currency))
        of = span([f"{row.from_period:%Y-%m}", f"{row.until_period:%Y-%m}"])
        lines.append(_line(one, f"{what}: {value}, {of}", "", reverse("target-restore", args=[product.slug, row.pk])))
    return lines
