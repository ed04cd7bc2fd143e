"""What cards and the pages of a pack say beside the cover: what a figure is, what it rests on, what each brings."""

from collections.abc import Iterator
from types import SimpleNamespace as Of
from typing import Any

from metrics.core.estimate import Estimate, Unknown
from reports.exports.documents import decision, figures, in_period, kpi_card, model_card, portfolio, product
from reports.pages.outlook import page
from reports.pages.portfolio import page as portfolio_page
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import Lot, told
from tests.reports.sentences.told_portfolio import portfolio as products
from tests.reports.sentences.told_product import outlook


@told("pack")
def key_figures_of_a_product(lot: Lot) -> Iterator[Said]:
    one = outlook(lot, receipt="", realised_receipt="", value=lot.estimate(), value_receipt="")
    amount = lot.size(2, 6)
    worst = Of(worst=f"−{amount:,.0f}", effect={"low": -amount}, title="Another mix")
    facts: Any = Of(
        one=one,
        page=Of(
            grade="C",
            total_label="Expected",
            target_words=page._target_words(one),
            chance=page._chance(one),
            realised_label="Realised",
            value_label="Value",
        ),
        risks=Of(lines=(worst,), unit=lot.unit, grade="C", receipt=""),
    )
    told_of = {figure.key: figure for figure in product.key_figures(facts)}
    for key, found in (("total", one.total), ("realised", one.realised_total), ("value", one.value)):
        text = told_of[key].text
        if isinstance(found, Unknown):
            yield Said(text=f"{text} {told_of[key].beside}", has=("–", found.reason))
        else:
            assert told_of[key].number == found.point
            yield Said(text=text, figures=(Figure(found.point, lot.unit),))
    if one.target is not None:
        goal = Figure(one.meeting.goal, lot.unit, within=0.005)
        yield Said(text=told_of["target"].text, figures=(goal,))
        assert told_of["target"].number == one.meeting.goal
    chance = told_of["chance"]
    known = isinstance(page._chance(one), Estimate)
    yield Said(text=chance.text, figures=(Figure(page._chance(one).point, "%"),) if known else ())
    yield Said(text=told_of["at_risk"].text, figures=(Figure(-amount, lot.unit),))


@told("pack")
def figures_of_the_portfolio(lot: Lot) -> Iterator[Said]:
    found = products(lot)
    words = Of(
        total_label="Expected",
        chance_against=portfolio_page._chance_against(found),
        chance_note=portfolio_page._chance_note(found),
        realised_label="Realised",
        counted=len(found.counted),
        lines=found.outlooks,
        left_out=found.left_out,
    )
    several: Any = Of(found=found, page=words, decided=None)
    told_of = {figure.key: figure for figure in portfolio._figures(several)}
    assert isinstance(found.total, Estimate)
    yield Said(text=told_of["total"].text, figures=(Figure(found.total.point, lot.unit),))
    if found.goal is not None:
        yield Said(text=told_of["target"].text, figures=(Figure(found.goal, lot.unit, within=0.005),))
    known = isinstance(found.chance, Estimate)
    yield Said(text=told_of["chance"].text, figures=(Figure(found.chance.point, "%"),) if known else ())
    numbers = (Figure(len(found.counted)), Figure(len(found.outlooks)))
    yield Said(text=told_of["products"].text, figures=numbers)
    lines = [
        Of(name=one.product.name, status=Of(words="Watch"), target="1 EUR", chance=lot.share(), grade="C")
        for one in found.outlooks
    ]
    named = [Of(name=one.product.name, one=one) for one in found.outlooks]
    table = portfolio._products(Of(found=found, page=Of(lines=lines), products=named))
    counted = {one.product.pk: one for one in found.counted}
    most = max(abs(one.part.point) for one in found.counted)
    most = max(most, abs(found.total.point))
    for row, line, one in zip(table.rows, lines, found.outlooks, strict=False):
        yield Said(text=row[3].text, figures=(Figure(line.chance, "%"),))
        held = counted.get(one.product.pk)
        if held is None:
            yield Said(text=row[1].text, has=("–",))
        else:
            near = 0.06 * most / max(abs(held.part.point), 1e-9)
            yield Said(text=row[1].text, figures=(Figure(held.part.point, lot.unit, within=near),))
            assert row[1].number == held.part.point
    yield Said(
        text=table.rows[-1][1].text,
        figures=(Figure(found.total.point, lot.unit, within=0.06 * most / max(abs(found.total.point), 1e-9)),),
    )


