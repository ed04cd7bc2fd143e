"""What a version of a mapping says and stands on, for whoever is to sign it."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.formula import FormulaError, parse
from metrics.core.kpi.kind import Line
from metrics.core.kpi.kinds import kind_of
from metrics.models.kpi import AssumptionVersion, MappingVersion
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import stands_on
from metrics.queries.documents.vocabulary import vocabulary
from metrics.queries.kpi import board
from metrics.queries.kpi.grade import Grade
from metrics.rights import TABLE

# What happens next to a version, by its state; nothing to one in force or put away.
NEXT = {"draft": ("propose", "submit"), "proposed": ("endorse", "endorse"), "endorsed": ("approve", "approve")}


@dataclass(frozen=True)
class Reading:
    """lines: its formulas. rules: how it is counted, as (what, in words). assumptions: those that it names, in the
    order of reading. grade: of the figure that it gives on the champion; None where there is none. next: the act that
    is due and the roles that may do it; None where nothing is."""

    lines: tuple[Line, ...]
    rules: tuple[tuple[str, str], ...]
    assumptions: tuple[AssumptionVersion, ...]
    grade: Grade | None
    next: tuple[str, tuple[str, ...]] | None


def reading(version: MappingVersion, known: Known) -> Reading:
    definition = version.definition
    act, right = NEXT.get(version.state, ("", ""))
    called, noun = BaselineRuns(known.product).called, known.product.case_noun.replace("_", " ")
    return Reading(
        lines=tuple(kind_of(definition).lines(definition)),
        rules=tuple(kind_of(definition).rules(definition, noun, called)),
        assumptions=tuple(known.assumptions[name] for name in names_in(version, known)),
        grade=grade_of(version, known),
        next=(act, tuple(sorted(TABLE[f"mapping.{right}"]))) if act else None,
    )


def names_in(version: MappingVersion, known: Known) -> list[str]:
    """Keys of the assumptions that the definition uses, in the order of reading."""
    words = vocabulary(version.mapping.kpi, known)
    found: dict[str, None] = {}
    for line in kind_of(version.definition).lines(version.definition):
        for text in filter(None, (line.base, line.rate)):
            try:
                tokens = parse(text, words.names, words.measured).tokens()
            except FormulaError:
                continue
            names = (token.text for token in tokens if token.kind == "name")
            found |= dict.fromkeys(name for name in names if name in known.assumptions)
    return list(found)


def grade_of(version: MappingVersion, known: Known) -> Grade | None:
    """The grade of what it gives on the champion; None without a champion."""
    champion = stands_on(version, known)
    if champion is None:
        return None
    return next(figure.grade for figure in board.of_run(champion, known, [version]))
