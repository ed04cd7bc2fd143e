"""What the page of a product says: its title, its fan, why it moved, what moves it, and how past projections were."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace as Of
from typing import Any

from metrics.core.estimate import Estimate, Unknown, difference
from metrics.core.periods import FromTo, Period
from metrics.core.revenue.bridge import DEFINITION, Bridge, Part
from metrics.core.revenue.meeting import chance_of
from metrics.core.revenue.projection import TESTED_HISTORY
from metrics.core.revenue.track_record import Ahead, Correction, Inside, Past, Record
from metrics.queries.revenue.against import Compared
from metrics.queries.revenue.bridge import Explained
from metrics.queries.revenue.bridge import LeftOut as LeftOutOf
from metrics.queries.revenue.bridge_moments import Moved
from metrics.queries.revenue.candidates import Choice, Option
from metrics.queries.revenue.drivers import Driver, Drivers
from metrics.queries.revenue.in_period import InPeriod
from metrics.queries.revenue.outlook import Month
from metrics.queries.revenue.track_record import TrackRecord
from metrics.queries.revenue.what_if import Movable
from reports.pages.outlook import bridge, candidates, drivers, page, period, track_record, what_if
from reports.pages.period.compared import compared_card
from tests.reports.sentences.reading import Figure, Said, tone
from tests.reports.sentences.situations import TODAY, Lot, told

PRODUCT: Any = Of(pk="1", name="Calls", slug="calls", currency="EUR", case_noun="booking", day=lambda at: at.date())
KNOWN: Any = Of(kpis={}, metrics={}, assumptions={})
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


def product(lot: Lot) -> Any:
    return Of(**{**vars(PRODUCT), "name": lot.name, "currency": lot.unit})


def outlook(lot: Lot, **more: Any) -> Any:
    """A product's figures, as its page reads them."""
    total, months = lot.quantity(), lot.months(1, 12)
    goal = lot.near(total.point) if isinstance(total, Estimate) else lot.size()
    of = months if lot.yes(0.7) else lot.months()
    money = total if of == months else lot.quantity()
    chance = chance_of(money, goal)
    met = Of(goal=goal, months=of, by_month={}, money=money, chance=chance)
    has = lot.yes(0.75)
    monthly = tuple(
        Month(month, Estimate(total.point / len(months), lot.unit) if isinstance(total, Estimate) else total, "")
        for month in months
    )
    over = lot.one("", "", "part", "all") if len(months) > 1 else ""
    coming = months if not over else months[1:] if over == "part" else ()
    ends = [Of(year=int(end[:4]), month=int(end[5:])) for end in (of[0], of[-1])]
    target = Of(value=goal, from_period=_month(ends[0]), until_period=_month(ends[1]))
    given = {
        "product": product(lot),
        "total": total,
        "expected": total,
        "months": monthly,
        "coming": coming,
        "past": "its months are over" if over == "all" else "",
        "bare": "its mapping names no baseline"
        if isinstance(total, Estimate) and total.point < 0 and lot.yes(0.3)
        else "",
        "target": target if has else None,
        "meeting": met if has else None,
        "chance": chance.point if has and isinstance(chance, Estimate) else None,
        "no_chance": "no target is set",
        "realised": (),
        "realised_total": lot.quantity(),
        "champion": None,
        "counts": True,
        "known": Of(today=TODAY, assumptions={}),
        "grade": Of(letter="C", counts=True, since=None, reasons=()),
    }
    return Of(**given | more)


def _month(end: Any) -> Any:
    return datetime(end.year, end.month, 1, tzinfo=UTC)


