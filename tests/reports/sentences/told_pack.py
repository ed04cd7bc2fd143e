"""What a pack and a card say: the cover, its figures, what a correction changes, what a record holds."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace as Of
from typing import Any

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.meeting import chance_of
from reports.exports import changes
from reports.exports.document import Document, Figures, Printed, Section
from reports.exports.documents import (
    appendix,
    calculation,
    decision,
    figures,
    kpi_card,
    model_card,
    portfolio,
    product,
    said,
)
from reports.exports.documents.said import Expected
from reports.pages.outlook import page
from reports.words.phrases import count
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import NAMES, TODAY, Lot, told
from tests.reports.sentences.told_product import outlook

NOT_ALONE = ("bare cost", "which is no money that is earned", "and is in no total")


def expected_of(lot: Lot) -> Expected:
    """Gains and losses, with a target of these or other months or none, Unknown, bare costs, months that are over."""
    total = lot.quantity()
    negative = isinstance(total, Estimate) and total.point < 0
    one = Expected(
        who=lot.one(*NAMES, "The portfolio"),
        total=total,
        months=lot.months(1, 12),
        bare=negative and lot.yes(0.3),
        over=lot.one("", "", "part", "all"),
        aside="" if lot.yes(0.8) else "no source for keep rate",
    )
    if lot.yes(0.25) or isinstance(total, Unknown):
        return one
    goal, same = lot.near(total.point), lot.yes(0.6)
    money: Quantity = total if same else lot.quantity(total.point * 1.3)
    months = one.months if same else lot.months()
    return replace(one, goal=goal, goal_months=months, money=money, chance=chance_of(money, goal))


def difference(apart: float, unit: str, text: str) -> tuple[tuple[Figure, ...], tuple[float, ...], tuple[str, ...]]:
    if "as much as asked" in text:
        return (), (), () if abs(apart) < 0.01 else ("more or less than asked",)
    return (Figure(abs(apart), unit, within=0.005, apart=True),), (apart,), ()


@told("pack")
def the_cover(lot: Lot) -> Iterator[Said]:
    one = expected_of(lot)
    title, text, unit = said.title(one), said.expected(one), lot.unit
    if isinstance(one.total, Unknown):
        yield Said(text=text, has=("not known",))
        yield Said(text=title, has=("not known",))
        return
    point = one.total.point
    size, money = Figure(abs(point), unit), one.money
    goal = Figure(one.goal, unit, within=0.005) if one.goal is not None else None
    many = one.who.endswith("s")
    if goal is not None and not one.bare and isinstance(one.chance, Estimate):
        yield Said(text=title, figures=(goal,), chance=one.chance.point)
    elif one.bare:
        yield Said(text=title, figures=(size,), has=("errors are projected to cost",))
    elif one.over == "all":
        yield Said(text=title, figures=(Figure(point, unit),), has=("projected for", "which is over"))
    elif one.over:
        yield Said(text=title, figures=(Figure(point, unit),), has=("projected for", "of which a part is over"))
    else:
        ahead = f"{'are' if many else 'is'} projected to"
        yield Said(text=title, figures=(size,), ways=(point or 1,), by=("earn/lose",), has=(ahead,))
    if one.bare:
        yield Said(text=text, figures=(size,), has=NOT_ALONE)
        return
    if one.over:
        first, ways, by, has = (
            Figure(point, unit),
            (),
            (),
            ("which is over" if one.over == "all" else "a part is over",),
        )
    else:
        first, ways, by, has = size, (point or 1,), ("expect/expect to lose",), ()
    aside = ("No total counts it",) if one.aside else ()
    if one.goal is None:
        yield Said(text=text, figures=(first,), ways=ways, by=by, has=(*has, "there is no target", *aside))
    elif isinstance(money, Unknown):
        yield Said(text=text, figures=(first,), ways=ways, by=by, has=(*has, "is not known", *aside))
    else:
        apart, way, more = difference(money.point - one.goal, unit, text)
        of = (Figure(money.point, unit),) if one.goal_months != one.months else ()
        yield Said(
            text=text,
            figures=(first, *of, *apart),
            ways=(*ways, *way),
            by=(*by, "more/less"),
            has=(*has, *aside, *more),
        )


@told("pack")
def what_is_the_concern(lot: Lot) -> Iterator[Said]:
    chance: Any = lot.one(None, Unknown("no target is set"), lot.share(), Estimate(lot.share(), "share"))
    known = chance.point if isinstance(chance, Estimate) else chance if isinstance(chance, float) else None
    text = said.concern("Calls", chance, "The first is offer.", "Nothing takes money away")
    if known is not None and known < 0.75:
        yield Said(text=text, chance=known, has=("The first is offer.",))
    else:
        yield Said(text=text, has=("Nothing takes money away.",), lacks=("likely",))
    number = lot.whole(0, 4)
    waits = [said.Waiting(name=f"the choice of {name}", next="A manager.") for name in NAMES[:number]]
    text = said.decision(waits, "Kept")
    yield Said(
        text=text, figures=(Figure(number),) if number else (), has=(NAMES[0],) if number else ("No decision waits",)
    )
    off = lot.whole(0, 5)
    several: Any = Of(found=Of(counted=[1]), products=[Of(one=Of(chance=0.5))] * 3)
    text = portfolio._off_track(off, several)
    yield Said(text=text, figures=(Figure(off),) if off else (), has=("not on track",) if off else ("on track",))
    signed, against = lot.whole(0, 3), lot.whole(0, 3)
    lines = [
        Of(signed=at < signed, verdict=Of(words="Dissents" if at < min(against, signed) else "Assents"))
        for at in range(3)
    ]
    text, objections = decision._signed_title(Of(signatures=lines)), min(against, signed)
    numbers = ([Figure(signed), Figure(3)] if 0 < signed < 3 else []) + ([Figure(objections)] if objections else [])
    yield Said(text=text, figures=tuple(numbers), has=("Nobody",) if not signed else ("All",) if signed == 3 else ())
    share = lot.share()
    cell = decision._share(f"{100 * share:.0f}\u00a0%")
    yield Said(
        text=cell, figures=(Figure(share, "%"),) if "range" in cell else (), has=() if round(100 * share) else ("best",)
    )


@told("pack")
def a_printed_figure(lot: Lot) -> Iterator[Said]:
    found, signed = lot.quantity(), lot.yes()
    one = figures.printed("total", "Expected", found, signed=signed)
    if isinstance(found, Unknown):
        yield Said(text=f"{one.text} {one.beside}", has=("–", found.reason))
        return
    assert one.number == found.point
    yield Said(text=one.text, figures=(Figure(found.point, lot.unit, signed=signed),))
    band = found.band(0.8)
    if band is not None:
        ends = (Figure(end, lot.unit, signed=signed) for end in band)
        yield Said(text=one.beside, figures=(Figure(0.8, "%"), *ends))
    else:
        yield Said(text=one.beside, has=("no band",) if found.no_band else ())
    chance = Estimate(lot.share(), "share")
    yield Said(text=figures.chance("c", "Chance", chance).text, figures=(Figure(chance.point, "%"),))
    several: list[Quantity] = [found, lot.quantity(), lot.quantity()]
    most = max((abs(each.point) for each in several if isinstance(each, Estimate)), default=0.0)
    for cell, each in zip(figures.column(several, signed=signed), several, strict=True):
        if isinstance(each, Estimate):
            assert cell.number == each.point
            near = 0.06 * most / max(abs(each.point), 1e-9)
            yield Said(text=cell.text, figures=(Figure(each.point, lot.unit, signed=signed, within=near),))


@told("pack")
def the_head_of_a_product(lot: Lot) -> Iterator[Said]:
    one = outlook(lot)
    shown = Of(title=page._title(one), target_words=page._target_words(one))
    text = product.headline(Of(one=one, page=shown))
    if isinstance(one.total, Unknown):
        yield Said(text=text, has=("not known",))
        return
    ahead = len(one.coming) == len(one.months)
    size = Figure(abs(one.total.point) if ahead or one.bare else one.total.point, lot.unit)
    ways, by = ((one.total.point or 1,), ("earn/lose",)) if ahead and not one.bare else ((), ())
    if one.chance is None or one.bare:
        yield Said(text=text, figures=(size,), ways=ways, by=by)
    else:
        goal = Figure(one.meeting.goal, lot.unit, within=0.005)
        yield Said(text=text, figures=(size, goal), ways=ways, by=by, chance=one.chance)
    facts = product.expected(one, one.product.name)
    assert facts.total is one.total
    assert (facts.over, facts.bare) == ("all" if one.past else "" if ahead else "part", bool(one.bare))


@told("pack")
def what_a_correction_changes(lot: Lot) -> Iterator[Said]:
    before, after = lot.quantity(), lot.quantity()
    if isinstance(before, Estimate) and lot.yes():
        after = lot.estimate(lot.near(before.point))
    elsewhere = isinstance(after, Estimate) and lot.yes(0.15)
    if elsewhere:
        after = Estimate(after.point, "CHF", after.draws)
    old, new = (figures.printed("total", "Expected", one) for one in (before, after))
    (text, *_) = changes.changes(document(old), document(new))
    of = {
        key: (Figure(one.point, one.unit),) if isinstance(one, Estimate) else ()
        for key, one in (("b", before), ("a", after))
    }
    if old.text == new.text:
        return
    if isinstance(before, Estimate) and isinstance(after, Estimate):
        way = after.point - before.point
        if elsewhere or not way:
            yield Said(text=text, figures=(*of["b"], *of["a"]), lacks=(" rose ", " fell "))
        else:
            yield Said(text=text, figures=(*of["b"], *of["a"]), ways=(way,), by=("rose/fell",), unlike=((0, 1),))
    else:
        yield Said(text=text, figures=(*of["b"], *of["a"]), has=("not known",), lacks=(" rose ", " fell "))
    number = lot.whole(1, 5)
    corrected = changes.corrected(document(new), ("x",) * number, corrects="an earlier pack", reason="A slip.")
    yield Said(
        text=corrected.sections[1].title,
        figures=(Figure(number),),
        has=("has changed" if number == 1 else "have changed",),
    )


def document(*held: Printed) -> Document:
    section = Section(key="cover", title="Calls", eyebrow="Pack", left=(Figures(figures=held),), right=())
    return Document(
        kind="product", of="calls", title="Calls", name="Pack", period="", known_on=TODAY, sections=(section,)
    )


@told("pack")
def cards(lot: Lot) -> Iterator[Said]:
    made, holding, away = lot.whole(1, 6), 0, lot.whole(0, 3)
    checks = []
    for _ in range(made):
        holds = lot.yes(0.7)
        holding += holds
        checks.append(Of(verdict="holds" if holds else "warning", name="Drift", text="It moved. By much."))
    checks += [Of(verdict="not checked", name="Labels", text="")] * away
    first = next(iter(kpi_card.evidence(checks)))
    yield Said(text=first, figures=(Figure(holding), Figure(made), Figure(away)))
    rows = lot.whole(1, 99_999)
    yield Said(
        text=model_card._trained(Of(training=None, manifest={"trained_on": {"rows": rows}})), figures=(Figure(rows),)
    )
    past, ahead = lot.whole(0, 20), lot.whole(0, 20)
    kept = ([Figure(6), Figure(past)] if past > 6 else []) + ([Figure(12), Figure(ahead)] if ahead > 12 else [])
    yield Said(text=appendix._left(past, ahead), figures=tuple(kept))
    found = lot.estimate()
    band, text = found.band(0.8), calculation._band(found)
    ends = (Figure(0.8, "%"), *(Figure(end, lot.unit) for end in band)) if band else ()
    yield Said(text=text, figures=ends)
    number = lot.whole(1, 40)
    yield Said(text=count(number, "month"), figures=(Figure(number),), has=("month" if number == 1 else "months",))
    value = lot.amount()
    yield Said(text=appendix._stated(value, lot.unit), figures=(Figure(value, lot.unit, within=0.0005),))
