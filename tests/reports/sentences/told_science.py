"""What the pages of runs say: comparisons, curves, thresholds, and what a change of a mapping would move."""

from collections.abc import Iterator
from types import SimpleNamespace as Of
from typing import Any

import numpy as np

from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.core.evaluation.metrics.curves import CalibrationBin, Curve, ScoreBar
from metrics.core.selection.compare import Difference, differences
from metrics.queries.kpi.curves import Curves
from metrics.queries.revenue.impact import Impact, Moved
from reports.pages.compare import page, rows, words
from reports.pages.decision import frozen
from reports.pages.fidelity import page as fidelity
from reports.pages.mapping import impact
from reports.pages.run import curves, drawings, threshold
from reports.words.phrases import part
from tests.reports.sentences.reading import Figure, Said, tone
from tests.reports.sentences.situations import Lot, told

NAMES = ("old", "new", "gb", "rf")


def compared(lot: Lot, *, unit: str = "", smallest: float = 0.0) -> Difference:
    """Of two runs that share their draws: apart, alike, or not to be told apart."""
    base = lot.size(-2, 1) if unit == "" else lot.size(0, 3)
    b = Estimate(base, unit, base + 0.05 * base * np.random.Generator(np.random.PCG64(1)).standard_normal(60))
    by = lot.one(0.0, 0.002, -0.002, 0.2, -0.2, -1.5) * base
    spread = lot.one(1e-6, 0.01, 0.5) * abs(base) * (0 if by == 0 and lot.yes() else 1)
    draws = None if b.draws is None else b.draws + by + spread * lot.random.standard_normal(60)
    a: Quantity = Estimate(base + by, unit, None if lot.yes(0.08) else draws)
    if lot.yes(0.06):
        a = Unknown("it is not defined on these rows")
    direction = "up" if unit else lot.one("up", "down")
    (row,) = differences({"x": a}, {"x": b}, directions={"x": direction}, smallest={"x": smallest})
    return row


def gain(row: Difference) -> float:
    """How much better the one is at the points."""
    if isinstance(row.difference, Unknown):
        return float("nan")
    return row.difference.point * (-1 if row.direction == "down" else 1)


@told("page")
def a_comparison_of_two(lot: Lot) -> Iterator[Said]:
    smallest = lot.one(0.0, 0.001)
    metric, money = compared(lot, smallest=smallest), compared(lot, unit=f"{lot.unit} / booking")
    title = words.pair_title(Of(same=False), "old", "new", metric, "log loss", money)
    by: tuple[str, ...] = ()
    ways: list[float] = []
    figures: list[Figure] = [Figure(smallest)] if smallest and metric.verdict not in ("better", "worse") else []
    if metric.verdict in ("better", "worse"):
        by, ways = ("better/worse",), [1 if metric.verdict == "better" else -1]
        assert (ways[0] > 0) == (gain(metric) > 0)
    elif metric.verdict == "alike":
        assert "alike" in title
    if money.verdict in ("better", "worse") and isinstance(money.difference, Estimate):
        by = (*by, "more/less")
        amount = Figure(abs(money.difference.point), lot.unit, apart=True)
        figures = [*figures, amount] if ways else [amount, *figures]
        more = money.difference.point
        ways = [*ways, more]
        yield Said(text=words.earns(money), figures=(amount,), ways=(more,), by=("more/less",), has=("a booking",))
        if metric.verdict in ("better", "worse"):
            same = (more > 0) == (ways[0] > 0)
            yield Said(
                text=title,
                has=(" and earns" if same else " but earns",),
                figures=tuple(figures),
                ways=tuple(ways),
                by=by,
            )
            return
    yield Said(text=title, figures=tuple(figures), ways=tuple(ways), by=by)
    cell = rows.cell(metric, rows.shared([metric]))
    if isinstance(metric.difference, Estimate):
        yield Said(text=cell.words, figures=(Figure(metric.difference.point, signed=True),))
        tone = {"good": 1, "bad": -1}.get(cell.kind, 0)
        yield Said(
            text=cell.kind if tone else "", ways=(gain(metric),) if tone else (), by=("good/bad",) if tone else ()
        )
    verdict = rows.verdict_of(metric)
    if metric.verdict in ("better", "worse") and isinstance(metric.difference, Estimate):
        yield Said(text=verdict.words, ways=(gain(metric),), by=("better/worse",))


