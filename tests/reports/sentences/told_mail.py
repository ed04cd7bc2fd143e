"""What a mail, an alert and a webhook say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Of
from typing import Any

from django.utils import timezone

from metrics.core.estimate import Estimate, Unknown, difference
from metrics.core.selection.guardrails import Guardrail
from metrics.core.selection.outcome import Score, score
from metrics.models.delivery import Delivery
from metrics.queries.delivery.alerts.history import History, Rang
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.delivery.moved import Moved
from metrics.queries.revenue.risks import Risk
from metrics.services.delivery import notices
from metrics.services.delivery.letter import Letter
from metrics.services.delivery.webhook import BODIES
from reports.pages.decision.asked import Asked
from reports.pages.deliveries import alerts, letter, page, parts
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import NAMES, TODAY, Lot, told

SINCE = datetime(2026, 11, 21, 8, tzinfo=UTC)


def product(lot: Lot) -> Any:
    return Of(slug="calls", name=lot.name, currency=lot.unit, time_zone="UTC", day=lambda at: at.date(), pk="p")


@told("mail")
def the_head_of_a_letter(lot: Lot) -> Iterator[Said]:
    found = lot.quantity()
    share = lot.one(Unknown("no target is set"), Estimate(lot.share(), "share"))
    met = letter.chance("Chance to meet the target", share, against="a target")
    sure = (Figure(share.point, "%"),) if isinstance(share, Estimate) else ()
    yield Said(text=met.number, figures=sure, has=() if sure else ("–",))
    line = letter.figure("Expected", found, notes=("a note",), grade=lot.one("", "C"))
    if isinstance(found, Unknown):
        yield Said(text=f"{line.number} {line.notes[0]}", has=("–", found.reason))
        return
    yield Said(text=line.number, figures=(Figure(found.point, lot.unit),))
    band = found.band(0.8)
    if band is not None:
        ends = (Figure(end, lot.unit) for end in band)
        yield Said(text=line.notes[0], figures=(Figure(0.8, "%"), *ends))
    cells, words = letter.band_cells(found)
    if cells:
        low, high = found.band(0.95) or (0.0, 0.0)
        margin = (high - low) * 0.25 or 1.0
        ends = tuple(Figure(end, lot.unit) for end in (low - margin, high + margin))
        yield Said(text=words, figures=(*ends, Figure(4), Figure(5)), has=("nineteen in twenty",))
        assert sum(cell.width for cell in cells) in range(96, 105)


def one_moved(lot: Lot, place: int = 0) -> Moved:
    before = lot.quantity()
    after = lot.quantity(lot.near(before.point)) if isinstance(before, Estimate) else lot.quantity()
    name = NAMES[(lot.number + place) % len(NAMES)]
    return Moved(Of(name=name, slug="p"), before, after, difference(after, before), "C", "", False)


@told("mail")
def what_moved_since_the_last(lot: Lot) -> Iterator[Said]:
    found = [one_moved(lot, place) for place in range(lot.whole(1, 9))]
    part = parts.moved_part(found, SINCE, "UTC")
    beyond = [one for one in found if one.beyond_noise]
    within = [
        one
        for one in found
        if not one.beyond_noise and not (isinstance(one.before, Unknown) and isinstance(one.after, Unknown))
    ]
    if not beyond:
        yield Said(text=part.title, has=("Nothing moved beyond noise",))
        yield Said(text=part.text, figures=(Figure(len(within)),) if within else ())
        return
    known = [one.change.point for one in beyond if isinstance(one.change, Estimate)]
    total = sum(known)
    if len(known) < len(beyond) or "moved since" in part.title:
        far = abs(total) > 0.011 and len(known) == len(beyond)
        yield Said(text=part.title, figures=(Figure(len(beyond)),), has=("up or down",) if far else ())
    else:
        yield Said(text=part.title, figures=(Figure(abs(total), lot.unit, apart=True),), ways=(total,), by=("up/down",))
    rest = ([Figure(len(beyond) - 6)] if len(beyond) > 6 else []) + ([Figure(len(within))] if within else [])
    yield Said(text=part.text, figures=tuple(rest))
    for one, line in zip(beyond, part.lines, strict=False):
        before, after = one.before, one.after
        if isinstance(one.change, Estimate) and isinstance(before, Estimate) and isinstance(after, Estimate):
            yield Said(text=line.amount, figures=(Figure(one.change.point, lot.unit, signed=True, apart=True),))
            yield Said(text=line.tone, ways=(one.change.point,), by=("good/bad",))
            band = one.change.band(0.8)
            if band is not None:
                ends = tuple(Figure(end, lot.unit, signed=True) for end in band)
                yield Said(text=line.detail.partition(", grade")[0], figures=(Figure(0.8, "%"), *ends))
            text = line.detail.partition("grade C, ")[2]
            yield Said(text=text, figures=(Figure(before.point, lot.unit), Figure(after.point, lot.unit)))
        elif isinstance(after, Estimate):
            yield Said(text=line.detail, figures=(Figure(after.point, lot.unit),), has=("unknown",))
        else:
            yield Said(text=line.detail, figures=(Figure(before.point, lot.unit),), has=("unknown now",))


@told("mail")
def what_waits_and_what_went(lot: Lot) -> Iterator[Said]:
    number = lot.whole(0, 15)
    asked = [Asked("Sign it", f"Decision on {name}", name, "/x", TODAY) for name in (NAMES * 3)[:number]]
    part = parts.waiting_part(asked)
    yield Said(text=part.title, figures=(Figure(number),) if number else (), has=() if number else ("Nothing waits",))
    more = number - 6
    yield Said(text=part.text, figures=(Figure(more),) if more > 0 else (), lacks=("mores",))
    now = timezone.now()
    several = [
        Of(
            paused_at=None if lot.yes(0.7) else now,
            rings=Of(all=lambda at=now - timedelta(days=days): [Of(created_at=at)]),
        )
        for days in (lot.one(3, 90) for _ in range(lot.whole(0, 6)))
    ]
    watching = sum(one.paused_at is None for one in several)
    rang = sum((now - one.rings.all()[0].created_at).days < 30 for one in several)
    text = alerts.alerts_title(several)
    first = (Figure(watching),) if watching else ()
    yield Said(text=text.partition(";")[0], figures=first)
    last = text.partition("; ")[2].partition(" in the last")[0]
    yield Said(text=last, figures=(Figure(rang),) if rang else (), has=("rang",), lacks=(" s ",))
    states = [lot.one("sent", "sent", "not_sent", "due") for _ in range(lot.whole(1, 6))]
    held = [Of(pk=str(at), paused_at=None) for at in range(len(states))]
    text = page.title(held, {str(at): Of(state=state) for at, state in enumerate(states)}, [])
    sent, silent = states.count("sent"), states.count("not_sent")
    if sent == len(states):
        yield Said(text=text, figures=(Figure(sent),) if sent > 1 else (), has=("arrived",))
    elif len(states) > 1:
        rest = (Figure(silent),) if silent else ()
        yield Said(text=text, figures=(Figure(sent), Figure(len(states)), *rest), lacks=(" s ",))
    stopped = [Of(pk=str(at), paused_at=lot.one(None, now)) for at in range(len(states))]
    bad = {str(at): Of(state=lot.one("failed", "sent")) for at in range(len(states))}
    trouble, paused = (
        sum(one)
        for one in ((row.state == "failed" for row in bad.values()), (one.paused_at is not None for one in stopped))
    )
    rest = [Figure(number) for number in (trouble, paused) if number]
    yield Said(text=page._fine(stopped, bad), figures=(Figure(len(states)), *rest))
    tries = lot.whole(1, 9)
    row = Of(
        pk="d",
        state="sent",
        why="",
        tries=tries,
        next_try=None,
        settled_at=now,
        due_at=now,
        content="",
        subscription=None,
        ring=None,
        webhook=None,
        receiver="ada",
        test=False,
    )
    yield Said(text=page._entry(row, "UTC").how, figures=(Figure(tries),))
    wrong = [Of(state=lot.one("failed", "uncertain")) for _ in range(lot.whole(1, 5))]
    failed = sum(row.state == "failed" for row in wrong)
    numbers = [Figure(number) for number in (failed, len(wrong) - failed) if number]
    yield Said(text=page.title(held, {}, wrong), figures=tuple(numbers))


@told("mail")
def what_an_alert_sees(lot: Lot) -> Iterator[Said]:
    known: Any = Of(product=product(lot), today=TODAY)
    kind: Any = KINDS["chance_below"]
    below = lot.one(0.5, 0.25, 0.9, 0.667)
    chance: Any = (
        Unknown("no target is set")
        if lot.yes(0.1)
        else Estimate(min(max(lot.one(below + lot.one(-0.004, 0.0, 0.004, -0.0004), lot.share()), 0.0), 1.0), "share")
    )
    goal = lot.one(None, lot.size(2, 7))
    state = kind._state(known, {"below": below}, chance, goal)
    target = (Figure(goal, lot.unit),) if goal is not None else ()
    if isinstance(chance, Unknown):
        yield Said(text=state.text, figures=target, has=("not known",))
        assert state.on is None
    else:
        under = chance.point < below
        assert state.on is under
        numbers = (*target, Figure(chance.point, "%"), Figure(below, "%"))
        place = len(target)
        yield Said(
            text=state.text,
            figures=numbers,
            has=("below",) if under else ("not below",),
            unlike=((place, place + 1),) if chance.point != below else (),
        )
    limit = float(round(lot.size(2, 6)))
    amount = float(lot.one(limit, limit * 1.0004, limit * 0.9996, lot.size(2, 7)))
    cause = Risk(key="maturity", name="", change=0.0, low=-amount if lot.yes(0.9) else None, high=1.0, facts={})
    state = KINDS["risk_above"]._state(known, {"above": limit}, cause)
    if cause.low is None:
        yield Said(text=state.text, has=("not known",))
    else:
        assert state.on is (amount > limit)
        yield Said(
            text=state.text,
            figures=(Figure(amount, lot.unit), Figure(limit, lot.unit)),
            has=("more than",) if amount > limit else ("not more than",),
            unlike=((0, 1),) if amount != limit else (),
        )
    until = lot.day()
    row = Of(assumption=Of(name="Keep rate", key="keep"))
    state = KINDS["expires"]._state(known, {"days": 30}, row, until, TODAY)
    left = (until - TODAY).days
    yield Said(
        text=state.text, ways=(1 if left >= 0 else -1,), by=("holds until/expired on",), has=(f"{until:%-d %b %Y}",)
    )
    assert state.on is (left <= 30)
    at = datetime(2026, 11, 29, 9, tzinfo=UTC)
    days = lot.whole(0, 400)
    row = Of(number=lot.whole(1, 40), proposed_at=at - timedelta(days=days, hours=2))
    state = KINDS["decision_waits"]._state(known, {"days": 3}, row, at)
    yield Said(text=state.text, figures=(Figure(row.number), Figure(days)))
    assert state.on is (days >= 3)


@told("mail")
def what_an_alert_sees_of_a_choice(lot: Lot) -> Iterator[Said]:
    known: Any = Of(product=product(lot), today=TODAY)
    sense, limit = lot.one("at least", "at most"), lot.share()
    held = Of(guardrail=Guardrail("recall", sense, limit, 0.9), state=lot.one("holds", "fails", "unknown"))
    state = KINDS["guardrail_broken"]._state(known, Of(model=Of(key="m", name="Churn")), held, {"recall": "recall"})
    way = {"holds": 1, "fails": -1}.get(held.state)
    words = {1: "holds its", -1: "does not hold", None: "not known to hold"}[way]
    yield Said(text=state.text, figures=(Figure(limit, within=0.0005),), has=(words, sense))
    assert state.on is {1: False, -1: True, None: None}[way]
    months = []
    for month in lot.months(1, 6):
        promised = lot.estimate(lot.size(2, 6), draws=lot.yes(0.9))
        months.append(Of(month=month, score=score(promised, lot.near(promised.point))))
    number, least = lot.whole(1, 30), lot.whole(1, 3)
    found = Of(decision=Of(number=number), months=months)
    state = KINDS["outcome_outside"]._state(known, {"months": least}, found)
    of = [one.score for one in months if isinstance(one.score, Score) and not isinstance(one.score.inside_80, Unknown)]
    outside = [one for one in of if one.inside_80 is False]
    has = ("no month is scored",) if not of else ()
    ways = () if not of else ((-1,) if outside else (1,))
    band = (Figure(0.8, "%"),) if outside else ()
    yield Said(text=state.text, figures=(Figure(number), *band), ways=ways, by=("inside/outside",), has=has)
    if of:
        assert state.on is (len(outside) >= least)
    named = [name for name in state.text.partition(" in ")[2].rstrip(".").split(", ") if name]
    yield Said(text="", has=() if not of or len(named) == len(outside) else ("each month",))


@told("mail")
def when_an_alert_would_have_rung(lot: Lot) -> Iterator[Said]:
    number = lot.whole(0, 12)
    rings = tuple(Rang(SINCE - timedelta(days=30 * at), "The chance is below.") for at in range(number))
    card = alerts.history_card(History(rings, SINCE - timedelta(days=365), whole=lot.yes()))
    times = {0: (), 1: (), 2: ()}.get(number, (Figure(number),))
    once = {0: "would not have rung", 1: "rung once", 2: "rung twice"}.get(number, "times")
    yield Said(text=card.title, figures=times, has=(once,))
    if number > 6:
        yield Said(text=card.lines[0], figures=(Figure(number - 6),), has=("earlier time",))
    for key, values in (
        ("chance_below", 0.333),
        ("risk_above", float(lot.whole(1, 900_000))),
        ("outcome_outside", lot.whole(1, 9)),
        ("expires", lot.whole(0, 90)),
        ("late_actuals", lot.whole(1, 90)),
        ("decision_waits", 1),
    ):
        kind = KINDS[key]
        (slot,) = kind.slots
        text = kind.sentence(product(lot), {slot.key: values})
        unit = "%" if slot.unit == "share" else lot.unit if slot.unit == "money" else ""
        band = (Figure(0.8, "%"),) if key == "outcome_outside" else ()
        yield Said(
            text=text,
            figures=(*band, Figure(float(values), unit)),
            has=("1 day",) if values == 1 and slot.unit == "days" else (),
            fixed=("one cause",),
        )


@told("mail")
def notices_of_an_expiry(lot: Lot) -> Iterator[Said]:
    until = lot.day()
    left = (until - TODAY).days
    kind = str(notices.kind_of(until, TODAY))
    due = {"": left > 30, "expires_30": 7 < left <= 30, "expires_7": 0 <= left <= 7, "expired": left < 0}
    yield Said(text="", has=() if due[kind] else ("another notice",))
    text = notices.expiry_words("Keep rate", until, TODAY)
    day = f"{until:%-d %b %Y}"
    yield Said(text=text, ways=(1 if left >= 0 else -1,), by=("holds until/expired on",), has=(day, "graded D"))
    number = lot.whole(1, 60)
    wait = timedelta(hours=number * 24 + 1)
    row = Of(number=4, proposed_at=datetime(2026, 11, 29, tzinfo=UTC) - wait)
    state = KINDS["decision_waits"]._state(Of(product=product(lot)), {"days": 3}, row, row.proposed_at + wait)
    yield Said(text=state.text, figures=(Figure(4), Figure(number)))


@told("mail")
def a_webhook_says_the_letter(lot: Lot) -> Iterator[Said]:
    moved = one_moved(lot)
    change = moved.change
    part = parts.moved_part([moved], SINCE, "UTC")
    total = lot.estimate()
    figure = letter.figure("Expected", total)
    draft = letter.Draft(kind="Test", title=part.title, at=SINCE, zone="UTC", figures=(figure,), parts=(part,))
    told_of = [said.replace("\u00a0", " ") for said in draft.sentences()]
    post = Letter(title=told_of[0], text="", html="", content="", sentences=tuple(told_of), url="https://x.example.org")
    row = Delivery(pk="d", due_at=SINCE)
    for kind, body in BODIES.items():
        title, *lines = lines_of(kind, body.of(row, post))
        yield Said(
            text=next(line for line in lines if line.startswith("Expected: ")), figures=(Figure(total.point, lot.unit),)
        )
        if isinstance(change, Estimate) and moved.beyond_noise:
            amount = Figure(change.point, lot.unit, signed=True, apart=True)
            yield Said(
                text=title,
                figures=(Figure(abs(change.point), lot.unit, apart=True),),
                ways=(change.point,),
                by=("up/down",),
            )
            yield Said(text=lines[lines.index(moved.product.name) + 1], figures=(amount,))


def lines_of(kind: str, body: dict[str, Any]) -> list[str]:
    """The title and the sentences as the reader of a form gets them."""
    if kind == "plain":
        return [body["title"], *body["sentences"]]
    if kind == "slack":
        text = body["blocks"][0]["text"]["text"].replace("&lt;", "<").replace("&gt;", ">")
        title, _, rest = text.partition("\n")
        return [title.partition("|")[2].rstrip(">*"), *rest.split("\n")]
    card = body["attachments"][0]["content"]["body"]
    return [block["text"] for block in card]
