"""Which metric follows a KPI, and the money: every metric of a product's comparable runs against both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from metrics import access
from metrics.core.documents import canonical
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi import fidelity, fidelity_verdict
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.fidelity import Agreement, Better, Side
from metrics.core.kpi.fidelity_halves import Halves, decisions_half, metric_halves
from metrics.core.kpi.pricing import Pricing
from metrics.core.rows.groups import MONTH
from metrics.memory import remembered
from metrics.models.evaluation import ChampionRun, EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product
from metrics.queries.documents import definitions
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money, read_from, speaks_of, stands_on
from metrics.queries.documents.source import Shelf, read
from metrics.queries.evaluation import catalogue, statistics
from metrics.queries.kpi import board
from metrics.queries.selection import comparison

MOST = 40  # runs, the newest
MOST_SEGMENTS = 6  # of the column that parts the rows first
BY_ROWS = "only rows can be parted in two halves: this metric, or KPI, is not measured by halves"
ORDER = ("faithful", "weak", "misleading", "insufficient evidence")


@dataclass(frozen=True, kw_only=True)
class Against:
    """A metric against one KPI. points: (run id, metric, KPI) as they are measured."""

    kpi: str
    tau: Quantity
    rho: Quantity
    agreement: Agreement | Unknown
    regret: Quantity
    hindsight: Quantity
    flips: tuple[str, ...]
    judged: fidelity_verdict.Judgement
    points: tuple[tuple[str, float, float], ...]

    @property
    def rule(self) -> str:
        """The rule that the verdict follows."""
        return fidelity_verdict.RULES[self.judged.verdict]


@dataclass(frozen=True, kw_only=True)
class Follower:
    """A metric, and how it follows the chosen KPI and the money. alarm: releases in a row that it misled."""

    key: str
    name: str
    better: Better
    kpi: Against
    money: Against | None
    alarm: int


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Metrics of the comparable runs, those that follow the chosen KPI best first.

    choices: mappings in force; chosen: the one looked at; money: the one that is worth money, None where there is none
    or it is the chosen one. figure: the chosen KPI on the first of the runs, with the grade that all of this has.
    saturation: share of the runs that the chosen KPI cannot tell from its best. why: why there is nothing to rank, ""
    where there is. basis: what the runs were chosen by where no champion says it, else "".
    """

    choices: tuple[MappingVersion, ...]
    chosen: MappingVersion | None = None
    money: MappingVersion | None = None
    runs: tuple[EvaluationRun, ...] = ()
    figure: board.KPIFigure | None = None
    saturation: float | None = None
    followers: tuple[Follower, ...] = ()
    why: str = ""
    basis: str = ""


def ranking(product: Product, key: str = "") -> Ranking:
    """Every metric against the KPI of this key, by default the one in money. Raises Hidden for an unknown key."""
    known = Known(product)
    choices = tuple(sorted(known.approved.values(), key=lambda row: row.mapping.kpi.name))
    if key and key not in known.approved:
        raise access.Hidden
    money = in_money(known)
    chosen = known.approved[key] if key else money or next(iter(choices), None)
    if chosen is None:
        return Ranking(choices=choices, why="no mapping is in force yet, so no run has a KPI")
    held = comparable_runs(chosen, known)
    if not held:
        return Ranking(choices=choices, chosen=chosen, why="no scored run has rows that others share")
    if money is not None and (money.pk == chosen.pk or not speaks_of(money, held[0], known)):
        money = None
    newest = f"no version is champion: these are the runs on the rows of the newest, {held[0].name}"
    return replace(_ranked(known, choices, chosen, money, held), basis="" if stands_on(chosen, known) else newest)


def comparable_runs(version: MappingVersion, known: Known) -> list[EvaluationRun]:
    """Scored runs of a version's models on the rows of its champion, else of the newest run; of equal predictions one,
    the newest first."""
    base = stands_on(version, known) or _newest(version, known)
    if base is None or not base.rows:
        return []
    others = list(comparison.alike(base).order_by("-created_at", "-pk")[: MOST - 1])
    found = comparison.comparable(others, base)
    first: dict[str, EvaluationRun] = {}
    for run in (base, *others):
        if run.pk in found.files and speaks_of(version, run, known):
            first.setdefault(run.rows, run)
    return list(first.values())


def _newest(version: MappingVersion, known: Known) -> EvaluationRun | None:
    """The newest scored run with rows of the models that a version is read from."""
    rows = catalogue.runs(known.product).filter(state=EvaluationRun.State.SCORED, data_set__isnull=False)
    return rows.exclude(rows="").filter(version__model__in=read_from(version, known)).first()


