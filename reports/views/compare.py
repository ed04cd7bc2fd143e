"""Runs side by side: the page, its groups, and what to do while there are fewer than two."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from metrics.queries.documents.known import Known
from metrics.queries.selection import comparison, comparison_by_group
from reports.pages.compare.address import Asked, read
from reports.pages.compare.by_group import groups_page, wanted
from reports.pages.compare.choose import choose_page
from reports.pages.compare.page import compare_page
from reports.views.page import ProductRequest, page, shown

REFUSED = 422


@page(get="run.compare", product=True)
def compare(request: ProductRequest) -> HttpResponse:
    """The runs that the address names, each against one of them."""
    product = request.product
    asked = read(request.GET)
    held = comparison.chosen(request.user, product, asked.runs)
    if len(held) < comparison.FEWEST:
        return shown(request, "compare/choose.html", choose_page(product, held, asked))
    found = comparison.compared(held, _base(held, asked), smallest=asked.least)
    context = compare_page(held, found, asked) | {
        "too_many": max(len(asked.runs) - comparison.MOST, 0),
        "most": comparison.MOST,
    }
    return shown(request, "compare/page.html", context, status=REFUSED if asked.faults else 200)


@page(get="run.compare", product=True, part_of="compare#groups")
def groups(request: ProductRequest) -> HttpResponse:
    """The same runs by the groups of one column; computed when it is first asked for, so it comes after the page."""
    product = request.product
    asked = read(request.GET)
    held = comparison.chosen(request.user, product, asked.runs)
    if len(held) < comparison.FEWEST:
        return HttpResponse()
    base = _base(held, asked)
    keys, money = wanted(held, base, asked.of)
    found = comparison_by_group.by_group(held, base, asked.by, keys=keys, money=money)
    return render(request, "compare/groups.html", groups_page(held, base, found, asked, keys))


def _base(held: list[Any], asked: Asked) -> Any:
    """The run that the others stand against: the one asked for, else the champion's, else one that most can meet."""
    by_key = {run.pk: run for run in held}
    if asked.base in by_key:
        return by_key[asked.base]
    champions = [best.pk for best in Known(held[0].product).champions.values() if best.pk in by_key]
    if champions:
        return by_key[champions[0]]
    met = Counter(_meets(run) for run in held if run.state == "scored" and run.rows)
    return next((run for run in held if met and _meets(run) == met.most_common(1)[0][0]), held[0])


def _meets(run: Any) -> tuple[str, str]:
    """What must be alike of runs that are compared."""
    return (run.task, run.data_set.digest if run.data_set is not None and run.state == "scored" else "")
