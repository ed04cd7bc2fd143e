"""What the pages of mappings, imports, checklists and what is undone say."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace as Of
from typing import Any

from metrics.core.estimate import Estimate
from metrics.core.evidence import figures
from metrics.core.kpi.calibrated import EXPERIMENT
from metrics.queries.kpi.grade import Grade
from metrics.queries.revenue.impact import Regraded
from reports.pages.home import checklist
from reports.pages.manage import assumptions, board, history
from reports.pages.mapping import calibration, diff, impact
from reports.pages.mapping import page as mapping
from reports.pages.run import drawings, drawn, worded
from reports.pages.run import page as run
from reports.pages.runs import imports
from reports.pages.scenarios import asks
from reports.pages.scenarios import page as scenarios
from reports.pages.shared import page as shared
from reports.pages.undo import asking
from reports.words import phrases
from reports.words.dates import period
from tests.reports.sentences.reading import Figure, Said, tone
from tests.reports.sentences.situations import TODAY, Lot, told


@told("page")
def what_is_counted(lot: Lot) -> Iterator[Said]:
    new, given = sorted((lot.whole(0, 30), lot.whole(1, 60)))
    before = (Figure(given - new),) if given > new else ()
    yield Said(text=phrases.came_in(new, given, "month"), figures=(Figure(new), *before), has=("imported",))
    runs, rows, refused = lot.whole(0, 40), lot.whole(0, 40), lot.whole(0, 3)
    text = imports._counts({"imported": runs, "with_rows": rows, "refused": refused})
    figures = [Figure(number) for number in (runs, *((rows,) if rows else ()), *((refused,) if refused else ()))]
    yield Said(text=text, figures=tuple(figures))
    number, open_ = lot.whole(1, 9), lot.whole(0, 9)
    yield Said(text=shared._title(number, open_, "Calls"), figures=(Figure(open_),) if open_ else (), has=("Calls",))
    moved = asks.of_removed(Of(name="Hard", overrides=dict.fromkeys(range(number))), action="", back="")
    yield Said(text=moved.says[0], figures=(Figure(number),) if number > 1 else ())
    yield Said(text=calibration.batch_words([Of(metric="auc")] * number), figures=(Figure(number),))
    lines = [Of(place=f"place {'abcdefghi'[at]}", before=[Of(text="x")], after=[Of(text="y")]) for at in range(number)]
    more = number - diff.NAMED
    yield Said(text=diff.summary(lines, 3), figures=(Figure(more),) if more > 0 else ())
    gone = [date(2026, 1, 1), date(2026, 2, 1)][: lot.whole(0, 2)]
    texts = asking._months(Of(gone=gone, back=(), still=[date(2026, 3, 1)]), "Calls")
    for text, periods in zip(texts, [one for one in (gone, [1]) if one], strict=False):
        yield Said(text=text, figures=(Figure(len(periods)),), has=("Calls",))
    stays = impact._note(Of(held=False, still=number, rows=[Of(kind="kpi")]))
    yield Said(text=stays, figures=(Figure(number),), has=("not move",))
    left = lot.whole(0, 3)
    steps = [Of(key="target", number=9, done=False)] * left
    found: Any = Of(left=steps, product=Of(currency=lot.unit))
    done = lot.whole(0, 9)
    if left:
        number_of = (Figure(done),) if done else ()
        text = checklist._title(found, done)
        yield Said(text=text, figures=(*number_of, Figure(10), Figure(left)), has=() if done else ("None of",))


@told("page")
def what_is_assumed(lot: Lot) -> Iterator[Said]:
    share = lot.yes()
    low, high = sorted((lot.share(), lot.share())) if share else sorted((lot.size(0, 4), lot.size(0, 4)))
    high = max(high, low + 0.01)
    best = (low + high) / 2
    unit = "share" if share else lot.unit
    distribution = {"kind": "normal", "mean": best, "sd": (high - low) / 4}
    held = assumptions.picture(distribution, unit)
    of = "%" if share else ""
    sd = distribution["sd"]
    ends = [best - 1.6449 * sd, best, best + 1.6449 * sd]
    if held.chart is not None:
        figures = tuple(Figure(end, of, within=0.002) for end in ends)
        fixed = ("one in twenty lies", "one in twenty above")
        yield Said(text=held.chart.says, figures=figures, fixed=fixed)
    until = lot.day()
    left = (until - TODAY).days
    row = Of(
        distribution=distribution,
        source="a contract",
        valid_until=until,
        owner="ada",
        assumption=Of(key="keep", name="Keep", unit=unit),
    )
    line = mapping.assumption_line(row, Of(slug="calls"), TODAY, frozenset())
    yield Said(text=line.now, figures=(Figure(best, of, within=0.0005),))
    soon = 0 <= left <= 60
    yield Said(text=line.warning, figures=(Figure(left),) if soon else (), has=("expired",) if left < 0 else ())
    unit_of = "%" if share else lot.unit
    move = scenarios._moved(Of(words="Keep", assumed=best, unit=unit))
    yield Said(text=move, figures=(Figure(best, unit_of, within=0.0005),))
    version = Of(distribution=distribution, assumption=Of(unit=unit))
    assert board.describe(version)


@told("page")
def what_a_fit_says(lot: Lot) -> Iterator[Said]:
    reliability = lot.share()
    found: Any = Of(agrees=True, reliability=reliability, both=None)
    notes = calibration._notes(found, {"definition": {"pairs": "history"}})
    if reliability < 0.9:
        yield Said(text=notes[0], figures=(Figure(1 - reliability, "%"),))
    slope, intercept = lot.amount(), lot.amount()
    draws = slope + abs(slope) * 0.3 * lot.random.standard_normal(60)
    estimate = Estimate(slope, "", draws)
    found = Of(
        agrees=True,
        reliability=reliability,
        both=Of(intercept=intercept, scatter=0.0),
        slope=lambda seed, name: estimate,
    )
    document = {"definition": {"pairs": EXPERIMENT, "metric": "auc"}, "seed": 1, "pairs": [], "kpi": "k"}
    text = next(calibration._of_experiments(found, document))
    ends = tuple(Figure(end, within=0.0051) for end in estimate.band() or ())
    size = Figure(slope, within=0.0051)
    last = Figure(intercept, within=0.0051)
    yield Said(text=text, figures=(Figure(1), size, Figure(0.95, "%"), *ends, Figure(reliability, "%"), last))


@told("page")
def what_a_case_comes_to(lot: Lot) -> Iterator[Said]:
    rows = lot.whole(100, 90_000)
    found = lot.estimate(lot.size(-2, 3) * lot.one(1, -1), unit=f"{lot.unit}/booking")
    held: Any = Of(n_rows=rows, product=Of(case_noun="booking"))
    text = run._over_rows(found, held)
    band = found.band(0.8)
    ends = (Figure(0.8, "%"), *(Figure(end * rows, lot.unit) for end in band)) if band else ()
    yield Said(text=text, figures=(Figure(found.point * rows, lot.unit), *ends, Figure(rows)))
    curve = [lot.share() for _ in range(6)]
    (block,) = drawn._labels_coming_in({"curve": curve, "mature_from": 0.95})
    figures = [part for age, share in enumerate(curve) for part in (Figure(share, "%"), Figure(age))]
    yield Said(text=block.chart.says, figures=tuple(figures))


@told("page")
def what_came_month_by_month(lot: Lot) -> Iterator[Said]:
    months = [(month, lot.amount()) for month in lot.months(2, 12)]
    kpi: Any = Of(name="Revenue", unit=lot.unit, aggregation="sum", key="revenue")
    drawn_of = history.history(kpi, Of(actuals=lambda of: months), [])
    assert drawn_of is not None
    values = [value for _, value in months]
    figures = (Figure(values[-1], lot.unit), Figure(min(values), lot.unit), Figure(max(values), lot.unit))
    yield Said(text=drawn_of.says.partition(": ")[2], figures=figures, has=("the least", "the most"))
    low, high = lot.yes(), lot.yes()
    open_ = calibration._open(Of(open_low=low, open_high=high))
    ways = tuple(way for way, is_open in ((-1, low), (1, high)) if is_open)
    yield Said(text=" ".join(open_), ways=ways, by=("above/below",), has=("is open",) if ways else ())
    letters = sorted((lot.one(*"ABCD"), lot.one(*"ABCD")))
    if letters[0] != letters[1]:
        before, after = (Grade(letter, "a word") for letter in (letters if lot.yes() else reversed(letters)))
        (line,) = impact._grades((Regraded("kpi", "k", "Revenue", before, after),))
        better = 1 if after.letter < before.letter else -1
        yield Said(text=line.verdict.words, ways=(better,), by=("better/lower",))
        yield tone(line.verdict.kind, better > 0)
        has = [f"grade {before.letter} → {after.letter}"]
        has += (
            ["enters no total"] if after.letter == "D" else ["enters the totals again"] if before.letter == "D" else []
        )
        yield Said(text=line.text, has=tuple(has))
    direction, key = lot.one("up", "down"), "log_loss"
    segments = [
        Of(name=month, figures={key: {"point": value, "bands": {}}}) for month, value in months if abs(value) > 0.01
    ]
    worst = drawings._by_month(segments, key, Of(aim="", direction=direction, name="Log loss"), None)
    if worst is not None:
        of = (max if direction == "down" else min)(segments, key=lambda one: one.figures[key]["point"])
        yield Said(text=worst["title"], has=(period(of.name, "long"), "worst month"))
        points = [one.figures[key]["point"] for one in segments]
        yield Said(text=worst["chart"].says.partition(": ")[2], figures=tuple(Figure(point) for point in points))


@told("page")
def a_p_value(lot: Lot) -> Iterator[Said]:
    p = lot.one(0.0, 1e-5, lot.share(), 0.99981, 1.0)
    text = worded.words(figures.PValue(p))
    if p < 0.001:
        yield Said(text=text, figures=(Figure(0.001),), ways=(-1,), by=("over/under",))
    elif 0.9995 < p < 1:
        yield Said(text=text, figures=(Figure(0.999),), ways=(1,), by=("over/under",))
    else:
        yield Said(text=text, figures=(Figure(p),))
