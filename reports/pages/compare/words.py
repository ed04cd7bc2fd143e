"""What a comparison says in a sentence: who is better in what, and what that earns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metrics.core import numerals
from metrics.core.estimate import Estimate
from metrics.core.numerals import MINUS, Figure
from metrics.core.selection.compare import Difference, differences
from metrics.core.unit_names import NBSP, one_of
from metrics.queries.selection.comparison import Against, Comparison
from reports.pages.compare.rows import gain_of
from reports.words.phrases import count

LED = {"better": "is better than", "worse": "is worse than"}


def labels(runs: Sequence[Any]) -> dict[str, str]:
    """Run id → what it is called beside the others: its version, where no two have the same, else its name."""
    versions = [run.version.name for run in runs]
    short = len(set(versions)) == len(versions)
    return {run.pk: run.version.name if short else run.name for run in runs}


def pair_title(
    one: Against, base: str, mine: str, metric: Difference | None, name: str, money: Difference | None
) -> str:
    """The answer for two runs. base, mine: what they are called; name: of the metric; money: the KPI in money."""
    if one.same:
        return f"{base} and {mine} are the same predictions under two names"
    if metric is None:
        return f"{mine} cannot be compared with {base}"
    told = metric.verdict in LED
    together = "alike" if metric.verdict == "alike" else "not to be told apart"
    if not told and metric.smallest:
        within = f"{metric.smallest:g}"
        together = f"alike within {within}" if metric.verdict == "alike" else f"not surely {within} apart"
    lead = f"{mine} {LED[metric.verdict]} {base} in {name}" if told else f"{mine} and {base} are {together} in {name}"
    if money is None or not isinstance(money.difference, Estimate):
        return lead
    if money.verdict not in LED:
        alike = "are alike" if money.verdict == "alike" else "cannot be told apart"
        return f"{lead}; in money they {alike}" if told else f"{lead}, nor in money" if together[0] == "n" else lead
    if not told:
        return f"{mine} earns {earns(money)} than {base}; in {name} they are {together}"
    return f"{lead}, {'and' if money.verdict == metric.verdict else 'but'} earns {earns(money)}"


def earns(row: Difference) -> str:
    """ "0.80 EUR more a booking" of a difference in EUR a booking."""
    figure = numerals.read(row.difference)
    if not isinstance(figure, Figure):
        return ""
    worded = numerals.word(figure)
    unit, _, case = worded.unit.partition(f"{NBSP}/{NBSP}")
    way = "less" if figure.point < 0 else "more"
    return f"{worded.number.lstrip(MINUS)}{NBSP}{unit} {way}{f' {one_of(case)}' if case else ''}"


def several_title(rows: Mapping[str, Difference], found: Comparison, called: Mapping[str, str], name: str) -> str:
    """The answer for more runs, by one metric or KPI. rows: run id → its difference to the base; name: how it reads."""
    known = {pk: row for pk, row in rows.items() if isinstance(row.difference, Estimate)}
    if not known:
        return f"{called[found.base.pk]} has nothing to be compared with"
    leader, behind = ranked(known, found.base.pk)
    level = [called[pk] for pk, row in behind.items() if row.verdict in ("cannot tell", "alike")]
    first, total = called[leader], len(behind) + 1
    if not level:
        return f"{first} leads {count(total, 'run')} in {name}"
    others = level[0] if len(level) == 1 else f"{count(len(level), 'other')}"
    return f"{first} and {others} lead {count(total, 'run')} in {name}: they cannot be told apart"


def ranked(known: Mapping[str, Difference], base: str) -> tuple[str, dict[str, Difference]]:
    """The run that leads by its point, and what each other one is against it: run id → leader against that run."""
    first = next(iter(known.values()))
    gains = {base: 0.0} | {pk: gain.point for pk, row in known.items() if isinstance(gain := gain_of(row), Estimate)}
    figures = {base: first.b} | {pk: row.a for pk, row in known.items()}
    leader = max(gains, key=lambda pk: gains[pk])
    return leader, {pk: against(first, figures[leader], one) for pk, one in figures.items() if pk != leader}


def against(like: Difference, a: Any, b: Any) -> Difference:
    """a against b in the way of another difference of the same quantity."""
    (row,) = differences(
        {like.key: a}, {like.key: b}, directions={like.key: like.direction}, smallest={like.key: like.smallest}
    )
    return row


def groups_title(rows: Sequence[tuple[str, int, Difference]], *, adds_up: bool) -> str:
    """Where two runs differ: rows are (name of the group, labelled rows, difference of one quantity a row).

    adds_up: whether the difference times the rows is a total, as of money a case, so that a part of it can be most of
    it; groups whose difference cannot be told from none have their part in it all the same.
    """
    gains = {name: gain.point * n for name, n, row in rows if isinstance(gain := gain_of(row), Estimate)}
    told = {
        verdict: sorted(
            (name for name, _, row in rows if row.verdict == verdict and name in gains), key=_largest(gains)
        )
        for verdict in ("better", "worse")
    }
    up, down = told["better"], told["worse"]
    if up and down:
        return f"Better in {up[0]}, worse in {down[0]}"
    if not up and not down:
        return "No group can be told apart"
    word, names = ("gain", up) if up else ("loss", down)
    alike = {name: abs(gain) for name, gain in gains.items() if (gain > 0) == bool(up)}
    if adds_up and len(gains) > 1 and alike[names[0]] == max(alike.values()):
        most = "Most" if alike[names[0]] > sum(alike.values()) / 2 else "The largest part"
        return f"{most} of the {word} comes from {names[0]}"
    others = f" and {count(len(names) - 1, 'other')}" if len(names) > 1 else ""
    return f"{'Better' if up else 'Worse'} in {names[0]}{others}"


def _largest(gains: Mapping[str, float]) -> Callable[[str], float]:
    return lambda name: -abs(gains[name])