@told("page")
def titles_of_a_product(lot: Lot) -> Iterator[Said]:
    one = outlook(lot)
    title, total = page._title(one), one.total
    if isinstance(total, Unknown):
        yield Said(text=title, has=("not known yet",))
    elif one.bare:
        yield Said(text=title, figures=(Figure(abs(total.point), lot.unit),), has=("errors are projected to cost",))
    elif len(one.coming) == len(one.months):
        size, ahead = (
            Figure(abs(total.point), lot.unit),
            f"{'are' if one.product.name.endswith('s') else 'is'} projected to",
        )
        yield Said(text=title, figures=(size,), ways=(total.point or 1,), by=("earn/lose",), has=(ahead,))
    else:
        said = "which is over" if one.past else "of which a part is over"
        yield Said(text=title, figures=(Figure(total.point, lot.unit),), has=("projected for", said))
    fan = page._fan_title(one)
    if one.chance is not None:
        yield Said(text=fan, figures=(Figure(one.meeting.goal, lot.unit, within=0.005),), chance=one.chance)
    else:
        yield Said(text=fan)
    if one.target is not None:
        yield Said(text=page._target_words(one), figures=(Figure(one.meeting.goal, lot.unit, within=0.005),))
    drawn = page._fan(one)
    if drawn is not None and isinstance(total, Estimate):
        known = one.realised_total
        realised = (Figure(known.point, lot.unit),) if isinstance(known, Estimate) else ()
        band = total.band(0.8)
        spread = (Figure(0.8, "%"), *(Figure(end, lot.unit) for end in band)) if band else ()
        yield Said(text=drawn.says, figures=(*realised, Figure(total.point, lot.unit), *spread))


@told("page")
def a_product_in_a_period(lot: Lot) -> Iterator[Said]:
    months = lot.months(2, 12)
    cut = lot.whole(0, len(months))
    whole = lot.quantity()
    goal = lot.near(whole.point) if isinstance(whole, Estimate) else lot.size()
    part: dict[str, Any] = {month: lot.estimate() for month in months}
    held = InPeriod(
        outlook=Of(product=product(lot), known=Of(today=TODAY), target=None),
        period=Period(FromTo.key, "", months, 1, False),
        realised={month: part[month] for month in months[:cut]},
        expected={month: part[month] for month in months[cut:]},
        late=(),
        lacking=(),
        whole=whole,
        target=Of(value=goal) if lot.yes(0.7) else None,
    )
    card = period._card(held)
    if isinstance(whole, Unknown):
        yield Said(text=card.title, has=("not known",))
    elif held.target is None or isinstance(held.chance, Unknown):
        word = "realised" if cut == len(months) else "expected"
        yield Said(text=card.title, figures=(Figure(whole.point, lot.unit),), has=(word,))
    elif cut == len(months):
        met = 1 if whole.point >= goal else -1
        yield Said(text=card.title, figures=(Figure(goal, lot.unit, within=0.005),), ways=(met,), by=("met/missed",))
    else:
        yield Said(text=card.title, figures=(Figure(goal, lot.unit, within=0.005),), chance=held.chance.point)
    if card.against:
        yield Said(text=card.against, figures=(Figure(goal, lot.unit, within=0.005),))


@told("page")
def what_a_period_is_held_against(lot: Lot) -> Iterator[Said]:
    months = lot.months(1, 6)
    now = lot.quantity()
    before = lot.quantity(lot.near(now.point)) if isinstance(now, Estimate) else lot.quantity()
    kind = lot.one("plan", "last-year", "previous")
    card = compared_card(
        Compared(
            kind=kind,
            months=months,
            others=months,
            now=now,
            before=before,
            change=difference(now, before),
            left_out={lot.name: "no month is shared"} if lot.yes(0.3) else {},
            planned={"Calls": lot.day()},
        )
    )
    assert card is not None
    if isinstance(now, Unknown) or isinstance(before, Unknown):
        yield Said(text=card.note)
    else:
        within = 0.005
        figures = (Figure(now.point, lot.unit), Figure(before.point, lot.unit, within=within))
        yield Said(text=card.note, figures=figures, has=("was planned",) if kind == "plan" else (" in ",))
    if card.left_out:
        yield Said(text=card.left_out, has=(lot.name, "not in it"))