def _ranked(
    known: Known,
    choices: tuple[MappingVersion, ...],
    chosen: MappingVersion,
    money: MappingVersion | None,
    held: Sequence[EvaluationRun],
) -> Ranking:
    versions = [chosen, *([money] if money else [])]
    figures = board.of_runs(held, known, versions)
    kpis = {
        version.pk: {pk: one.quantity for pk, found in figures.items() for one in found if one.version == version}
        for version in versions
    }
    ready = [run for run in held if all(isinstance(kpis[version.pk][run.pk], Estimate) for version in versions)]
    if not ready:
        return Ranking(choices=choices, chosen=chosen, money=money, why="the KPI is not known of any run yet")
    metrics = _metrics(ready)
    scene = _Scene(known, ready, tuple(metrics))
    sides = {version.pk: _side(kpis[version.pk], ready, _better(version)) for version in versions}
    followers = []
    for key, (name, better, points) in metrics.items():
        mine = Side.of(points, better)
        against = [scene.against(key, better, mine, version, sides[version.pk]) for version in versions]
        if mine.all_equal:
            continue  # a figure of the rows, not of the model: it cannot choose
        alarm = scene.alarm(better, dict(zip((run.pk for run in ready), points, strict=True)), chosen, kpis[chosen.pk])
        followers.append(
            Follower(
                key=key,
                name=name,
                better=better,
                kpi=against[0],
                money=against[1] if money else None,
                alarm=alarm,
            )
        )
    return Ranking(
        choices=choices,
        chosen=chosen,
        money=money,
        runs=tuple(ready),
        figure=next(one for one in figures[ready[0].pk] if one.version == chosen),
        saturation=fidelity.saturation(sides[chosen.pk]),
        followers=tuple(sorted(followers, key=_rank)),
    )


def _rank(one: Follower) -> tuple[int, float, str]:
    tau = one.kpi.tau
    return ORDER.index(one.kpi.judged.verdict), -tau.point if isinstance(tau, Estimate) else 2.0, one.key


def _better(version: MappingVersion) -> Better:
    return "up" if version.mapping.kpi.direction == "up" else "down"


def _side(figures: Mapping[str, Quantity], held: Sequence[EvaluationRun], better: Better) -> Side:
    return Side.of([one for run in held if isinstance(one := figures[run.pk], Estimate)], better)


def _metrics(held: Sequence[EvaluationRun]) -> dict[str, tuple[str, Better, list[Estimate]]]:
    """Key → name, direction and figures in order of the runs; of metrics that all have and that are better one way."""
    figures = catalogue.metric_figures(held)
    base = held[0]
    ways = comparison.comparable([], base).directions
    names = {key: one.name for key, one in TASKS[base.task].definitions.items()}
    for own in definitions.of_product(base.product):
        ways.setdefault(own.key, "up" if own.direction == "up" else "down")
        names.setdefault(own.key, own.name)
    found: dict[str, tuple[str, Better, list[Estimate]]] = {}
    for key, way in ways.items():
        mine = [figures[run.pk][key].quantity for run in held if key in figures[run.pk]]
        known = [one for one in mine if isinstance(one, Estimate)]
        if len(known) == len(held) and (way == "up" or way == "down"):
            found[key] = (names[key], "up" if way == "up" else "down", known)
    return found