@told("page")
def a_comparison_of_several(lot: Lot) -> Iterator[Said]:
    number = lot.whole(2, 3)
    points = [lot.one(0.5, 0.5, 0.7, 0.9, float(lot.random.uniform())) for _ in range(number + 1)]
    noise = 0.01 * lot.random.standard_normal(60)
    quantities = [
        Estimate(point, "", point + lot.one(0.0, 1.0) * noise + 1e-4 * lot.random.standard_normal(60))
        for point in points
    ]
    direction = lot.one("up", "down")
    found = {
        NAMES[at]: differences({"x": one}, {"x": quantities[0]}, directions={"x": direction})[0]
        for at, one in enumerate(quantities)
        if at
    }
    called = dict(zip(NAMES, NAMES, strict=True))
    title = words.several_title(found, Of(base=Of(pk="old")), called, "log loss")
    order = sorted(range(number + 1), key=lambda at: points[at] * (1 if direction == "down" else -1))
    best = {NAMES[at] for at in order if points[at] == points[order[0]]}
    first = title.partition(" leads")[0].partition(" and ")[0]
    yield Said(text=first, has=() if first in best else ("the leader",))
    apart = "cannot be told apart" not in title
    others = "" if apart else title.partition(" and ")[2].partition(" lead")[0]
    counts = [Figure(int(others.split()[0] == "two") + 1)] if others.endswith(("other", "others")) else []
    yield Said(text=title, figures=(*counts, Figure(number + 1)))
    groups = [
        (name, lot.whole(50, 900), compared(lot, unit=f"{lot.unit} / booking")) for name in ("City", "Resort", "Spa")
    ]
    title = words.groups_title(groups, adds_up=lot.yes())
    told_of = {
        verdict: [row for row in groups if row[2].verdict == verdict and not isinstance(row[2].difference, Unknown)]
        for verdict in ("better", "worse")
    }
    up, down = told_of["better"], told_of["worse"]
    if up and down:
        yield Said(text=title, ways=(1, -1), by=("better/worse",))
        after = title.partition("worse in ")[2]
        yield Said(text=after, has=() if after in {row[0] for row in down} else ("a worse one",))
    elif not up and not down:
        yield Said(text=title, has=("No group can be told apart",))
    else:
        side, by = (1 if up else -1), ("better/worse",) if title[:6] in ("Better", "Worse ") else ("gain/loss",)
        more = title.partition(" and ")[2].partition(" other")[0]
        yield Said(text=title, ways=(side,), by=by, figures=(Figure(len(up or down) - 1),) if more else ())