@told("page")
def why_it_moved(lot: Lot) -> Iterator[Said]:
    unit, before = lot.unit, Decimal(round(lot.amount() * 100)) / 100
    amounts = [Decimal(lot.whole(-9_999_999, 9_999_999)) / 100 for _ in range(lot.whole(1, 3))]
    names = [lot.one("model", "policy", "added") if at or lot.yes() else DEFINITION for at in range(len(amounts))]
    parts = tuple(
        Part(name=name, factors=(name,), amount=amount, quantity=Estimate(float(amount), unit))
        for name, amount in zip(names, amounts, strict=True)
    )
    held = Bridge(before=before, after=before + sum(amounts), unit=unit, parts=parts)
    found = Explained(
        at=AT,
        receipts=("a" * 64, "b" * 64),
        before=Estimate(float(before), unit),
        after=Estimate(float(held.after), unit),
        bridge=held,
        moved={},
        counts_otherwise=True,
    )
    title = bridge._title(found, product(lot))
    restated = amounts[0] if names[0] == DEFINITION and amounts[0] else None
    money = held.change - (restated or 0)
    moved = Figure(float(abs(money)), unit, apart=True)
    again = (Figure(float(restated), unit, signed=True),) if restated is not None else ()
    if restated is not None and not money:
        yield Said(text=title, figures=again, has=("Restated by", "no new money"))
    elif not money:
        yield Said(text=title, figures=again, has=("stayed what it was",))
    else:
        yield Said(text=title, figures=(moved, *again), ways=(float(money),), by=("rose/fell",))
    lines = [bridge._line(part, found, KNOWN) for part in parts]
    for line, amount in zip(lines, amounts, strict=True):
        yield Said(text=line.cents, figures=(Figure(float(amount), signed=True),))
    drawn = bridge._chart(held, lines, bridge._digits(held), counted=False)
    figures = [Figure(float(before), unit), Figure(float(held.after), unit)]
    yield Said(text=drawn.says.partition(":")[0], figures=tuple(figures))
    out = LeftOutOf(reasons=("Keep rate: no source",), since=lot.day(), letter="D", before=lot.yes(), after=lot.yes())
    away = Explained(**{**{key: getattr(found, key) for key in found.__dataclass_fields__}, "left_out": out})
    (note,) = [said for said in bridge._notes(away) if "Left out" in said]
    of = away.before if out.after else away.after
    yield Said(text=note, figures=(Figure(of.point, unit),), has=("counts again" if out.after else "grade D",))


@told("page")
def an_assumption_that_changed(lot: Lot) -> Iterator[Said]:
    before, after = lot.share(), lot.share()
    unit = lot.one("share", "EUR")
    if unit == "EUR":
        before, after = before * lot.size(0, 4), after * lot.size(0, 4)
    name = bridge._name(Moved(factor="a", name="keep", unit=unit, before=before, after=after), KNOWN)
    if before == after:
        yield Said(text=name, has=("keep",))
        return
    of = "%" if unit == "share" else ""
    yield Said(text=name, figures=(Figure(before, of), Figure(after, of)), unlike=((0, 1),))


