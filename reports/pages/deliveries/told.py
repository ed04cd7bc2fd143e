"""Letters that tell one thing: what an alert saw, notices, what happened to an account, and the test of a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from metrics.queries.delivery import ledger
from metrics.queries.delivery.alerts.kind import whole
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.selection import catalogue
from metrics.services.delivery.sending import NothingToSee
from metrics.services.selection import answering
from metrics.things import Thing
from reports.addresses import address
from reports.pages.deliveries.letter import Draft, Line, Part, absolute
from reports.words.phrases import count

if TYPE_CHECKING:
    from metrics.models.delivery import Alert, Delivery
    from metrics.models.notice import Notice
    from metrics.models.product import User


def ring(row: Delivery) -> Draft:
    """What an alert saw as it crossed; whether it is so still is said where it is not."""
    assert row.ring is not None
    alert, url = row.ring.alert, absolute(address(Thing.read(row.ring.thing)))
    over = "It is not so any more." if row.ring.recovered_at is not None else ""
    lines = (Line(row.ring.text, str(alert.product), url),)
    return Draft(
        kind=f"Alert, {alert.product}",
        title=f"{alert.product}: {first_words(row.ring.text)}",
        at=row.ring.created_at,
        zone=alert.time_zone,
        parts=(Part(title="", text=over, lines=lines, url=url, action="Look at it"),),
        because=f"You asked to be told when {sentence_of(alert)}.",
        url=url,
        change_url=absolute(reverse("alert", args=[alert.pk])),
        stop_url=absolute(reverse("delivery-stop", args=[ledger.stop_token("alert", alert.pk)])),
        test=row.test,
    )


def sentence_of(alert: Alert) -> str:
    """The condition of an alert in words, as it follows "when"."""
    kind = KINDS[alert.kind]
    return kind.sentence(alert.product, whole(kind.slots, alert.slots))


def first_words(text: str) -> str:
    """A sentence as a title: without its full stop."""
    return text.rstrip(".")


def notices(row: Delivery) -> Draft:
    """What somebody was told and has not read, of what they may see still."""
    found = ledger.notices_of(row)
    if not found:
        raise NothingToSee("all of it was read, or may not be seen any more")
    lines = tuple(Line(one.text, str(one.product), absolute(address(Thing.read(one.thing)))) for one in found)
    title = first_words(found[0].text.partition(". ")[0]) if len(found) == 1 else f"{len(found)} things to look at"
    waiting = absolute(reverse("waiting"))
    told = Part(title="", lines=lines, url=waiting, action="See all that waits for you")
    return Draft(
        kind="Notices",
        title=" ".join(title.split()),
        at=timezone.now(),
        zone=ledger.zone_of(row.receiver),
        parts=(told, *_to_sign(row.receiver, found)),
        because=f"You are told {count(len(found), 'thing')} that you own, or that is asked of you.",
        url=waiting,
    )


def _to_sign(receiver: User, found: Sequence[Notice]) -> Iterator[Part]:
    """The decisions among what somebody is told that wait for their signature: each is answered by a link of its own,
    which works once, and for them alone."""
    decisions = dict.fromkeys(Thing.read(one.thing) for one in found if one.kind == one.Kind.DECISION)
    products = {one.product.slug: one.product for one in found}
    for thing in decisions:
        slug, number = thing.keys
        decision = catalogue.decision(products[slug], int(number))
        if secret := answering.link(receiver, decision):
            yield Part(
                title=f"Decision {number} waits for your signature",
                text="This link is yours alone and works once, after signing in.",
                url=absolute(reverse("answer", args=[secret])),
                action="Sign or refuse it",
            )


# What happened to an account → the title of its letter, and what follows from it.
HAPPENED = {
    "set_up": (
        "Two-factor authentication is set up",
        "A code of an authenticator app is asked for after your password. Recovery codes of before open nothing.",
    ),
    "codes": ("New recovery codes were made", "Those of before open nothing any more."),
    "removed": ("Two-factor authentication is off", "Your password alone lets you in."),
    "reset": (
        "Two-factor authentication was reset",
        "An administrator, or whoever runs the server, did it; your sessions ended. Your password alone lets you in.",
    ),
    "code_used": (
        "Somebody came in with a recovery code",
        "It opens nothing any more. If your app is lost, set up another one and make new recovery codes.",
    ),
    "guessed": (
        "Codes of your account are guessed at",
        "Whoever does it knows your password: too many wrong codes were given after it. Choose another password now.",
    ),
}


def account(row: Delivery) -> Draft:
    """What happened to the sign-in of an account, to its owner."""
    title, follows = HAPPENED[row.source.partition(" ")[2]]
    there = absolute(reverse("two-factor"))
    unasked = "Was it not you? Change your password, end your sessions, and tell an administrator."
    return Draft(
        kind="Your account",
        title=title,
        at=row.due_at,
        zone=ledger.zone_of(row.receiver),
        parts=(Part(title="", text=f"{follows} {unasked}", url=there, action="Look at it"),),
        because="You are told of whatever changes how you sign in.",
        url=there,
    )


def hook_test(row: Delivery) -> Draft:
    assert row.webhook is not None
    return Draft(
        kind="Test",
        title=f"A test of {row.webhook.name}",
        at=timezone.now(),
        zone="UTC",
        parts=(Part(title="", text=f"Alerts of {row.webhook.product} come in this form."),),
        url=absolute(reverse("deliveries")),
        test=True,
    )