@told("pack")
def a_card_of_a_kpi(lot: Lot) -> Iterator[Said]:
    value = lot.quantity()
    goal, chance = lot.size(2, 6), lot.one(None, lot.share())
    line = Of(
        value=value, grade="C", rows="", seen=None, chance=chance, no_chance="", status=Of(words="Watch"), receipt=""
    )
    kpi = Of(unit=lot.unit, name="Revenue")
    target = Of(value=goal) if lot.yes(0.7) else None
    facts: Any = Of(
        line=line,
        row=Of(target=target, figure=Of(receipt="")),
        kpi=kpi,
        known=Of(actuals=lambda of: []),
        assumptions=(),
        version=Of(),
    )
    hero, beside = list(kpi_card._figures(facts))[:2]
    now = hero.figures[0]
    if isinstance(value, Unknown):
        yield Said(text=f"{now.text} {now.beside}", has=("–", value.reason))
    else:
        yield Said(text=now.text, figures=(Figure(value.point, lot.unit),))
    wanted, met = beside.figures
    yield Said(text=wanted.text, figures=(Figure(goal, lot.unit),) if target else ())
    sure = target is not None and chance is not None
    yield Said(text=met.text, figures=(Figure(chance, "%"),) if sure else ())
    months = [(f"2026-{month:02d}", lot.amount()) for month in range(1, lot.whole(2, 12))]
    facts.known = Of(actuals=lambda of: months)
    (table, *_) = kpi_card._history(facts)
    most = max(abs(amount) for _, amount in months)
    for row, (_, amount) in zip(table.rows, reversed(months), strict=False):
        near = 0.06 * most / max(abs(amount), 1e-9)
        yield Said(text=row[1].text, figures=(Figure(amount, lot.unit, within=near),))


@told("pack")
def a_card_of_a_model(lot: Lot) -> Iterator[Said]:
    versions, rows = lot.whole(0, 15), lot.whole(1, 90_000)
    data = Of(name="bookings", number=3, n_rows=rows)
    run = Of(data_set=data, months=(), training=None, manifest={})
    texts = list(model_card._what(Of(model=Of(task="binary"), versions=[0] * versions, run=run)))
    known = (Figure(versions),) if versions else ()
    yield Said(text=texts[1], figures=known, has=("known",) if versions else ("No version",))
    yield Said(text=texts[2], figures=(Figure(3), Figure(rows)))
    more = lot.whole(0, 9)
    measured = [
        Of(name="Loss", figure=Of(quantity=lot.estimate(unit="")), better="") for _ in range(model_card.MOST + more)
    ]
    table = model_card._metrics(Of(measured=measured))
    yield Said(text=table.sub, figures=(Figure(more),) if more else ())
    for row, one in zip(table.rows, measured, strict=False):
        yield Said(text=row[1].text, figures=(Figure(one.figure.quantity.point),))
    found = lot.quantity(lot.size(2, 6))
    facts: Any = Of(implied=[Of(kpi=Of(name="Revenue"), quantity=found)])
    (used,) = model_card._used(facts)
    band = found.band(0.8) if isinstance(found, Estimate) else None
    ends = (Figure(0.8, "%"), *(Figure(end, lot.unit) for end in band)) if band else ()
    yield Said(text=used, figures=(Figure(found.point, lot.unit), *ends) if isinstance(found, Estimate) else ())


@told("pack")
def what_is_given_up(lot: Lot) -> Iterator[Said]:
    number = lot.whole(1, 8)
    heads = [f"m{'abcdefgh'[at]}" for at in range(number)]
    cells = [(head, f"{lot.whole(1, 900)}\u00a0{lot.unit}", f"{lot.whole(1, 99)}\u00a0%", "g2") for head in heads]
    desk: Any = Of(regrets=[Of(role="Executive", name="Money", cells=cells)], regret_heads=heads)
    (table,) = decision._given_up(Of(row=Of(number=4)), desk)
    more = number - decision.SHOWN
    note = table.sub.partition("its own range.")[2]
    yield Said(text=note, figures=(Figure(more),) if more > 0 else ())
    share = lot.share()
    held = Estimate(share, "share")
    yield Said(text=figures.chance("c", "", held).text, figures=(Figure(share, "%"),))


@told("pack")
def a_product_in_the_period_of_a_pack(lot: Lot) -> Iterator[Said]:
    parts = {key: lot.one(None, lot.quantity(), lot.quantity()) for key in ("realised", "expected")}
    parts |= {"whole": lot.quantity(), "target": lot.one(None, Estimate(lot.size(2, 6), lot.unit))}
    chance = lot.one(Unknown("no target is set"), Estimate(lot.share(), "share"))
    labels = {f"{key}_label": key for key in (*parts, "chance")}
    card: Any = Of(title="The year", notes=(), against="target of 1 EUR for Jan 2026", chance=chance, **parts, **labels)
    section = in_period.section(card, of="Calls", grade="C")
    shown = {one.key: one for block in section.left for one in block.figures}
    for key, found in parts.items():
        one = shown.get(f"period.{key}")
        assert (one is None) == (found is None)
        if isinstance(found, Estimate):
            yield Said(text=one.text, figures=(Figure(found.point, lot.unit),))
        elif found is not None:
            yield Said(text=f"{one.text} {one.beside}", has=("–", found.reason))
    sure = (Figure(chance.point, "%"),) if isinstance(chance, Estimate) else ()
    yield Said(text=shown["period.chance"].text, figures=sure)