@told("page")
def what_moves_it(lot: Lot) -> Iterator[Said]:
    shares = sorted((lot.share() for _ in range(lot.whole(1, 4))), reverse=True)
    whole = sum(shares) or 1.0
    shares = [share / max(whole, 1.0) for share in shares]
    one = outlook(lot, total=lot.quantity())
    total = one.total
    point = total.point if isinstance(total, Estimate) else 0.0
    ends = [(point - abs(point) * share - 1, point + abs(point) * share + 1) for share in shares]
    found = Drivers(
        drivers=tuple(
            Driver(f"d{at}", name, "share", 0.2, 0.4, share, end)
            for at, (name, share, end) in enumerate(
                zip(("Keep rate", "Offer", "Volume", "Cost"), shares, ends, strict=False)
            )
        ),
        measure_next="d0",
        certainty=lot.size(0, 6),
    )
    title, held, number = drivers._title(found), 0.0, 0
    for number, share in enumerate(shares, 1):  # noqa: B007
        held += share
        if held >= 0.75:
            break
    if held >= 0.75:
        yield Said(text=title, figures=(Figure(number), Figure(min(held, 1.0), "%")))
    yield Said(text=drivers._widest(found), figures=(Figure(shares[0], "%"),), fixed=("one input",))
    sub = drivers._sub(found, one)
    band = total.band(0.8) if isinstance(total, Estimate) else None
    rest = "The figure with one input at the two ends of its 80\u00a0% band, and all others as they are."
    if band is None or not point:
        yield Said(text=sub, fixed=(rest,))
    else:
        now = abs((band[1] - band[0]) / 2 / point)
        then = now * max(0.0, 1 - shares[0]) ** 0.5
        told_of = "narrow the band" in sub
        ends_ = (Figure(now, "%"), Figure(then, "%")) if told_of else ()
        yield Said(
            text=sub,
            figures=ends_,
            fixed=(rest,),
            has=("Measure first: keep rate",),
            unlike=((0, 1),) if told_of else (),
        )
    footer = drivers._footer(found, one)
    if footer:
        yield Said(text=footer, figures=(Figure(found.certainty, lot.unit, within=0.005),))
    digits = drivers._digits(one, [e for end in ends for e in end])
    for driver, end in zip(found.drivers, ends, strict=True):
        line = drivers._line(driver, one, digits)
        if line.ends and isinstance(total, Estimate):
            scale = digits.scale
            text = "; ".join(f"{part}\u00a0{scale}" if scale else part for part in line.ends.split(", "))
            yield Said(text=text, figures=tuple(Figure(e - point, signed=True) for e in end))


@told("page")
def how_past_projections_were(lot: Lot) -> Iterator[Said]:
    bias = lot.one(0.0, 0.0049, 0.0051, 0.2, -0.0051, -0.3, float(lot.random.uniform(-0.6, 0.9)))
    near = lot.one(bias, float(lot.random.uniform(-0.5, 0.5)))
    inside, of = lot.whole(0, 9), 9
    mase = lot.size(-2, 0.3)
    one = outlook(lot, total=lot.estimate())
    record = Record(
        scores=(Past(month="2026-03", made="2026-01", projected=Estimate(1.0), actual=1.0),),
        bias=Estimate(bias),
        ahead=(Ahead(horizon=1, scores=4, bias=Estimate(near)), Ahead(horizon=6, scores=4, bias=Estimate(bias))),
        mase=Estimate(mase),
        inside={0.8: Inside(inside, of, 0.8 * of, 5, Unknown("few"))},
        apart=lot.whole(1, 12),
        p=lot.share(),
    )
    factor = lot.one(None, 0.8, 1.25, 0.999)
    correction = None if factor is None else Correction(factor=factor, error=0.1, scores=9, p=0.001, mapping="m")
    found = TrackRecord(record=record, correction=correction, money={}, first="2026-05")
    title = track_record._title(found)
    told_bias = bias if factor is None else 1 / factor - 1
    if "on average" in title:
        yield Said(text=title, has=() if abs(told_bias) < 0.006 else ("high or low",))
    else:
        yield Said(text=title, figures=(Figure(abs(told_bias), "%", apart=True),), ways=(told_bias,), by=("high/low",))
    texts = track_record._texts(found)
    yield Said(text=texts[0], figures=(Figure(inside), Figure(of), Figure(0.8, "%"), Figure(7)))
    (months,) = [text for text in texts if text.startswith("They were off")]
    yield Said(text=months, figures=(Figure(mase, "%"),))
    for text in texts:
        if "ahead they" in text:
            both = [(1, near), (6, bias)]
            numbers = []
            for horizon, value in both:
                numbers += [Figure(horizon)] + ([Figure(abs(value), "%", apart=True)] if abs(value) >= 0.0051 else [])
            ways = tuple(value for _, value in both if abs(value) >= 0.0051)
            yield Said(text=text, figures=tuple(numbers), ways=ways, by=("high/low",))
        if "independent month" in text:
            yield Said(text=text, figures=(Figure(record.apart),))
    for text in track_record._corrected(found, one):
        effect = one.total.point * (1 - 1 / (factor or 1.0))
        if "adds" in text or "takes" in text:
            size = Figure(abs(effect), lot.unit, within=0.005, apart=True)
            yield Said(text=text, figures=(size,), ways=(effect,), by=("adds/takes",))
        else:
            yield Said(text=text, has=() if abs(effect) < 0.01 else ("adds or takes",))


