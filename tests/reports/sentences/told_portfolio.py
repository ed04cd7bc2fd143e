"""What the page of the portfolio says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace as Of

from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.months import added
from metrics.core.periods import FromTo, Period
from metrics.core.revenue.meeting import chance_of
from metrics.queries.revenue.meeting import Meeting
from metrics.queries.revenue.movers import Moved, Mover
from metrics.queries.revenue.portfolio import Counted, Portfolio
from metrics.queries.revenue.risks import Expiring, Risk, Threats
from reports.pages.portfolio import answer, chart, page, table
from reports.pages.portfolio.left_out import coverage
from reports.pages.portfolio.moved import moved_card
from reports.pages.portfolio.threats import threats_card
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import NAMES, TODAY, Lot, told

LAST = "last"


def money(value: float, unit: str, **more: object) -> Figure:
    return Figure(value, unit, **more)


def product(lot: Lot, place: int = 0) -> Of:
    name = NAMES[(lot.number + place) % len(NAMES)]
    return Of(
        pk=str(place),
        name=name,
        slug=f"p{place}",
        currency=lot.unit,
        case_noun="booking",
        day=lambda at: at.date(),
        fiscal_year_start=1,
        group_id=None,
        sentence="",
    )


def counted(lot: Lot, months: tuple[str, ...], place: int) -> Counted:
    """A product with the months of the total, with a target of these or of other months, or none."""
    monthly = [lot.estimate(draws=True) for _ in months]
    whole = added(monthly, lot.unit)
    assert isinstance(whole, Estimate)
    meeting, goal = None, None
    if lot.yes(0.8):
        goal = lot.near(whole.point)
        of = months if lot.yes(0.8) else lot.months()
        held = whole if of == months else lot.quantity()
        meeting = Meeting(Of(value=goal), of, dict(zip(months, monthly, strict=True)), held)
    causes = tuple(
        Risk(key="maturity", name="", change=-size, low=-size, high=0.0, facts={})
        for size in sorted((lot.size(2, 7) for _ in range(lot.whole(0, 2))), reverse=True)
    )
    grade = Of(letter="C", counts=True, since=None, reasons=())
    threats = Threats(causes=causes, expiring=(Expiring("Keep rate", lot.day(), False, ""),) if lot.yes(0.2) else ())
    one = Of(
        product=product(lot, place),
        meeting=meeting,
        threats=threats,
        grade=grade,
        total=whole,
        expected=whole,
        target=meeting,
        known=Of(today=TODAY),
        no_chance="",
        bare="",
        realised_total=Unknown("x"),
        receipt="",
        realised_receipt="",
        chance=None,
    )
    return Counted(
        outlook=one,
        months=dict(zip(months, monthly, strict=True)),
        realised={},
        over=(),
        goal=goal,
        money=meeting.money if meeting else Unknown("no target is set"),
        part=whole,
    )


def portfolio(lot: Lot, *, least: int = 1) -> Portfolio:
    months = lot.months(2, 12) if lot.yes(0.8) else ("2025-01", "2025-02", "2025-03")
    several = [counted(lot, months, place) for place in range(lot.whole(least, 5))]
    period = Period(FromTo.key, "", months, 1, False) if months[0] == "2025-01" or lot.yes(0.2) else None
    total = added([one.part for one in several], lot.unit) if several else Unknown("no product counts")
    met = [one.meeting for one in several]
    same = bool(met) and all(one is not None and one.months == met[0].months for one in met)
    goal = sum(one.goal for one in met if one is not None) if same else None
    held = added([one.money for one in met if one is not None], lot.unit) if same else Unknown("no target is set")
    left = Of(
        product=product(lot, 5),
        total=lot.quantity(),
        expected=lot.quantity(),
        grade=Of(letter="D", counts=False, since=lot.day(), reasons=("Keep rate: no source",)),
        bare="",
        meeting=None,
        target=None,
        known=Of(today=TODAY),
        past="",
    )
    outside = (left,) if lot.yes(0.3) else ()
    return Portfolio(
        outlooks=(*(one.outlook for one in several), *outside),
        currency=lot.unit,
        currencies=(lot.unit,),
        months=months if several else (),
        total=total,
        realised_months=(),
        realised=Unknown("nothing is realised"),
        goal=goal,
        chance=chance_of(held, goal) if goal is not None else Unknown("no target is set"),
        counted=tuple(several),
        missing=(),
        unrealised=(),
        left_out=outside,
        unconverted={},
        period=period,
    )


def chances(found: Portfolio) -> list[tuple[float, Counted]]:
    told_of = [
        (one.meeting.chance.point, one)
        for one in found.counted
        if one.meeting and isinstance(one.meeting.chance, Estimate)
    ]
    return sorted(told_of, key=lambda pair: pair[0])


def alike(found: Portfolio) -> bool:
    """Whether the targets are for the months of the total."""
    return found.goal is not None and all(one.meeting and one.meeting.months == found.months for one in found.counted)


@told("page")
def is_something_wrong(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    text = answer.answer(found, (), (), None)[0].text
    known, all_ = chances(found), len(found.counted)
    if found.over and known:
        missed = [one for _, one in known if one.held is not None]
        assert not missed
        wrong = [one for _, one in known]  # none of them is held in a period
        names = [one.product.name for one in wrong[:3]]
        more = [Figure(len(wrong) - 3)] if len(wrong) > 3 else []
        number = [] if all_ == 1 else [Figure(len(wrong))]
        without = [Figure(all_ - len(known))] if all_ > len(known) else []
        yield Said(text=text, figures=(*number, *more, *without), has=("missed the target", *names))
        return
    off, watch = ([one for one in known if low <= one[0] < high] for low, high in ((-1, 0.4), (0.4, 0.75)))
    some = off or watch
    if some:
        lead = [] if all_ == 1 else [Figure(len(some)), Figure(all_)]
        each = [Figure(chance, "%") for chance, _ in some[:3]]
        more = [Figure(len(some) - 3)] if len(some) > 3 else []
        words = ("off track",) if off else ("No product is off track", "on watch")
        yield Said(text=text, figures=(*lead, *each, *more), has=(*words, *(one.product.name for _, one in some[:3])))
        return
    if not known:
        yield Said(text=text, has=("no product has a target",))
        return
    rest = [Figure(all_ - len(known))] if all_ > len(known) else []
    yield Said(text=text, figures=tuple(rest), has=("not known",) if rest else ("No: every product is on",))


@told("page")
def how_much_and_how_it_adds_up(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    threats = threats_card(found)
    line = answer.answer(found, (), (), threats)[1].text
    assert isinstance(found.total, Estimate)
    sizes = sorted((risk.amount for one in found.counted for risk in one.outlook.threats.causes), reverse=True)
    money_runs_out = [one.part.point for one in found.counted if one.outlook.threats.expiring and one.part.point > 0]
    worst = max([*sizes, *money_runs_out], default=None)
    risk = (Figure(worst, lot.unit),) if worst is not None else ()
    one_cause = "a year is at risk by one cause."
    if alike(found) and found.goal is not None:
        yield against(line, found.total.point, found.goal, lot, then=risk, fixed=(one_cause, "Up to"))
    else:
        yield Said(
            text=line,
            figures=(Figure(found.total.point, lot.unit), *risk),
            fixed=(one_cause, "Up to"),
            has=("no target is for exactly these months",),
        )
    target = Estimate(found.goal, lot.unit) if alike(found) and found.goal is not None else None
    title = chart.chart_title(found, target)
    if target is None:
        yield Said(text=title, figures=(Figure(found.total.point, lot.unit),))
    else:
        yield against(title, found.total.point, target.point, lot, first=(Figure(found.total.point, lot.unit),))
    drawn = chart.chart(found, target)
    if drawn is not None:
        low, high = found.total.band(0.8) or (0.0, 0.0)
        figures = (Figure(found.total.point, lot.unit), Figure(0.8, "%"), Figure(low, lot.unit), Figure(high, lot.unit))
        yield Said(text=drawn.says, figures=figures)


def against(text: str, total: float, goal: float, lot: Lot, *, first=(), then=(), fixed=()) -> Said:
    """Money over or under a target; it may be said to be what was asked only where it is so as printed."""
    target = (Figure(goal, lot.unit, within=0.005),) if "the target of" in text else ()
    if "over" not in text and "under" not in text:
        alike = abs(total - goal) <= max(0.006 * abs(goal), 0.01)
        has = ("s much as",) if alike else ("over or under",)
        return Said(text=text, figures=(*first, *target, *then), has=has, fixed=fixed)
    apart = Figure(abs(total - goal), lot.unit, within=0.005, apart=True)
    return Said(
        text=text, figures=(*first, apart, *target, *then), ways=(total - goal,), by=("over/under",), fixed=fixed
    )


@told("page")
def what_moved_the_portfolio(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    assert isinstance(found.total, Estimate)
    movers = [
        Mover(outlook=one.outlook, kind="moved", part=lot.estimate(lot.size(0, 6) * lot.one(1, -1)))
        for one in found.counted
    ]
    movers.sort(key=lambda one: -abs(one.part.point))
    change = sum(one.part.point for one in movers)
    before = found.total.point - change
    held = Moved(
        since=datetime(2026, 11, 2, tzinfo=UTC),
        before=Estimate(before, lot.unit),
        after=found.total,
        parts=tuple(movers),
    )
    card = moved_card(held, first=False, query="")
    assert card is not None
    rounding = max(abs(one.part.point) for one in movers) * 0.02 + 0.01
    if card.title.startswith("In the end"):
        yield Said(text=card.title, has=() if abs(change) < rounding else ("Up or down",))
    else:
        moved = Figure(abs(change), lot.unit, within=rounding / max(abs(change), 1e-9), apart=True)
        yield Said(text=card.title, figures=(moved,), ways=(change,), by=("up/down",))
    far = rounding / max(abs(found.total.point), abs(before), 1e-9) + 1e-9
    ends = (Figure(before, lot.unit, within=far), Figure(found.total.point, lot.unit, within=far))
    near = 2 * rounding / max(min(abs(before), abs(found.total.point)), 1e-9)
    yield Said(
        text=card.footer.partition(".  ")[0],
        figures=tuple(Figure(e.value, e.unit, within=near) for e in ends),
        fixed=(". The parts add up exactly; other currencies are at today’s rates.",),
    )
    for one, bar in zip(movers, card.lines, strict=False):
        unit = card.aside.partition(",")[0]
        text = f"{bar.amount}\u00a0{unit}"
        within = rounding / max(abs(one.part.point), 1e-9)
        yield Said(text=text, figures=(Figure(one.part.point, lot.unit, signed=True, within=within),))
        if bar.text:
            low, high = one.part.band(0.8) or (0.0, 0.0)
            slack = rounding / max(min(abs(low), abs(high)), 1e-9)
            yield Said(
                text=f"{bar.text}\u00a0{unit}",
                figures=(
                    Figure(0.8, "%"),
                    *(Figure(end, lot.unit, signed=True, within=slack) for end in (low, high)),
                ),
            )


@told("page")
def titles_of_the_portfolio(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    assert isinstance(found.total, Estimate)
    title = page._title(found)
    if isinstance(found.chance, Estimate) and found.goal is not None:
        goal = Figure(found.goal, lot.unit, within=0.005)
        if found.over:
            yield Said(text=title, figures=(goal,), ways=(found.total.point - found.goal or 1,), by=("met/missed",))
        else:
            yield Said(text=title, figures=(goal,), chance=found.chance.point)
    else:
        yield Said(text=title, figures=(Figure(found.total.point, lot.unit),))
    note = page._chance_note(found)
    below = sum(chance < 0.5 for chance, _ in chances(found))
    if found.over or not below:
        yield Said(text=note, figures=())
    else:
        yield Said(text=note, figures=(Figure(below),), has=("more likely to miss than to meet",))
    meant = page._chance_against(found)
    if meant:
        yield Said(text=meant, figures=(Figure(found.goal or 0.0, lot.unit, within=0.005),))
    covered = coverage(found)
    if covered:
        left = found.left_out[0]
        amount = (Figure(left.expected.point, lot.unit),) if isinstance(left.expected, Estimate) else ()
        numbers = (Figure(len(found.counted)), Figure(len(found.outlooks)))
        yield Said(text=covered, figures=(*numbers, *amount), has=(left.product.name,))


@told("page")
def the_table_of_products(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    held = table.table(found, table.Wanted(), path="/", query={})
    off = 0 if found.over else sum(chance < 0.4 for chance, _ in chances(found))
    missed = sum(one.meeting.money.point < one.meeting.goal for _, one in chances(found) if one.meeting and found.over)
    out = len(found.left_out)
    numbers = [Figure(number) for number in (off, missed, out) if number]
    yield Said(text=held.title, figures=tuple(numbers))
    words = str(held.pagination["words"])
    yield Said(text=words, figures=(Figure(1), Figure(len(found.outlooks)), Figure(len(found.outlooks))))


@told("page")
def what_threatens_the_portfolio(lot: Lot) -> Iterator[Said]:
    found = portfolio(lot)
    card = threats_card(found)
    assert card is not None
    amounts = [risk.amount for one in found.counted for risk in one.outlook.threats.causes]
    amounts += [one.part.point for one in found.counted if one.outlook.threats.expiring and one.part.point > 0]
    amounts.sort(reverse=True)
    if not amounts:
        yield Said(text=card.title, has=("Nothing is known that takes money away",))
        return
    more = (Figure(len(amounts) - 5),) if len(amounts) > 5 else ()
    yield Said(text=card.footer, figures=more)
    for amount, line in zip(amounts, card.lines, strict=False):
        unit = card.aside.removeprefix("up to, ").removesuffix(" a year")
        yield Said(
            text=f"{line.amount}\u00a0{unit}",
            figures=(Figure(amount, lot.unit, within=0.006 * amounts[0] / max(amount, 1e-9)),),
        )
