"""What pages say of a decision that was signed: what was promised of it, and what came."""

from collections.abc import Iterator
from types import SimpleNamespace as Of

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.outcome import Score, record, score
from metrics.queries.selection.came import Calibration, Came
from metrics.queries.selection.outcome import Outcome, Scored
from reports.pages.decision import came, outcome
from reports.pages.portfolio.past import past_decisions
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import Lot, told
from tests.reports.sentences.told_decision import ROLES


def promise(lot: Lot) -> tuple[Outcome, list[tuple[Estimate, Score]]]:
    """A signed decision and what its months earned."""
    months = lot.months(1, 12)
    banded = lot.yes(0.85)
    scored, pairs = [], []
    for month in months:
        promised = lot.estimate(lot.size(2, 6) * lot.one(1, 1, 1, -1), draws=banded)
        earned = score(promised, lot.near(promised.point))
        pairs.append((promised, earned))
        scored.append(Scored(month=month, promised=promised, score=earned, receipt=""))
    whole = Estimate(
        sum(one.point for one, _ in pairs),
        lot.unit,
        sum(one.draws for one, _ in pairs) if banded else None,
    )
    total = score(whole, sum(one.earned for _, one in pairs))
    coming = lot.one("2028-01", "")
    named = Of(
        number=lot.whole(1, 9),
        direct=False,
        product=Of(currency=lot.unit, name=lot.name, slug="p"),
        pk="d",
        signed_at="2026-01-01",
        chosen=None,
        model=Of(name="churn"),
    )
    found = Outcome(
        decision=named,
        role="",
        grade="C",
        promised=whole,
        receipt="",
        ahead=(),
        whole=(),
        months=tuple(scored),
        so_far=whole,
        total=total,
        coming=coming,
        until=None,
        by=None,
    )
    return found, pairs


@told("page")
def what_came_of_a_decision(lot: Lot) -> Iterator[Said]:
    found, pairs = promise(lot)
    assert isinstance(found.total, Score)
    assert isinstance(found.so_far, Estimate)
    earned = Figure(found.total.earned, lot.unit, within=0.005)
    promised = Figure(found.so_far.point, lot.unit)
    band = found.so_far.band(0.8)
    inside = None if band is None else band[0] <= found.total.earned <= band[1]
    above = band is not None and found.total.earned > band[1]
    title = outcome.title(found)
    kept = "Earned" if inside is None else "Kept" if inside else "More than" if above else "Less than"
    yield Said(
        text=title,
        figures=(earned, Figure(len(pairs)), promised),
        has=(kept, "so far" if found.coming else ""),
        lacks=() if found.coming else ("so far",),
    )
    yield Said(text=outcome.against(found), figures=(earned, promised))
    kind, side = outcome.verdict(found.total)
    tone = {"good": 1, "bad": -1}.get(kind)
    yield Said(
        text=kind if tone else "", ways=((1 if inside else -1),) if tone else (), by=("good/bad",) if tone else ()
    )
    if inside is not None:
        by = () if inside else ("above/below",)
        yield Said(text=side, ways=() if inside else (1 if above else -1,), by=by, has=("Inside",) if inside else ())
        chart = outcome._chart_title(found)
        holds = "holds: earnings have followed" if inside else "does not hold"
        ways = () if inside else (1 if above else -1,)
        yield Said(text=chart, ways=ways, by=("more/less",) if not inside else (), has=(holds,))
    banded = [one.band(0.8) for one, _ in pairs]
    number = sum(
        band is not None and band[0] <= one.earned <= band[1] for band, (_, one) in zip(banded, pairs, strict=True)
    )
    says = outcome._inside_says(found)
    if band is not None:
        figures = (Figure(number), Figure(len(pairs)), Figure(0.8, "%"), Figure(0.8 * len(pairs)))
        yield Said(text=says, figures=figures)
    for line, (_, its) in zip(outcome.outcome_card(found).months, pairs, strict=False):
        slack = max(abs(of.earned) for _, of in pairs) * 0.051 / max(abs(its.earned), 1e-9)
        yield Said(text=line.earned, figures=(Figure(its.earned, lot.unit, within=slack),))
    held = record([one for _, one in pairs])
    (line, *_) = outcome.held_lines(Calibration(held, {})) or (None,)
    if line is not None:
        numbers = (Figure(number), Figure(len(pairs)), Figure(0.8, "%"), Figure(0.8 * len(pairs)))
        yield Said(text=line.says, figures=numbers)
    several = [found, promise(lot)[0]]
    past = past_decisions(several)
    assert past is not None
    whole = sum(one.so_far.point for one in several)
    earned_all = sum(one.total.earned for one in several)
    kept_all = sum(one.total.inside_80 is True for one in several)
    banded_all = sum(isinstance(one.total.inside_80, bool) for one in several)
    kept_of = (Figure(kept_all), Figure(banded_all), Figure(0.8, "%")) if banded_all else ()
    figures = (Figure(2), Figure(earned_all, lot.unit, within=0.005), Figure(whole, lot.unit))
    yield Said(text=past.totals[0], figures=(*figures, *kept_of))


@told("page")
def what_each_role_got(lot: Lot) -> Iterator[Said]:
    several = []
    for role in ROLES:
        promised = lot.estimate(lot.size(0, 4))
        of = score(promised, lot.near(promised.point)) if lot.yes(0.8) else Unknown("it is not measured again")
        several.append(Came(key="k", name="Recall", role=role, promised=promised, came=promised, score=of))
    card = came.came_card(several)
    assert card is not None
    banded = [one for one in several if isinstance(one.score, Score) and not isinstance(one.score.inside_80, Unknown)]
    inside = sum(one.score.inside_80 is True for one in banded)
    if not banded:
        measured = sum(isinstance(one.score, Score) for one in several)
        numbers = (Figure(measured),) if measured else ()
        yield Said(text=card.title, figures=numbers, lacks=("promised",))
    elif inside == len(several):
        yield Said(text=card.title, has=("Each role got what it was promised",))
    else:
        none = sum(isinstance(one.score, Score) for one in several) - len(banded)
        numbers = (Figure(inside), Figure(len(banded)), *((Figure(none),) if none else ()))
        yield Said(text=card.title, figures=numbers, has=("came as promised",))
    for line, one in zip(card.lines, several, strict=True):
        if isinstance(one.score, Unknown):
            yield Said(text=line.why, has=("not measured",))
        else:
            yield Said(text=line.came, figures=(Figure(one.score.earned, lot.unit, within=0.005),))
