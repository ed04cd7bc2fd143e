"""What the pages of scenarios, KPIs and assumptions say."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace as Of
from typing import Any

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.needed import Aim, Needed, Turn
from metrics.queries.revenue.compared import Compared
from metrics.queries.revenue.grid import Axis, Cell, Grid
from metrics.queries.revenue.needed import MustBeTrue, Needs
from metrics.queries.revenue.risks import Expiring, Risk, Risks
from metrics.queries.revenue.what_if import Movable
from reports.pages.manage import board
from reports.pages.outlook.risks import risks_page
from reports.pages.scenarios import must, side_by_side, table
from reports.pages.scenarios.address import Asked
from reports.words import phrases
from reports.words.phrases import not_counted, status
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import TODAY, Lot, told


def product(lot: Lot) -> Any:
    return Of(slug="calls", name="Calls", currency=lot.unit, case_noun="booking")


@told("page")
def scenarios_side_by_side(lot: Lot) -> Iterator[Said]:
    total = lot.estimate()
    one = Of(product=product(lot), total=total, months=[Of(period="2026-10"), Of(period="2026-11")])
    found = [Compared("", "As assumed", None, (), total, total, None, 0.5, "")]
    others = []
    for at in range(lot.whole(1, 3)):
        to = lot.quantity(lot.near(total.point))
        apart: Quantity = to if isinstance(to, Unknown) else Estimate(to.point - total.point, lot.unit, None)
        kept: Any = Of(why="") if lot.yes() else None
        others.append(Compared(f"s{at}", f"Case {'ABC'[at]}", kept, (), to, to, apart, 0.5, ""))
    title = side_by_side.title(one, [*found, *others])
    known = [each for each in others if isinstance(each.total, Estimate)]
    if not known:
        yield Said(text=title, has=("not known",))
        return
    best = max(known, key=lambda each: each.total.point)
    apart_of = best.difference.point
    several = (Figure(len(known)),) if len(others) > 1 else ()
    if len(others) > 1 and best.total.point <= total.point:
        yield Said(text=title, figures=(*several, Figure(total.point, lot.unit)), has=("None of",))
    elif "as much as" in title:
        near = abs(apart_of) <= max(0.005 * abs(apart_of), 0.01)
        yield Said(text=title, figures=(*several, Figure(best.total.point, lot.unit)), has=() if near else ("more",))
    else:
        figures = (*several, Figure(best.total.point, lot.unit), Figure(abs(apart_of), lot.unit, apart=True))
        yield Said(text=title, figures=figures, ways=(apart_of,), by=("more/less",), has=(best.name,))


@told("page")
def what_must_be_true(lot: Lot) -> Iterator[Said]:
    total = lot.estimate(lot.size(3, 7))
    driver = Movable("offer", "Offer", "share", 0.3, 0.0, 1.0, "", "offer")
    at, now = round(lot.share(), 3), round(lot.share(), 3)
    met, above = lot.yes(), lot.yes()
    missed = at - 0.001 if above is not met else at + 0.001
    turn = lot.one(Turn(at, missed, 0.5, 0.49), Turn(at, missed, 0.5, 0.49), None)
    low, high = sorted((round(lot.share(), 3), round(lot.share(), 3)))
    likely = lot.one(None, lot.share())
    goal, wanted = lot.size(3, 7), lot.one(None, 0.5, 0.75, 0.9)
    gives = (goal if wanted is None else wanted) * (1 - lot.one(1e-6 if wanted is None else 1e-4, 0.002, 0.3))
    found = Needed(met, 0.0, 1.0, None if above else turn, turn if above else None, 0.5, gives)
    needs = Needs(driver, now, 0.001, (low, high), found, likely)
    meeting: Any = Of(goal=goal, money=total, months=("2026-10", "2026-11"))
    one: Any = Of(product=product(lot), total=total)
    aim = Aim(goal, wanted)
    card = must.must_card(one, MustBeTrue(aim, meeting, met, (needs,)), Asked(level="50"), named="", under={})
    chance = (Figure(wanted, "%"),) if wanted is not None else ()
    inside = () if met else (Figure(1), Figure(0.8, "%")) if needs.inside else (Figure(0.8, "%"),)
    says = "nothing has to change" if met else "one input is" if needs.inside else "no input is"
    yield Said(text=card.title, figures=(*chance, Figure(goal, lot.unit, within=0.005), *inside), has=(says,))
    words = card.lines[0].words
    band = (Figure(0.8, "%"), Figure(low, "%"), Figure(high, "%"))
    side = 1 if low <= at <= high else -1
    chances = (Figure(likely, "%"),) if likely is not None else ()
    sure = ("what is assumed",) if likely is not None else ()
    if turn is None and met:
        yield Said(text=words, figures=(Figure(now, "%"), Figure(0, "%"), Figure(1, "%")), has=("Enough at",))
    elif turn is None:
        best = (Figure(gives, lot.unit),) if wanted is None else (Figure(gives, "%", within=0.002),)
        best = () if "just short of it" in words else best
        ends = (Figure(0, "%"), Figure(1, "%"), *best, Figure(0.5, "%"))
        yield Said(text=words, figures=ends, has=("It cannot do it",))
        if wanted is not None:  # what it gives at most is never printed as what is asked for
            both = f"{card.title} {words}"
            yield Said(
                text=both,
                figures=(*chance, Figure(goal, lot.unit, within=0.005), *inside, *ends),
                unlike=((0, 1 + len(chance) + len(inside) + 2),),
            )
    elif met:
        way = 1 if above else -1
        figures = (Figure(now, "%"), Figure(at, "%"), *band, *chances)
        yield Said(text=words, figures=figures, ways=(way, side), by=("up/down", "inside/outside"), has=sure)
    else:
        figures = (Figure(at, "%"), Figure(now, "%"), *band, *chances)
        way = 1 if above else -1
        yield Said(text=words, figures=figures, ways=(way, side), by=("or more/or less", "inside/outside"), has=sure)


@told("page")
def two_at_once(lot: Lot) -> Iterator[Said]:
    driver = Movable("offer", "Offer", "share", 0.3, 0.0, 1.0, "", "offer")
    chance = lot.yes()
    cells = tuple(tuple(Cell(lot.estimate(draws=False), lot.share()) for _ in range(2)) for _ in range(2))
    found = Grid(Axis(driver, (0.2, 0.4), 0), Axis(driver, (0.2, 0.4), 0), cells)
    title = table._title(Of(product=product(lot)), found, "chance" if chance else "total")
    levels = [cell.chance if chance else cell.total.point for row in cells for cell in row]
    of = "%" if chance else lot.unit
    near = 0.0 if chance else 0.06 * (max(levels) - min(levels))
    ends = [Figure(end, of, within=near / max(abs(end), 1e-9)) for end in (min(levels), max(levels))]
    yield Said(text=title, figures=tuple(ends))


@told("page")
def the_board_of_kpis(lot: Lot) -> Iterator[Said]:
    months = lot.months(2, 12)
    values = [(month, lot.amount()) for month in months]
    trend = board._trend(values, lot.unit)
    assert trend is not None
    yield Said(text=trend.says, figures=tuple(Figure(value, lot.unit) for _, value in (values[0], values[-1])))
    counted = months[: lot.whole(1, len(months))]
    running = (months[-1], lot.amount(), "it is not over") if lot.yes() else None
    together = Of(counted=counted, wanted=months, lacking=len(counted) < len(months))
    seen = board._seen(Of(together=together, of_target=True, running=running), lot.unit)
    lacks = len(counted) < len(months)
    yield Said(text=seen.of, figures=(Figure(len(counted)), Figure(len(months))) if lacks else ())
    yield Said(text=seen.running, figures=(Figure(running[1], lot.unit),) if running else ())
    found = lot.quantity()
    goal = lot.near(found.point) if isinstance(found, Estimate) else lot.size()
    words = board.target_words(Of(value=goal), lot.unit, found)
    yield Said(text=words, figures=(Figure(goal, lot.unit, within=0.005),))
    until = lot.day()
    left = (until - TODAY).days
    version = Of(source="a contract", valid_until=until, owner="ada")
    state = board.standing(version, TODAY, frozenset())
    soon = 0 <= left <= board.SOON
    has = "Expired" if left < 0 else "Expires in" if soon else "Holds"
    yield Said(text=state.words, figures=(Figure(left),) if soon else (), has=(has,))
    if state.kind in ("good", "bad"):
        yield Said(text=state.kind, ways=(1 if left >= 0 else -1,), by=("good/bad",))
    days = board.days_left(until, TODAY)
    yield Said(
        text=days, figures=(Figure(abs(left)),) if left else (), has=("ago" if left < 0 else "in" if left else "today",)
    )
    chance = lot.share()
    tag = status(chance)
    sure = "On track" if chance >= 0.75 else "Watch" if chance >= 0.4 else "Off track"
    yield Said(text=tag.words, has=(sure,))
    yield Said(text=f"it is {phrases.likely(chance)}", chance=chance)
    left_out = not_counted("Deposits", found, Of(counts=False, letter="D", since=lot.day()))
    yield Said(
        text=left_out,
        figures=(Figure(found.point, lot.unit),) if isinstance(found, Estimate) else (),
        has=("Deposits",),
    )


@told("page")
def the_risks_of_a_product(lot: Lot) -> Iterator[Said]:
    causes = []
    for key in ("recent", "drift", "maturity", "labels")[: lot.whole(1, 4)]:
        change = lot.size(1, 7) * lot.one(1, -1, -1)
        wide = abs(change) * lot.one(0.1, 0.9, 3.0)
        low, high = (None, None) if lot.yes(0.1) else (change - wide, change + wide)
        facts = {
            "until": "2026-08",
            "months": 3,
            "rows": lot.whole(2, 9000),
            "lately": lot.share(),
            "share": lot.share(),
            "bin": "City",
            "in": lot.share(),
            "so_far": lot.share(),
            "completed": lot.share(),
            "never": lot.one(0, 0.2),
        }
        why = "there is no spread" if low is None else ""
        causes.append(Risk(key=key, name="hotel", change=change, low=low, high=high, facts=facts, why=why))
    causes.sort(key=lambda one: -one.amount)
    expiring = (Expiring("Keep rate", date(2026, 12, 20), False, "ada"),) if lot.yes(0.2) else ()
    page = risks_page(
        product(lot),
        Risks(causes=tuple(causes), expiring=expiring, cases=59_811.0, months=12, year=("2025-09", "2026-08")),
    )
    most = max(abs(end) for one in causes for end in (one.change, one.low, one.high) if end is not None)
    near = 0.006 * most
    worst = causes[0]
    if worst.amount > 0:
        amount = Figure(worst.amount, lot.unit, within=near / worst.amount)
        yield Said(text=page.title, figures=(amount,), has=("could take up to", "a year away"))
    else:
        bandless = any(one.low is None and one.change < 0 for one in causes)
        yield Said(text=page.title, has=("how much is not known",) if bandless else (), lacks=("up to",))
    of_lines = {line.title: line for line in (*page.lines, *page.harmless, *page.not_known)}
    assert len(of_lines) >= len(causes)
    unit = page.unit
    for one in causes:
        (line,) = [line for line in of_lines.values() if line.effect and line.effect["point"] == one.change]
        ends = (
            ((one.low, line.worst), (one.change, line.expected))
            if one.low is not None
            else ((one.change, line.expected),)
        )
        for value, text in ends:
            yield Said(
                text=f"{text}\u00a0{unit}",
                figures=(Figure(value, lot.unit, signed=True, within=near / max(abs(value), 1e-9)),),
            )
        place = "lines" if one.amount > 0 else "not_known" if one.low is None else "harmless"
        yield Said(text=line.title, has=() if line in getattr(page, place) else (place,))
        facts = one.facts
        if one.key == "recent":
            yield Said(text=line.text, figures=(Figure(facts["rows"]),))
        elif one.key == "drift":
            more = (facts["lately"] >= facts["share"]) * 2 - 1
            if all(round(100 * facts["lately"], places) == round(100 * facts["share"], places) for places in range(3)):
                yield Said(text=line.title, has=("in the same shares",), lacks=("More", "Fewer"))
            else:
                yield Said(text=line.title, ways=(more,), by=("more/fewer",))
            both = (Figure(facts["lately"], "%"), Figure(facts["share"], "%"))
            apart = ((0, 1),) if abs(facts["lately"] - facts["share"]) > 0.0011 else ()
            yield Said(text=line.text, figures=both, unlike=apart)
        elif one.key == "maturity":
            never = (Figure(facts["never"], "%"),) if facts["never"] else ()
            figures = tuple(Figure(facts[key], "%") for key in ("in", "so_far", "completed"))
            yield Said(text=line.text, figures=(*figures, *never))
    yield Said(text=page.basis, figures=(Figure(59_811),))