class _Scene:
    """What all metrics are judged on: the runs, their files and KPI documents, halves and segments; each read once."""

    def __init__(self, known: Known, held: Sequence[EvaluationRun], keys: tuple[str, ...]) -> None:
        self.known, self.runs, self.base = known, held, held[0]
        self.files = statistics.cube_files(held)
        self.keys = tuple(key for key in keys if key in TASKS[self.base.task].definitions)
        self._kpis: dict[str, tuple[tuple[str, bytes], ...] | None] = {}

    def against(self, key: str, better: Better, mine: Side, version: MappingVersion, theirs: Side) -> Against:
        """One metric against one KPI."""
        tau, agreed = fidelity.kendall(mine, theirs), fidelity.agreement(mine, theirs)
        flipped = fidelity.flips(tau, self._segments(key, better, version))
        signs = {"up": 1.0, "down": -1.0}
        unit = version.mapping.kpi.unit
        return Against(
            kpi=version.mapping.kpi.key,
            tau=tau,
            rho=fidelity.spearman(mine, theirs),
            agreement=agreed,
            regret=self._regret(key, better, version),
            hindsight=fidelity.hindsight(mine, theirs, unit),
            flips=flipped,
            judged=fidelity_verdict.judged(len(self.runs), tau, agreed, flipped),
            points=tuple(
                (run.pk, float(signs[better] * x), float(signs[_better(version)] * y))
                for run, x, y in zip(self.runs, mine.points, theirs.points, strict=True)
            ),
        )

    def alarm(
        self, better: Better, points: Mapping[str, Estimate], version: MappingVersion, kpis: Mapping[str, Quantity]
    ) -> int:
        """Releases in a row, up to the last, in which the metric improved and the KPI did not."""
        released = [pk for pk in self._releases if isinstance(kpis[pk], Estimate)]
        theirs = [one.point for pk in released if isinstance(one := kpis[pk], Estimate)]
        mine = [points[pk].point for pk in released]
        return fidelity.alarming(mine, theirs, loss_better=better, kpi_better=_better(version))

    @cached_property
    def _releases(self) -> list[str]:
        """Runs of the versions that were made champion, in that order; the newest run of each."""
        promoted = ChampionRun.objects.filter(version__model=self.base.version.model_id, act=ChampionRun.Act.PROMOTED)
        newest: dict[str, str] = {}
        for run in sorted(self.runs, key=lambda one: one.created_at):
            newest[run.version_id] = run.pk
        versions = promoted.order_by("created_at").values_list("version", flat=True)
        found = [newest[version] for version in versions if version in newest]
        return [pk for place, pk in enumerate(found) if place == 0 or found[place - 1] != pk]

    def _documents(self, version: MappingVersion) -> tuple[tuple[str, bytes], ...] | None:
        """Of each run the file of its decisions and its KPI document; None where the KPI is no value matrix."""
        if version.pk not in self._kpis:
            found = [board.document(run, version, self.known) for run in self.runs]
            files = statistics.artifact_files(one["decisions"] for one in found if "decisions" in one)
            rows = tuple((files.get(one.get("decisions", ""), ""), canonical(one)) for one in found)
            self._kpis[version.pk] = rows if all(file for file, _ in rows) else None
        return self._kpis[version.pk]

    def _regret(self, key: str, better: Better, version: MappingVersion) -> Quantity:
        priced = self._documents(version)
        if priced is None or key not in self.keys:
            return Unknown(BY_ROWS)
        mine = [_metric_halves(self.files[run.pk], run.task, self.keys) for run in self.runs]
        halves = []
        for half in (0, 1):
            points = [held[half].get(key) for held in mine]
            money = [_money_halves(file, document)[half] for file, document in priced]
            known = [one for one in money if isinstance(one, Estimate)]
            if None in points or len(known) < len(money):
                return Unknown(BY_ROWS)
            figures = [Estimate(point) for point in points if point is not None]
            halves.append((Side.of(figures, better), Side.of(known, _better(version))))
        return fidelity.regret((halves[0], halves[1]), version.mapping.kpi.unit)

    def _segments(self, key: str, better: Better, version: MappingVersion) -> dict[str, Quantity]:
        """Rank agreement in each segment of the first column that parts the rows."""
        priced = self._documents(version)
        if priced is None or key not in self.keys or len(self.runs) < fidelity_verdict.LEAST:
            return {}
        files = tuple(self.files[run.pk] for run in self.runs)
        seed = self.known.product.seed
        return dict(_segment_taus(files, priced, self.base.task, seed, self._ways, _better(version)).get(key, {}))

    @cached_property
    def _ways(self) -> tuple[tuple[str, Better], ...]:
        found = comparison.comparable([], self.base).directions
        return tuple((key, "up" if found[key] == "up" else "down") for key in self.keys)


@remembered
def _metric_halves(file: str, task: str, keys: tuple[str, ...]) -> Halves:
    return metric_halves(statistics.read(file, task), task, keys)


@remembered
def _money_halves(file: str, document: bytes) -> tuple[Quantity, Quantity]:
    """The KPI on the even and the odd buckets; a total counts for as many cases as the whole has."""
    found, sums = json.loads(document), read(file, Decisions.from_bytes)
    halves = []
    for half in (decisions_half(sums, 0), decisions_half(sums, 1)):
        figure = Pricing(found, Shelf(Book())).value(sums=half)
        if isinstance(figure, Estimate) and found["definition"]["per"] == "total" and half.n():
            figure = _times(figure, sums.n() / half.n())
        halves.append(figure)
    return halves[0], halves[1]


def _times(figure: Estimate, scale: float) -> Quantity:
    return figure.map(lambda values: values * scale)


@remembered
def _segment_taus(
    files: tuple[str, ...],
    priced: tuple[tuple[str, bytes], ...],
    task: str,
    seed: int,
    ways: tuple[tuple[str, Better], ...],
    better: Better,
) -> Mapping[str, Mapping[str, Quantity]]:
    """Metric → segment → rank agreement with the KPI within it. Takes a second or two when first asked for."""
    first = statistics.read(files[0], task)
    columns = [column for column, _ in statistics.groups(first) if column and column != MONTH]
    groups = [group for group in statistics.groups(first) if columns and group[0] == columns[0]]
    groups = sorted(groups, key=lambda group: -statistics.labelled(first, group))[:MOST_SEGMENTS]
    keys = [key for key, _ in ways]
    figures = []  # of each run by group: a file is read once for all groups
    for file, (decided, document) in zip(files, priced, strict=True):
        held = statistics.read(file, task)
        figures.append(
            [
                (TASKS[task].evaluate(held, seed=seed, keys=keys, group=group), _priced(decided, document, group))
                for group in groups
            ]
        )
    found: dict[str, dict[str, Quantity]] = {key: {} for key in keys}
    for place, group in enumerate(groups):
        money = [one for run in figures if isinstance(one := run[place][1], Estimate)]
        for key, way in ways:
            mine = [one for run in figures if isinstance(one := run[place][0][key], Estimate)]
            if len(mine) == len(money) == len(files):
                found[key][group[1]] = fidelity.kendall(Side.of(mine, way), Side.of(money, better))
    return found


def _priced(file: str, document: bytes, group: tuple[str, str]) -> Quantity:
    sums = read(file, Decisions.from_bytes)
    if group not in sums.groups:
        return Unknown("no such rows")
    return Pricing(json.loads(document), Shelf(Book())).value(group=group, sums=sums)
