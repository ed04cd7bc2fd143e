"""The pack that goes with a letter: the newest that was issued, in the forms that were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from metrics.queries.delivery import packs
from metrics.services.delivery.letter import Attachment
from reports.pages.deliveries.letter import Line, Part, absolute
from reports.words.dates import day

if TYPE_CHECKING:
    from metrics.models.delivery import Subscription
    from metrics.models.pack import Pack
    from metrics.models.product import User

MEDIA = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_BYTES = 15_000_000  # what is larger together is led to, as mailboxes refuse more


def pack_of(held: Subscription, user: User) -> tuple[tuple[Attachment, ...], Part | None]:
    """What is attached, and the part of the letter that says so; nothing and None where nothing was asked for."""
    if not held.attached:
        return (), None
    pack = packs.newest(held.product, user)
    if pack is None:
        return (), Part(title="No pack is attached", text="None has been issued yet.")
    called = f"Pack {pack.number}" + (f", issued on {day(pack.issued_at)}" if pack.issued_at else "")
    kinds = [kind for kind in held.attached if kind in pack.files and kind in MEDIA]
    files = [(kind, packs.content(pack, kind)) for kind in kinds]
    line = Line(pack.title or called, called, absolute(_page(pack)))
    if sum(len(content) for _, content in files) > MOST_BYTES:
        return (), Part(title="The pack is too large to be attached", lines=(line,))
    made = tuple(
        Attachment(name=f"pack-{pack.number}.{kind}", media_type=MEDIA[kind], content=content)
        for kind, content in files
    )
    return made, Part(title="The pack is attached", lines=(line,))


def _page(pack: Pack) -> str:
    if pack.product is None:
        return reverse("portfolio-pack", args=[pack.pk])
    return reverse("pack", args=[pack.product.slug, pack.number])
