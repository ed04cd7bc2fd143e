"""The page of scenarios: side by side, what must be true to meet the target, two inputs at once, and what is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics import access
from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue import scenarios as kept_ones
from metrics.queries.revenue.compared import ASSUMED, MOST, Compared, Moved, compared, moved_of, notes_of
from metrics.queries.revenue.needed import must_be_true
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import movable, unmovable
from reports.pages.outlook.what_if import Slider, slider_of
from reports.pages.scenarios.address import LEVELS, Asked
from reports.pages.scenarios.must import MustCard, must_card
from reports.pages.scenarios.side_by_side import SideBySide, quoted, side_by_side, title
from reports.pages.scenarios.table import TableCard, table_card
from reports.pages.undo.gone import GoneLine
from reports.words.dates import day
from reports.words.phrases import count, goal_words, money, noun_of, sentence, span

LEAD = "A scenario changes no figure: it says what would be, over the same futures as what is assumed."
PREFIX = "to-"  # of the fields that say where an input is moved, so that none is called as another field of the page


@dataclass(frozen=True)
class SavedLine:
    """One saved scenario. toggle: the page with it, or without it; "" where no more are compared. sliders: it there."""

    key: str
    name: str
    why: str
    moves: tuple[str, ...]
    by: str
    notes: tuple[str, ...]
    compared: bool
    toggle: str
    sliders: str


@dataclass(frozen=True)
class Under:
    words: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class ScenariosPage:
    """fault: why something was not kept, beside the form of `fault_at`."""

    product: Any
    title: str
    lead: str
    one: Outlook
    beside: SideBySide
    total_label: str
    value_label: str
    goal: str
    target: Any
    must: MustCard
    table: TableCard
    under: tuple[Under, ...]
    sliders: tuple[Slider, ...]
    unmovable: str
    full: bool
    hidden: dict[str, str]
    saved: tuple[SavedLine, ...]
    gone: tuple[GoneLine, ...]
    compare: str
    may_save: bool
    given: dict[str, str]
    fault: str = ""
    fault_at: str = ""


def scenarios_page(user: Any, one: Outlook, asked: Asked, *, fault: str = "", given: Any = None) -> ScenariosPage:
    """given: of the form that was refused: the `item` that was to be kept, its name and why."""
    product = one.product
    found = compared(one, ",".join(asked.compare))
    shown = {each.item for each in found}
    base = next((each for each in found if each.item and each.item == asked.under), None)
    under = {move.key: move.here for move in base.moved} if base and not isinstance(base.total, Unknown) else {}
    named = quoted(base) if base and under else ""
    asked = _as_shown(asked, [item for item in asked.compare if item in shown], base.item if named and base else "")
    must = must_be_true(one, LEVELS[asked.level], under)
    same = one.meeting is not None and one.meeting.months == tuple(month.period for month in one.months)
    return ScenariosPage(
        product=product,
        title=title(one, found),
        lead=LEAD,
        one=one,
        beside=side_by_side(one, found, asked),
        total_label=_total_label(one),
        value_label=f"Value per {noun_of(product)}",
        goal=goal_words(one.meeting.goal, product.currency, one.meeting.money) if one.meeting else "",
        target=money(one.meeting.goal, product.currency) if one.meeting and same else None,
        must=must_card(one, must, asked, named=named, under=under),
        table=table_card(one, asked, [each.driver for each in must.needs], named=named, under=under),
        under=tuple(_under(product.slug, asked, found)),
        sliders=tuple(slider_of(driver, prefix=PREFIX) for driver in movable(one)),
        unmovable=sentence(unmovable(one)),
        full=len(asked.compare) >= MOST,
        hidden=asked.hidden(),
        saved=tuple(_saved(one, asked)),
        gone=tuple(_gone(one.known)),
        compare=",".join(asked.compare),
        may_save=access.may(user, "scenario.save", product),
        given=dict(given or {}),
        fault=fault,
        fault_at=str((given or {}).get("item", "")),
    )


def _as_shown(asked: Asked, items: Sequence[str], under: str) -> Asked:
    return Asked(**{**vars(asked), "compare": tuple(items), "under": under})


def _total_label(one: Outlook) -> str:
    months = [month.period for month in one.months]
    return f"Total, {span(months)}" if months else "Total"


def _under(slug: str, asked: Asked, found: Sequence[Compared]) -> list[Under]:
    """What the rest of the page may be under: as assumed, and each that is compared."""
    return [
        Under(quoted(each), asked.url(slug, "must", under=each.item), each.item == asked.under)
        for each in found
        if each.item == ASSUMED or not isinstance(each.total, Unknown)
    ]


def _saved(one: Outlook, asked: Asked) -> list[SavedLine]:
    slug = one.product.slug
    lines = []
    for row in kept_ones.scenarios(one.product):
        in_it = row.key in asked.compare
        more = "" if len(asked.compare) >= MOST else asked.url(slug, compare=(*asked.compare, row.key))
        lines.append(
            SavedLine(
                key=row.key,
                name=row.name,
                why=row.why,
                moves=tuple(_moved(move) for move in moved_of(one, row.overrides)),
                by=f"{row.saved_by}, {day(row.saved_at)}",
                notes=tuple(note.words for note in notes_of(one, row.overrides, row)),
                compared=in_it,
                toggle=asked.url(slug, **asked.without(row.key)) if in_it else more,
                sliders=reverse("outlook", args=[slug]) + f"?scenario={row.key}#what-if",
            )
        )
    return lines


def _moved(move: Moved) -> str:
    """ "Offer 6 %, assumed 5 %"."""
    return f"{move.words}, assumed {numerals.amount(move.assumed, move.unit)}"


def _gone(known: Known) -> list[GoneLine]:
    return [
        GoneLine(
            words=row.name,
            source=count(len(row.overrides), "input") + " moved",
            by=row.withdrawn_by.username if row.withdrawn_by else "",
            at=row.withdrawn_at,
            url=reverse("scenario-restore", args=[known.product.slug, row.pk]),
        )
        for row in kept_ones.removed(known.product)
        if row.withdrawn_at is not None
    ]
