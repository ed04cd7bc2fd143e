"""The card of a model: what it foretells, who stands for it, what it measures, what it is worth, what was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics.core import numerals
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.refusal import counted
from metrics.queries.documents import definitions
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import speaks_of
from metrics.queries.evaluation import catalogue, models
from metrics.queries.evidence import checks
from metrics.queries.kpi import board
from reports.exports.document import Block, Document, Figures, Section, Sentences, Table
from reports.exports.documents import figures
from reports.exports.documents.figures import text
from reports.exports.documents.kpi_card import evidence
from reports.exports.hugging_face import Results, Score
from reports.pages.run.metrics import BETTER
from reports.pages.run.page import local
from reports.words.dates import day, period
from reports.words.phrases import sentence, span

if TYPE_CHECKING:
    from metrics.models.product import User

MOST = 8
KEPT = 6


@dataclass(frozen=True)
class Measured:
    """A metric of the champion: as people and as programs call it, and its figure."""

    key: str
    name: str
    better: str
    figure: Any


@dataclass(frozen=True)
class Facts:
    """What is known of one model today. run: that the champion stands on, None where there is none."""

    user: User
    model: Any
    known: Known

    @cached_property
    def run(self) -> Any:
        return self.known.champions.get(self.model.pk)

    @cached_property
    def champions(self) -> Sequence[Any]:
        return models.champions(self.model)

    @cached_property
    def versions(self) -> Sequence[Any]:
        return models.versions(self.model)

    @cached_property
    def measured(self) -> tuple[Measured, ...]:
        """The headlines first, then the others by name."""
        if self.run is None:
            return ()
        found, told = catalogue.metric_figures([self.run])[self.run.pk], definitions.of_run(self.run)
        task = TASKS[self.run.task]
        first = [key for key in dict.fromkeys((*task.large, *task.headline)) if key in found]
        rest = sorted(set(found) - set(first), key=lambda key: told[key].name if key in told else key)
        return tuple(
            Measured(
                key=key,
                name=told[key].name if key in told else key,
                better=_better(told.get(key)),
                figure=found[key],
            )
            for key in (*first, *rest)
        )

    @cached_property
    def checks(self) -> Sequence[Any]:
        return checks.checks(self.run, self.run) if self.run is not None else ()

    @cached_property
    def implied(self) -> Sequence[board.KPIFigure]:
        """The KPIs that are read from this model."""
        if self.run is None:
            return ()
        versions = [one for one in self.known.approved.values() if speaks_of(one, self.run, self.known)]
        return board.of_run(self.run, self.known, versions)


def _better(told: Any) -> str:
    return "" if told is None else f"near {told.aim}" if told.aim else BETTER[told.direction]


def document(user: User, model: Any, known: Known, *, today: date) -> Document:
    """The card of a model as it is known on a day."""
    facts = Facts(user, model, known)
    return told(facts, today=today)


def told(facts: Facts, *, today: date) -> Document:
    model, product = facts.model, facts.known.product
    champion = facts.run.version.name if facts.run is not None else ""
    title = f"{model.name}: version {champion} is champion" if champion else f"{model.name} has no champion"
    section = Section(
        key="card",
        title=title,
        eyebrow=f"Model card · {product.name}",
        left=tuple(_told(facts)),
        right=tuple(_figures(facts)),
        below=(
            Sentences(heading="Evidence", lines=tuple(_evidence(facts))),
            Sentences(heading="Limits", lines=tuple(limits(facts))),
        ),
        foot=f"Data digest {numerals.digest(facts.run.data_set.digest)}" if facts.run and facts.run.data_set else "",
    )
    return Document(
        kind="model",
        of=f"{product.slug}/{model.key}",
        title=title,
        name=f"Model card, {model.name}",
        period=period(f"{today:%Y-%m}", "long"),
        known_on=today,
        sections=(section,),
    )


def _told(facts: Facts) -> Iterator[Block]:
    yield Sentences(heading="What it is", lines=tuple(_what(facts)))
    yield Sentences(heading="Who stands for it", lines=tuple(_who(facts)))
    yield Sentences(heading="What it is used for", lines=tuple(_used(facts)))
    yield from _history(facts)


def _what(facts: Facts) -> Iterator[str]:
    words, count = TASKS[facts.model.task].words, len(facts.versions)
    versions = "No version of it was logged." if not count else f"{numerals.stated(count)} of its versions are known."
    yield sentence(words)
    yield "One version of it is known." if count == 1 else versions
    run = facts.run
    if run is None:
        return
    if run.data_set is None:
        yield "The champion reports metrics only: the rows behind them are not known."
    else:
        data = run.data_set
        months = f", {span(run.months)}" if run.months else ""
        yield f"Evaluated on {data.name}, version {data.number}: {counted(data.n_rows, 'row')}{months}."
    yield _trained(run)


def _trained(run: Any) -> str:
    if run.training is not None:
        return f"Trained on {run.training.name}, version {run.training.number}."
    told = run.manifest.get("trained_on")
    if isinstance(told, Mapping):
        rows = counted(told["rows"], "row") if isinstance(told.get("rows"), int) else "rows"
        digest = f", digest {numerals.digest(told['sha256'])}" if isinstance(told.get("sha256"), str) else ""
        return f"Trained on {rows}{digest}."
    return f"Trained on {told}." if told else "What it was trained on was not said."


def _who(facts: Facts) -> Iterator[str]:
    if facts.run is not None:
        run = facts.run
        yield f"{run.created_by.username} logged the run it stands on, {run.name}, on {day(run.created_at)}."
    chosen = facts.champions[0] if facts.champions else None
    if facts.run is None:
        yield "Nobody has made a version of it champion."
    elif chosen is not None and chosen.by is not None:
        yield f"{chosen.by.username} {chosen.act} {chosen.version.name} on {day(chosen.created_at)}."


def _used(facts: Facts) -> Iterator[str]:
    if not facts.implied:
        yield "No mapping in force reads it: it moves no KPI."
    for one in facts.implied:
        read = figures.printed("", one.kpi.name, one.quantity)
        beside = f", {read.beside}" if read.beside else ""
        yield sentence(f"{one.kpi.name}: {read.text}{beside}")


def _metrics(facts: Facts) -> Table:
    shown = facts.measured[:MOST]
    rows = tuple((text(one.name), *_cells(one.figure.quantity), text(one.better)) for one in shown)
    more = len(facts.measured) - len(shown)
    return Table(
        name="metrics",
        heading="What it measures",
        sub=f"{numerals.stated(more)} more {'stands' if more == 1 else 'stand'} on the page of its run."
        if more
        else "",
        columns=("Metric", "Value", "80\u00a0% band", "Better"),
        rows=rows,
        right=frozenset({1, 2}),
    )


def _cells(found: Any) -> tuple[Any, Any]:
    (value,), (band,) = figures.column([found]), figures.bands([found])
    return value, band


def _figures(facts: Facts) -> Iterator[Block]:
    money = [one for one in facts.implied if one.quantity is not None]
    if money:
        yield Figures(
            heading="What it is worth",
            figures=tuple(
                figures.printed(
                    f"kpi.{one.kpi.key}",
                    one.kpi.name,
                    one.quantity,
                    grade=one.grade.letter if isinstance(one.quantity, Estimate) else "",
                    receipt=one.receipt,
                )
                for one in money[:4]
            ),
        )
    if facts.measured:
        yield _metrics(facts)
    else:
        yield Sentences(heading="What it measures", lines=("Nothing: no run of a champion stands.",))


def _history(facts: Facts) -> Iterator[Block]:
    if not facts.champions:
        yield Sentences(heading="History", lines=("No version was champion yet.",))
        return
    rows = tuple(
        (
            text(day(local(one.created_at, facts.known.product))),
            text(one.version.name, below=one.run.name if one.run.name != one.version.name else ""),
            text(one.get_act_display()),
            text(one.by.username if one.by is not None else "by itself"),
        )
        for one in facts.champions[:KEPT]
    )
    yield Table(name="history", heading="History", columns=("Day", "Version", "What", "By"), rows=rows)


def _evidence(facts: Facts) -> Iterator[str]:
    if facts.run is None:
        yield "No run stands behind it, so there is nothing to check."
        return
    yield from evidence(facts.checks)


def limits(facts: Facts) -> Iterator[str]:
    """What is not known of it, said; nothing is guessed."""
    if facts.run is None:
        yield "Without a champion nothing is measured, and nothing is worth anything."
        return
    no_band = {one.figure.quantity.no_band for one in facts.measured if isinstance(one.figure.quantity, Estimate)}
    yield from (sentence(f"some figures have no band: {why}") for why in sorted(filter(None, no_band)))
    remedies = [check.remedy for check in facts.checks if check.verdict in ("fails", "warning") and check.remedy]
    yield from map(sentence, remedies)
    yield "Who it should not be used for was not said here; nor was a licence."


def results(facts: Facts) -> Results | None:
    """What the champion measured, for a hub of models; None without one."""
    run = facts.run
    if run is None:
        return None
    data = run.data_set
    scores = (
        Score(key=one.key, name=one.name, value=one.figure.quantity.point)
        for one in facts.measured
        if isinstance(one.figure.quantity, Estimate)
    )
    return Results(
        task=run.task,
        task_words=TASKS[run.task].words,
        data=(data.name, data.number, data.digest) if data is not None else None,
        scores=tuple(scores),
    )
