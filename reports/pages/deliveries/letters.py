"""The letter of each row of the ledger: one kind for each thing that is sent, as its receiver may see it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from metrics.core.estimate import Unknown
from metrics.queries.delivery import ledger
from metrics.queries.delivery.moved import moved
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.revenue import asked as periods
from metrics.queries.revenue import changes as revenue_changes
from metrics.queries.revenue import outlook as revenue
from metrics.queries.revenue import portfolio as portfolios
from metrics.queries.selection.outcome import outcomes
from metrics.services.delivery.letter import Letter
from metrics.services.delivery.sending import NothingToSee
from reports.pages.decision.asked import choices, waits_for
from reports.pages.deliveries import told
from reports.pages.deliveries.attaching import pack_of
from reports.pages.deliveries.letter import Draft, Line, Part, absolute, band_cells, chance, figure, written
from reports.pages.deliveries.parts import moved_part, waiting_part
from reports.pages.outlook.page import outlook_page
from reports.pages.portfolio.page import portfolio_page
from reports.words.phrases import sentence

if TYPE_CHECKING:
    from metrics.models.delivery import Delivery, Subscription
    from metrics.models.product import User

FIRST = timedelta(days=7)  # that a first letter looks back

Drafted = dict[str, Any]  # the fields of a Draft that a kind gives


def letter_of(row: Delivery) -> Letter:
    """The letter of a row of the ledger, whatever it is of."""
    return written(SOURCES[row.source.partition(" ")[0]](row))


def preview(held: Subscription) -> Letter | None:
    """What the next letter of a subscription would say if it went now; None where there is nothing to see."""
    try:
        return written(_draft(held, held.receiver))
    except NothingToSee:
        return None


def _subscription(row: Delivery) -> Draft:
    assert row.subscription is not None
    return replace(_draft(row.subscription, row.receiver, row), test=row.test)


def _draft(held: Subscription, user: User, row: Delivery | None = None) -> Draft:
    zone, now = held.time_zone, timezone.now()
    last = ledger.last_sent(held)
    since = last.settled_at if last and last.settled_at else now - FIRST
    given = WHAT[held.what](user, held, since)
    attached, part = pack_of(held, user, row)
    if part is not None:
        given["parts"] = (*given["parts"], part)
    rings = ledger.untold(user)
    if rings:
        given["parts"] = (_digest(rings), *given["parts"])
    return Draft(
        at=now,
        zone=zone,
        because=f"You get this: {held.when.words()}, {zone}.",
        change_url=absolute(reverse("delivery", args=[held.pk])),
        stop_url=absolute(reverse("delivery-stop", args=[ledger.stop_token("subscription", held.pk)])),
        attached=attached,
        told=tuple(ring.pk for ring in rings),
        **given,
    )


def _portfolio(user: User, held: Subscription, since: datetime) -> Drafted:
    products = list(catalogue.products(user))
    now, starts = periods.frame(products)
    spoken = periods.read(user, {}, now=now, starts=starts)  # the period that the reader chose last
    found = portfolios.portfolio(user, period=spoken.period, held=products)
    if not found.outlooks:
        raise NothingToSee(f"{user} may see no product any more")
    asked = waits_for(user)
    page = portfolio_page(
        found,
        spoken,
        waiting=asked,
        past=outcomes([one.known for one in found.outlooks]).values(),
        changes=(),
        today=timezone.localdate(),
    )
    letters = sorted({one.outlook.grade.letter for one in found.counted})
    grades = (
        [f"grade {letters[0]}" if len(letters) == 1 else f"grades {letters[0]} to {letters[-1]}"] if letters else []
    )
    cells, scale = band_cells(page.total)
    home = absolute(reverse("portfolio"))
    figures = (
        figure(page.total_label, page.total, notes=grades, url=home),
        figure(page.realised_label, page.realised, url=home),
        chance(page.chance_label, page.chance, against=page.chance_against),
    )
    left = [Line(one.name, one.why, absolute(one.url)) for one in page.left_out]
    moves = moved(found.outlooks, since)
    parts = [waiting_part(asked), moved_part(moves, since, held.time_zone)]
    parts += [Part(title="Not counted", text=page.coverage, lines=tuple(left))] if page.coverage else []
    parts += [Part(title="Old figures", text=" ".join(one.text for one in page.old))] if page.old else []
    return {
        "kind": f"Portfolio, {often(held)}",
        "title": page.title,
        "figures": figures,
        "cells": cells,
        "cells_words": scale,
        "parts": (*parts, Part(title="", url=home, action="Open the portfolio")),
        "url": home,
        "news": bool(asked) or any(one.beyond_noise for one in moves),
    }


def _product(user: User, held: Subscription, since: datetime) -> Drafted:
    product = held.product
    assert product is not None
    known = Known(product)
    one = revenue.outlook(known)
    page = outlook_page(user, one, known, revenue_changes.shown(known))
    cells, scale = band_cells(one.total)
    home = absolute(reverse("outlook", args=[product.slug]))
    grade = page.grade if not isinstance(one.total, Unknown) else ""
    figures = (
        figure(page.total_label, one.total, grade=grade, url=absolute(page.receipt) if page.receipt else ""),
        figure(page.realised_label, one.realised_total),
        chance(page.chance_label, page.chance, against=page.target_words),
    )
    asked = [asks for asks in waits_for(user) if asks.product == product.name]
    moves = moved([one], since)
    parts = [waiting_part(asked), moved_part(moves, since, held.time_zone)]
    parts += [Part(title="Not counted", text=sentence(page.left_out))] if page.left_out else []
    parts += [Part(title="Old figures", text=page.old.text)] if page.old else []
    return {
        "kind": f"{product.name}, {often(held)}",
        "title": page.title,
        "figures": figures,
        "cells": cells,
        "cells_words": scale,
        "parts": (*parts, Part(title="", url=home, action="Open the outlook")),
        "url": home,
        "news": bool(asked) or any(one.beyond_noise for one in moves),
    }


def _decisions(user: User, held: Subscription, since: datetime) -> Drafted:
    asked = waits_for(user) if held.product is None else choices(user)
    if held.product is not None:
        asked = tuple(one for one in asked if one.product == held.product.name)
    part = waiting_part(asked)
    return {
        "kind": f"Decisions, {often(held)}",
        "title": part.title,
        "parts": (Part(title="", text=part.text, lines=part.lines, url=part.url, action=part.action),),
        "url": absolute(reverse("waiting")),
        "unchanged": "" if asked else "nothing waited",
    }


def _digest(rings: list[Any]) -> Part:
    """Alerts that were to be told with the next letter."""
    lines = tuple(Line(ring.text, str(ring.alert.product), absolute(ledger.address(ring))) for ring in rings)
    return Part(title="What your alerts saw", lines=lines)


WHAT: Mapping[str, Callable[[Any, Any, datetime], Drafted]] = {
    "portfolio": _portfolio,
    "product": _product,
    "decisions": _decisions,
}
SOURCES: Mapping[str, Callable[[Delivery], Draft]] = {
    "subscription": _subscription,
    "ring": told.ring,
    "notices": told.notices,
    "account": told.account,
    "webhook": told.hook_test,
}
"""What a row of the ledger is of → its letter."""


def often(held: Subscription) -> str:
    """ "Mondays 07:00" as it stands within a line."""
    words = held.when.words()
    return words if words[:1].isupper() and held.rule == "weekly" else words[:1].lower() + words[1:]