@told("page")
def versions_to_choose_from(lot: Lot) -> Iterator[Said]:
    best = lot.estimate()
    options = tuple(
        Option(name=name, run=name, total=best, in_force=at == 1) for at, name in enumerate(("gb", "rf", "old"))
    )
    found = Choice(options=options, certainty=lot.size(0, 6), drivers=())
    says = candidates._says(found, 0.001 * abs(best.point), alone=lot.yes())
    if found.certainty < 0.001 * abs(best.point):
        yield Said(text=says, has=("gb is projected to bring most",))
    else:
        fixed = ("One answer alone",)
        yield Said(text=says, figures=(Figure(found.certainty, lot.unit),), fixed=fixed, has=("is not certain",))


@told("page")
def sliders(lot: Lot) -> Iterator[Said]:
    share = lot.yes()
    low, high = sorted((lot.share(), lot.share() + 0.01)) if share else sorted((lot.size(0, 5), lot.size(0, 5)))
    if high <= low:
        high = low + 1.0
    driver = Movable("offer", "Offer", "share" if share else "EUR", (low + high) / 2, low, high, "", "offer")
    slider = what_if.slider_of(driver)
    of = "%" if share else "EUR"
    yield Said(text=slider.words, figures=(Figure(driver.point, of),))
    step = what_if._step(driver)
    near = tuple(Figure(end, of, within=1.01 * step / max(abs(end), 1e-9)) for end in (low, high))
    yield Said(text=slider.describes, figures=(Figure(0.95, "%"), *near))


@told("page")
def how_far_it_may_be_trusted(lot: Lot) -> Iterator[Said]:
    number = lot.whole(1, 70)
    one = outlook(lot, total=lot.estimate(), history=("2020-01",) * number, projection=None)
    one.grade = Of(letter=lot.one("B", "D"), counts=True, since=None, reasons=())
    (history,) = [fact for fact in page._facts(one, KNOWN) if fact.title == "History"]
    (grade,) = [fact for fact in page._facts(one, KNOWN) if fact.title == "How it is known"]
    yield tone(grade.kind, one.grade.letter == "B")
    known = "few to be tested" if number < TESTED_HISTORY else "wider" if history.words == "Few years" else "lie behind"
    yield Said(text=history.text, figures=(Figure(number),), has=(known,))
    verdicts = [lot.one("holds", "warning", "fails", "not checked") for _ in range(lot.whole(2, 6))]
    checks = [Of(verdict=verdict, name="Drift") for verdict in verdicts]
    wrong = sum(verdict in ("warning", "fails") for verdict in verdicts)
    fact = page._data(checks, Of(pk="r", product=PRODUCT))
    yield tone(fact.kind, not wrong)
    yield Said(text=fact.words, figures=(Figure(wrong),) if wrong else (), has=() if wrong else ("No finding",))
    made = sum(verdict != "not checked" for verdict in verdicts)  # what was not checked was not looked at
    yield Said(text=fact.text, figures=(Figure(made),) if wrong else ())
