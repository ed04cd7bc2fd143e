"""What a correction changes, figure by figure, in sentences."""

from __future__ import annotations

from dataclasses import replace

from metrics.core.unit_names import NBSP
from reports.exports.document import Document, Figures, Printed, Section, Sentences
from reports.words.phrases import count

NOTHING = "No figure has changed."


def changes(old: Document, new: Document) -> tuple[str, ...]:
    """A sentence a figure that reads otherwise, in the order of the new document; then those that are gone."""
    before, after = _figures(old), _figures(new)
    told = [_told(before.get(key), one) for key, one in after.items()]
    told += [f"{one.label} is no longer told; it was {_text(one)}." for key, one in before.items() if key not in after]
    found = tuple(filter(None, told))
    if old.title != new.title:
        found += (f"The title was “{old.title}”.",)
    return found or (NOTHING,)


def corrected(document: Document, told: tuple[str, ...], *, corrects: str, reason: str) -> Document:
    """The document with a page on what it changes behind its cover."""
    number = 0 if told == (NOTHING,) else len(told)
    what = f"{count(number, 'thing')} {'has' if number == 1 else 'have'} changed" if number else "no figure has changed"
    page = Section(
        key="corrects",
        title=f"This corrects {corrects}: {what}",
        eyebrow="Correction",
        left=(Sentences(heading="What has changed", lines=told),),
        right=(Sentences(heading="Why it is corrected", lines=(reason,)),),
    )
    first, *rest = document.sections
    return replace(document, sections=(first, page, *rest), corrects=told)


def _figures(document: Document) -> dict[str, Printed]:
    return {one.key: one for block in document.blocks() if isinstance(block, Figures) for one in block.figures}


def _told(old: Printed | None, new: Printed) -> str:
    if old is None:
        return f"{new.label} is new: {_text(new)}."
    renamed = f", which was called {old.label}," if old.label != new.label else ""
    if old.text == new.text:
        beside = f"{new.label}{renamed}: beside {new.text} stood “{old.beside}”, and stands “{new.beside}”."
        return beside if old.beside != new.beside else ""
    if old.number is None or new.number is None or _unit(old) != _unit(new):
        return f"{new.label}{renamed} was {_text(old)}, and is {_text(new)}."
    way = "rose" if new.number > old.number else "fell" if new.number < old.number else "is told otherwise,"
    return f"{new.label}{renamed} {way} from {old.text} to {new.text}."


def _unit(one: Printed) -> str:
    """What it is counted in, whatever its scale."""
    return one.unit.rpartition(NBSP)[2]


def _text(one: Printed) -> str:
    return f"not known ({one.beside.rstrip('.')})" if one.number is None and one.value == "–" else one.text
