"""What was said of what stands in a document: its threads as a table, each comment with who said it, and its state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics import rights
from metrics.core.rows.refusal import enumerated
from metrics.queries.comments import threads
from metrics.queries.comments.subjects import sees
from metrics.queries.comments.threads import Thread
from metrics.things import Thing
from reports.exports.document import Cell, Section, Sentences, Table
from reports.exports.documents.figures import text
from reports.pages.comments.page import gone
from reports.pages.home.navigation import ROLE_WORDS
from reports.words.dates import day
from reports.words.phrases import count, sentence

if TYPE_CHECKING:
    from metrics.models.comment import Comment
    from metrics.models.product import Product, User

EYEBROW, NOBODY, LEFT = "Comments", "Nothing was said of what stands in this pack", "no member any more"
MOST = 200  # comments of one document: whole threads, those begun last


@dataclass(frozen=True)
class Shown:
    """things: what of a product stands in a document, in its order."""

    product: Product
    things: tuple[Thing, ...]


def section(user: User, shown: Sequence[Shown]) -> Section:
    """The threads of what is shown, as far as this person may read them; in the order in which it is shown."""
    told = [one for held in shown for one in _threads(user, held)]
    kept = _newest(told)
    if not kept:
        return Section(key="comments", title=NOBODY, eyebrow=EYEBROW, left=(Sentences(lines=(f"{NOBODY}.",)),))
    roles = threads.roles([one.product for one in shown])
    several = len(shown) > 1
    rows = tuple(row for one in told if one in kept for row in _rows(one, roles, several=several))
    older = len(told) - len(kept)
    left = f" {count(older, 'older thread').capitalize()} {'is' if older == 1 else 'are'} not shown." if older else ""
    table = Table(
        name="comments",
        heading="What was said of what stands here",
        sub=f"As it was said when this was made; an answer stands under what it answers.{left}",
        columns=("Of", "Said by", "What was said", "State"),
        rows=rows,
    )
    return Section(key="comments", title=_title(kept), eyebrow=EYEBROW, left=(table,))


def _threads(user: User, shown: Shown) -> list[Thread]:
    found = threads.of(shown.product, *shown.things)
    order = {str(thing): at for at, thing in enumerate(shown.things)}
    read = [one for one in found if one.counts and sees(user, shown.product, one.of)]
    return sorted(read, key=lambda one: order[one.first.thing])


def _newest(told: Sequence[Thread]) -> list[Thread]:
    """The threads begun last that have at most MOST comments together; at least one, where there is one."""
    kept: list[Thread] = []
    room = MOST
    for one in sorted(told, key=lambda one: one.first.created_at, reverse=True):
        room -= 1 + len(one.answers)
        if room < 0 and kept:
            break
        kept.append(one)
    return kept


def _title(kept: Sequence[Thread]) -> str:
    still = sum(one.open for one in kept)
    parts = [count(still, "open thread")] if still else []
    parts += [count(len(kept) - still, "resolved thread")] if still < len(kept) else []
    return sentence(enumerated(parts)).rstrip(".")


def _rows(one: Thread, roles: dict[tuple[str, int], str], *, several: bool) -> Iterator[tuple[Cell, ...]]:
    for row in (one.first, *one.answers):
        first = row is one.first
        below = [str(row.product)] if several else []
        below += [] if first else ["an answer"]
        outside = ROLE_WORDS[rights.ADMIN] if row.user.is_staff else LEFT
        role = ROLE_WORDS.get(roles.get((row.product_id, row.user_id), ""), outside)
        yield (
            text(sentence(one.of.called).rstrip("."), below=", ".join(below)),
            text(str(row.user), below=f"{role}, {day(row.created_at)}"),
            text(_words(row)),
            _state(one) if first else Cell(text=""),
        )


def _words(row: Comment) -> str:
    """On one line: a cell has no paragraphs."""
    return gone(row) or " ".join(row.text.split())


def _state(one: Thread) -> Cell:
    if one.open:
        return text("Open")
    return text("Resolved", below=f"by {one.first.resolved_by}, {day(one.first.resolved_at)}")