@told("page")
def curves_of_a_run(lot: Lot) -> Iterator[Said]:
    grid = np.linspace(0, 1, 21)
    tpr = grid ** lot.random.uniform(0.05, 1.0)
    precision = np.clip(lot.random.uniform(0.2, 1.0) - 0.3 * grid, 0, 1)
    bins = tuple(
        CalibrationBin(
            low=score,
            high=1.0,
            mean_score=score,
            observed=Estimate(
                lot.one(score, score + 0.002, lot.share()),
                "",
                None if lot.yes(0.2) else np.clip(score + 0.01 * lot.random.standard_normal(60), 0, 1),
            ),
            weight=10.0,
        )
        for score in (0.1, 0.3034, 0.7)
    )
    bars = tuple(ScoreBar(low=at / 10, high=(at + 1) / 10, positives=lot.size(0, 3), negatives=1.0) for at in range(10))
    found = Curves(Curve(grid, tpr, grid), Curve(grid, precision, grid), bins, bars, 1000, lot.whole(1, 999))
    at_tenth, at_half = float(np.interp(0.1, grid, tpr)), float(np.interp(0.5, grid, precision))
    made: Any = curves._roc(found)
    yield Said(text=made["title"], figures=(Figure(at_tenth, "%"), Figure(0.1, "%")))
    yield Said(text=made["chart"].says, figures=(Figure(at_tenth, "%"), Figure(0.1, "%")))
    made = curves._precision_recall(found)
    yield Said(text=made["title"], figures=(Figure(at_half, "%"),))
    base = Figure(found.positives / 1000, "%")
    yield Said(text=made["chart"].says, figures=(Figure(at_half, "%"), Figure(0.5, "%"), base))
    made = curves._calibration(found)
    off = [(abs(one.observed.point - one.mean_score), one) for one in bins if isinstance(one.observed, Estimate)]
    worst = max(off, key=lambda pair: pair[0])[1]
    if "hold" in made["title"]:
        inside = [
            band is None or band[0] <= one.mean_score <= band[1]
            for one in bins
            for band in [one.observed.band() if isinstance(one.observed, Estimate) else None]
        ]
        yield Said(text=made["title"], has=() if all(inside) else ("which does not hold",))
    elif isinstance(worst.observed, Estimate) and worst.observed.point != worst.mean_score:
        figures = (Figure(worst.mean_score, "%"), Figure(worst.observed.point, "%"))
        yield Said(text=made["title"], figures=figures, unlike=((0, 1),))
    made = curves._distribution(found)
    below = sum(bar.positives for bar in bars[:5]) / sum(bar.positives for bar in bars)
    yield Said(text=made["title"], figures=(Figure(below, "%"), Figure(0.5)))
    tenths = [Of(prediction=lot.amount(), truth=lot.amount(), weight=lot.size(0, 1)) for _ in range(3)]
    far = max(tenths, key=lambda one: abs(one.prediction - one.truth) * one.weight)
    (made,) = drawings._tenths(tenths)
    if abs(far.prediction) > 0.01 and abs(far.truth) > 0.01:
        yield Said(text=made["title"], figures=(Figure(far.prediction), Figure(far.truth)))


@told("page")
def a_threshold(lot: Lot) -> Iterator[Said]:
    cuts = np.array([0.1234, 0.5, 0.9])
    costs = lot.one(Estimate(0.0, lot.unit), lot.estimate(lot.size(0, 6)), lot.estimate(-lot.size(0, 6)))
    year = lot.quantity(lot.size(0, 7))
    point, acted = lot.amount(), lot.share()
    best = lot.whole(0, 1)
    curve = Of(
        threshold=cuts,
        point=np.array([point] * 3),
        share_acted=np.array([acted] * 3),
        unit=lot.unit,
        level=0.8,
        low=np.zeros(3),
        high=np.zeros(3),
        best=lambda: best,
    )
    found: Any = Of(present=2, best=best, costs=costs, a_year=year, year=("2026-01", "2026-12"), curve=curve, n=1000.0)
    loss = threshold._loss(found)
    here, there = Figure(0.9), Figure(float(cuts[best]))
    if costs.point == 0:
        yield Said(text=loss, figures=(here,), has=("is the best there is",))
    elif costs.point < 0:
        yield Said(text=loss, figures=(here, Figure(-costs.point, lot.unit)), has=("earns about",))
    else:
        then = (Figure(year.point, lot.unit),) if isinstance(year, Estimate) else ()
        yield Said(text=loss, figures=(here, there, Figure(costs.point, lot.unit), *then), has=("loses about",))
    note, band = threshold._loss_note(found), costs.band(0.8)
    if costs.point and band is not None:
        zero = band[0] <= 0 <= band[1]
        ends = (Figure(0.8, "%"), *(Figure(end, lot.unit) for end in band))
        yield Said(text=note.partition(" It holds 0")[0], figures=ends, fixed=("the two",))
        yield Said(text=note.partition("draws.")[2], figures=(Figure(0), Figure(2)) if zero else ())
    title = threshold._answer(
        Of(product=Of(case_noun="booking")),
        Of(
            **vars(found),
            published=None,
            asked=0.9,
            rule={"kind": "x"},
            anew=1.0,
            believed=Unknown("x"),
            responding=Unknown("x"),
            honest=Of(value=Unknown("x"), even=0.1, odd=0.2),
        ),
        Of(capacity=1.0, budget=np.inf, by="threshold", at=None),
    )
    figures = (Figure(point, lot.unit), there, Figure(acted, "%"))
    yield Said(text=title.title, figures=figures)
    for row in title.rows[:2]:
        yield Said(text=row[2], figures=(Figure(point, lot.unit),))


