"""What is asked before somebody's account is closed or removed: what stops, and what waits for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metrics.core.rows.refusal import enumerated
from metrics.queries.product.hands import Hands
from reports.pages.undo.asking import Ask
from reports.words.phrases import count, sentence


def of_closing(person: Any, held: Hands, *, action: str, back: str) -> Ask:
    return Ask(
        title=f"Close the account of {person}?",
        says=(f"They can no longer sign in. {_doors(held)}", *_stops(held), *_waits(held)),
        after="What they logged and signed stays with their name. The account can be opened again.",
        submit="Close it",
        action=action,
        back=back,
    )


def of_removing(person: Any, held: Hands, form: Any, *, action: str, back: str) -> Ask:
    return Ask(
        title=f"Remove {person} for good?",
        says=(
            "Their name, mail address and password are erased, with sessions, tokens, saved views, notices and mails.",
            f"What they logged, wrote and signed stays, by “a removed person ({person.pk})”.",
            *_goes(held),
            *_waits(held),
            "Packs that were issued before keep the names that were printed on them, and earlier backups all of it.",
        ),
        after="This cannot be undone. Download what is held about them first, if they want it.",
        submit="Remove for good",
        action=action,
        back=back,
        form=form,
    )


def of_resetting(person: Any, form: Any, *, action: str, back: str) -> Ask:
    return Ask(
        title=f"Reset two-factor authentication of {person}?",
        says=(
            "Their password alone lets them in then. Their app and their recovery codes open nothing any more.",
            "All their sessions end; their tokens go on.",
            "Be sure that it is they who ask: whoever has their password waits for this.",
        ),
        after="A mail tells them. They can set it up again at once.",
        submit="Reset it",
        action=action,
        back=back,
        form=form,
    )


def _doors(held: Hands) -> str:
    if not held.sessions and not held.tokens:
        return "They are signed in nowhere, and have no token."
    told, several = _counted((held.sessions, "session"), (held.tokens, "token"))
    return sentence(f"{told} {'end' if several else 'ends'} at once")


def _stops(held: Hands) -> Iterator[str]:
    told, several = _counted((held.mails, "regular mail"), (held.alerts, "alert"), (held.webhooks, "webhook"))
    if told:
        yield sentence(f"{told} of theirs {'stop' if several else 'stops'} while it is closed")
    if held.for_others:
        told, several = _counted((held.for_others, "delivery"))
        yield sentence(f"{told} that they set up for others {'go' if several else 'goes'} on")
    if held.links:
        told, several = _counted((held.links, "link"))
        yield sentence(f"{told} for people outside {'open' if several else 'opens'} nothing while it is closed")


def _goes(held: Hands) -> Iterator[str]:
    told, several = _counted(
        (held.mails, "regular mail"),
        (held.alerts, "alert"),
        (held.webhooks, "webhook"),
        (held.for_others, "delivery"),
        (held.links, "link"),
    )
    if told:
        yield sentence(f"{told} that they receive or set up {'end' if several else 'ends'}")


def _waits(held: Hands) -> Iterator[str]:
    if held.only_manager:
        names = enumerated([str(one) for one in held.only_manager])
        yield f"They are the only manager of {names}: name another manager there first."
    if held.answers:
        told, several = _counted((held.answers, "decision"))
        rest = "another of their role gives it, or a manager closes the round"
        yield sentence(f"{told} {'wait' if several else 'waits'} for their answer: {rest}")
    if held.drafts:
        told, several = _counted((held.drafts, "draft"))
        yield sentence(f"{told} of theirs {'stay' if several else 'stays'} for managers")
    told, several = _counted((held.kpis, "KPI"), (held.assumptions, "assumption"))
    if told:
        yield sentence(f"{told} {'call' if several else 'calls'} them the owner: give another")


def _counted(*parts: tuple[int, str]) -> tuple[str, bool]:
    """What there is of some things, "two drafts and one link", and whether that is several; "" for none."""
    told = [count(many, noun) for many, noun in parts if many]
    return enumerated(told), sum(many for many, _ in parts) > 1
