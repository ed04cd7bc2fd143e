"""The pack that goes with a letter, in the forms that were chosen: the newest that was issued, or one made for it.

One made for a letter is not issued: nobody has looked at it and answers for it, and to issue is an act of a person. It
holds what its receiver may see at that moment, and says on each page that it is not issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.urls import reverse

from metrics import store
from metrics.queries.delivery import packs
from metrics.services.delivery.letter import Attachment
from reports.pages.deliveries.letter import Line, Part, absolute
from reports.words.dates import day

if TYPE_CHECKING:
    from metrics.models.delivery import Delivery, Subscription
    from metrics.models.pack import Pack
    from metrics.models.product import User

MEDIA = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_BYTES = 15_000_000  # what is larger together is led to, as mailboxes refuse more


Attached = tuple[tuple[Attachment, ...], Part | None]


def pack_of(held: Subscription, user: User, row: Delivery | None) -> Attached:
    """What is attached, and the part of the letter that says so; nothing and None where nothing was asked for.

    row: the delivery that it goes with, None of a letter that is only looked at.
    """
    if not held.attached:
        return (), None
    if held.anew:
        return _made_for(row, held)
    pack = packs.newest(held.product, user)
    if pack is None:
        return (), Part(title="No pack is attached", text="None has been issued yet.")
    called = f"Pack {pack.number}" + (f", issued on {day(pack.issued_at)}" if pack.issued_at else "")
    kinds = [kind for kind in held.attached if kind in pack.files and kind in MEDIA]
    files = [(kind, packs.content(pack, kind)) for kind in kinds]
    line = Line(pack.title or called, called, absolute(_page(pack)))
    return _attached(files, f"pack-{pack.number}", line)


def _made_for(row: Delivery | None, held: Subscription) -> Attached:
    if row is None:
        return (), Part(title="A pack goes with it", text="It is made when the letter is due, and is not issued.")
    if not row.pack or row.packed_at is None:
        why = packs.why_unpacked(row)
        return (), Part(title="No pack is attached", text=f"It could not be made{f': {why}' if why else ''}.")
    when = day(row.packed_at.astimezone(ZoneInfo(held.time_zone)))
    files = [(kind, store.get(digest)) for kind, digest in row.pack.items() if kind in MEDIA]
    line = Line(f"Made for this letter on {when}", "It is not issued: it has no number, and nobody signs it.")
    return _attached(files, "pack-not-issued", line)


def _attached(files: Sequence[tuple[str, bytes]], name: str, line: Line) -> Attached:
    if sum(len(content) for _, content in files) > MOST_BYTES:
        return (), Part(title="The pack is too large to be attached", lines=(line,))
    made = tuple(Attachment(name=f"{name}.{kind}", media_type=MEDIA[kind], content=content) for kind, content in files)
    return made, Part(title="The pack is attached", lines=(line,))


def _page(pack: Pack) -> str:
    if pack.product is None:
        return reverse("portfolio-pack", args=[pack.pk])
    return reverse("pack", args=[pack.product.slug, pack.number])