@told("page")
def what_a_change_would_move(lot: Lot) -> Iterator[Said]:
    moved = []
    for kind, name in (("realised", "Q1 2026"), ("realised", "Q2 2026"), ("projected", "total")):
        before = lot.quantity()
        after = lot.quantity(lot.near(before.point)) if isinstance(before, Estimate) else lot.quantity()
        moved.append(Moved(kind, name, name, before, after, difference(after, before), months=3))
    found = Impact(tuple(moved), lot.whole(0, 3), lot.yes())
    text = impact._sentence(found, "Approving it", "restates")
    told_of = [row for row in moved if isinstance(row.difference, Estimate) and abs(row.difference.point) >= 0.005]
    amounts = tuple(Figure(row.difference.point, lot.unit, signed=True, within=0.005, apart=True) for row in told_of)
    if told_of:
        yield Said(text=text, figures=amounts, has=("restates",))
    lost = [row for row in moved if isinstance(row.before, Estimate) and isinstance(row.after, Unknown)]
    lost = [row for row in lost if row.kind == "projected"] or lost[-2:]
    text = impact._lost(found)
    yield Said(
        text=text, figures=tuple(Figure(row.before.point, lot.unit) for row in lost), has=("Unknown",) if lost else ()
    )
    agreed = lot.share()
    against: Any = Of(agreement=Of(share=agreed), judged=Of(verdict="faithful", why=""))
    lead = fidelity._lead((Of(key="log_loss", kpi=against),), Of(name="Value"))
    yield Said(text=lead, figures=(Figure(agreed, "%"),), has=("Optimise log_loss",))
    runs, near = lot.whole(8, 12), lot.whole(0, 5)
    text = fidelity._saturation(Of(saturation=near / (runs - 1), runs=[0] * runs), Of(name="Value"))
    yield Said(text=text, figures=(*((Figure(near),) if near else ()), Figure(runs - 1)))
    share = lot.share()
    yield Said(text=part(share), figures=(Figure(share, "%"),))


@told("page")
def what_follows_the_loss(lot: Lot) -> Iterator[Said]:
    agreed, recall, outside, pairs, alike, helped = lot.share(), lot.share(), *(lot.whole(1, 90) for _ in range(4))
    alarm = lot.whole(0, 6)
    agreement = Of(share=agreed, recall=recall, outside=outside, pairs=pairs, alike=alike, helped=helped)
    against: Any = Of(
        agreement=agreement,
        judged=Of(verdict="weak", why="few"),
        tau=lot.quantity(),
        rho=lot.quantity(),
        regret=lot.quantity(),
        hindsight=lot.quantity(),
        flips=(),
    )
    one: Any = Of(key="log_loss", name="Log loss", better="down", alarm=alarm)
    line = fidelity._line(Of(slug="calls"), one, against, Of(name="Value"))
    yield Said(text=line.agrees, figures=(Figure(agreed, "%"),))
    yield Said(text=line.pairs, figures=(Figure(outside), Figure(pairs)))
    yield Said(text=line.recall, figures=(Figure(recall, "%"),))
    yield Said(text=line.helped, figures=(Figure(alike), Figure(helped)))
    if line.alarm:
        yield Said(text=line.alarm, figures=(Figure(alarm),), has=("improved log_loss and not Value",))
    rows = lot.whole(100, 90_000)
    row = compared(lot, unit=f"{lot.unit} / booking")
    told_of = page._over(row, Of(n_rows=rows, product=Of(case_noun="booking")))
    if isinstance(row.difference, Estimate):
        total = Figure(row.difference.point * rows, lot.unit, signed=True)
        yield Said(text=told_of[0], figures=(total, Figure(rows)))
    number = lot.whole(1, 9)
    from_desk = frozen._line(Of(what="figures", count=number, differs=[], why="", digest="a" * 64))
    yield Said(text=from_desk.says, figures=(Figure(number),))
    yield tone(from_desk.verdict.kind, good=True)
    differs = frozen._line(Of(what="figures", count=number, differs=["rf"] * number, why="", digest="a" * 64))
    yield tone(differs.verdict.kind, good=False)
    more = number - frozen.MOST
    yield Said(text=differs.says, figures=(Figure(more),) if more > 0 else (), has=("not the same",))
