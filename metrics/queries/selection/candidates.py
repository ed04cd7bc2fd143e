"""Who may be chosen as a model's champion: its runs on the champion's rows, judged by the terms, in one field.

A version stands by its newest run on those rows, the champion by the run that stands for it. Whoever is left out is so
with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection import figures
from metrics.core.selection.choice import NO_FIGURE, NO_ROWS, Asks, Judged, judged
from metrics.core.selection.terms import Terms
from metrics.models.evaluation import EvaluationRun, Model
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.selection import comparison
from metrics.queries.selection.figures import Stored

MOST = 1000  # runs, the newest
State = EvaluationRun.State
OLDER = "a newer run of the same version stands for it"
BESIDE = "another run stands for the champion"


@dataclass(frozen=True)
class Out:
    """A run that is not chosen from, and why."""

    run: EvaluationRun
    reason: str


@dataclass(frozen=True)
class SetAside:
    """A line of the terms that is not chosen by, as no candidate has its figure, and why."""

    place: str
    key: str
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidates:
    """All that stand for choice under some terms. base: the run that the others are compared with, the champion's
    where there is one; None where the model has no run with rows. out: those that are not even compared.
    """

    terms: Terms
    known: Known
    model: Model
    base: EvaluationRun | None
    champion: EvaluationRun | None
    stored: Stored
    judged: tuple[Judged[EvaluationRun], ...]
    out: tuple[Out, ...]
    set_aside: tuple[SetAside, ...]

    @cached_property
    def asks(self) -> Asks:
        """What is asked by the lines that are not set aside."""
        return self.terms.asks((one.place, one.key) for one in self.set_aside)

    @cached_property
    def waiting(self) -> tuple[EvaluationRun, ...]:
        """Runs of which a figure is still to be computed."""
        pending = {pk for pk, _ in self.stored.waiting}
        return (
            *(one.run for one in self.judged if one.run.pk in pending),
            *(one.run for one in self.out if one.run.state == State.RECEIVED),
        )


def candidates(known: Known, model: Model, terms: Terms, runs: Iterable[EvaluationRun] | None = None) -> Candidates:
    """Those of a model, judged. runs: these alone, and the champion; all by default."""
    champion = known.champions.get(model.pk)
    found = _runs(known, model) if runs is None else list(runs)
    if champion is not None and champion.pk not in {run.pk for run in found}:
        found.append(champion)
    base = champion or _most_alike(found)
    if base is None:
        return Candidates(
            terms=terms,
            known=known,
            model=model,
            base=None,
            champion=None,
            stored=Stored(known, {}, {}),
            judged=(),
            out=tuple(Out(run, _not_scored(run)) for run in found),
            set_aside=(),
        )
    compared = comparison.comparable(found, base)
    out = [Out(run, why) for run in found if (why := compared.refused.get(run.pk, ""))]
    held = [run for run in found if not compared.refused.get(run.pk, "")]
    standing, older = _one_a_version(held, champion)
    stored = Stored(known, {run.pk: run for run in standing}, compared.files, champion.pk if champion else "")
    by_key = {key: figures.of(figure, stored, terms.offered) for key, figure in terms.figures.items()}
    aside = _set_aside(terms, by_key, stored)
    return Candidates(
        terms=terms,
        known=known,
        model=model,
        base=base,
        champion=champion,
        stored=stored,
        judged=_judged(terms, standing, by_key, aside, stored),
        out=(*out, *older),
        set_aside=aside,
    )


def _most_alike(runs: Sequence[EvaluationRun]) -> EvaluationRun | None:
    """Where no champion says on which rows: the newest run on those that most runs have."""
    scored = [run for run in runs if run.state == State.SCORED and run.rows and run.data_set]
    counts = Counter(run.data_set.digest for run in scored if run.data_set)
    most = max(counts, key=counts.__getitem__, default="")
    return next((run for run in scored if run.data_set and run.data_set.digest == most), None)


def _runs(known: Known, model: Model) -> list[EvaluationRun]:
    """The newest of a model, but for those that were withdrawn."""
    rows = catalogue.runs(known.product).filter(version__model=model).exclude(state=State.WITHDRAWN)
    found = list(rows[:MOST])
    for run in found:
        run.product = known.product
    return found


def _not_scored(run: EvaluationRun) -> str:
    return f"{run.name} is {run.get_state_display()}" if run.state != State.SCORED else NO_ROWS


def _one_a_version(
    runs: Sequence[EvaluationRun], champion: EvaluationRun | None
) -> tuple[list[EvaluationRun], list[Out]]:
    """The run by which each version stands, the others with the reason; runs come the newest first."""
    standing = {champion.version_id: champion} if champion else {}
    for run in sorted(runs, key=lambda run: (run.created_at, run.pk), reverse=True):
        standing.setdefault(run.version_id, run)
    kept = [run for run in runs if standing[run.version_id].pk == run.pk]
    others = [run for run in runs if standing[run.version_id].pk != run.pk]
    beside = champion.version_id if champion else ""
    return kept, [Out(run, BESIDE if run.version_id == beside else OLDER) for run in others]


def _set_aside(terms: Terms, by_key: Mapping[str, figures.ByRun], stored: Stored) -> tuple[SetAside, ...]:
    """Lines of which no run has the figure, nor will have it; guardrails and gates only where it is mere opinion."""
    found = []
    for place in ("objectives", "guardrails", "gates"):
        for one in getattr(terms, place):
            values, basis = by_key[one.key], figures.basis(one.figure)
            asked = figures.name(basis)
            if any(isinstance(value, Estimate) for value in values.values()) or not values:
                continue
            if any((pk, asked) in stored.waiting for pk in stored.runs):
                continue
            grades = [stored.grades.get((pk, asked)) for pk in stored.runs]
            if place == "objectives" or all(grade is not None and not grade.counts for grade in grades):
                reason = next(value.reason for value in values.values() if isinstance(value, Unknown))
                found.append(SetAside(place, one.key, reason))
    return tuple(found)


def _judged(
    terms: Terms,
    runs: Sequence[EvaluationRun],
    by_key: Mapping[str, figures.ByRun],
    aside: tuple[SetAside, ...],
    stored: Stored,
) -> tuple[Judged[EvaluationRun], ...]:
    asks = terms.asks((one.place, one.key) for one in aside)
    size = figures.of(terms.simplest_by, stored, terms.offered) if terms.simplest_by else {}
    names = _names(runs)
    figures_of = {run.pk: {key: values.get(run.pk, NO_FIGURE) for key, values in by_key.items()} for run in runs}
    champion, found = figures_of.get(stored.champion), []
    for run in runs:
        complexity = size.get(run.pk)
        made = judged(
            run,
            names[run.pk],
            figures_of[run.pk],
            asks,
            champion=None if run.pk == stored.champion else champion,
            complexity=complexity.point if isinstance(complexity, Estimate) else None,
        )
        found.append(made)
    return tuple(found)


def _names(runs: Sequence[EvaluationRun]) -> dict[str, str]:
    """Run id → a name that no other has: its own, else with its version, which stands by one run."""
    names = Counter(run.name for run in runs)
    return {run.pk: run.name if names[run.name] == 1 else f"{run.name} ({run.version.name})" for run in runs}
