"""The kinds of figure that a choice may be made by, each saying all that is its own: nobody else asks which it is.

A figure is named by a definition, plain JSON such as {"kind": "kpi", "kpi": "calls"}. Its kind checks it, says which
way it is better and in which unit, and makes it of what is known of each run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.core.rows.refusal import shown
from metrics.core.selection import segments
from metrics.core.selection.objectives import Better
from metrics.core.selection.reading import TermsError, choice, one_of, only, under
from metrics.core.supports import Support

Figure = Mapping[str, Any]
ByRun = Mapping[str, Quantity]
Under = Mapping[str, tuple[Document, Support | None]]
"""Key → an assumption, and where it lies by what it is used for, None where its unit says it."""
NO_CHAMPION = "there is no champion to be held against"
NO_PROJECTION = Unknown("no projection is set up")
WORTH = "What follows: what is acting on it worth?"
MOST_OF_A_KEY, MOST_OF_A_COLUMN = 60, 120


@dataclass(frozen=True)
class Measure:
    """What a figure is: its name, which way it is better, and its unit as text, "" for a pure number.

    asks: what it asks of a model, "" where that is not known: why two figures may choose differently.
    """

    name: str
    direction: Better
    unit: str = ""
    asks: str = ""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What a product has to choose a model's version by.

    metrics, kpis: key → what it is; metrics are those of the model's task, reported costs among them. money: what runs
    would bring over the months of the projection, or why that is not known. columns: by which rows are parted; None
    where that is not to be checked.
    """

    metrics: Mapping[str, Measure] = field(default_factory=dict)
    kpis: Mapping[str, Measure] = field(default_factory=dict)
    money: Measure | Unknown = NO_PROJECTION
    columns: tuple[str, ...] | None = None


class Figures(Protocol):
    """What is known of the runs, by the id of the run. champion: its run's id, "" where there is none."""

    champion: str

    def metric(self, key: str) -> ByRun: ...

    def kpi(self, key: str) -> ByRun: ...

    def money(self) -> ByRun: ...

    def metric_by_group(self, key: str, column: str) -> Mapping[str, Mapping[str, Quantity]]:
        """Run → group of the column's → figure."""
        ...

    def kpi_by_group(self, key: str, column: str) -> Mapping[str, Mapping[str, Quantity]]: ...


class Priced(Protocol):
    """What the figures of the runs are priced from."""

    def under_kpi(self, run: str, key: str) -> Under: ...

    def under_money(self, run: str) -> Under: ...


class Since(Protocol):
    """What is known since a version was chosen, of it."""

    def metric(self, key: str) -> Quantity: ...

    def kpi(self, key: str) -> Quantity: ...

    def money(self) -> Quantity: ...


class FigureKind(ABC):
    """One kind of figure. key: of its definitions. words: what it is called. fields: of its definitions, in order.

    projected: whether it is money over the months of the projection.
    """

    key: ClassVar[str]
    words: ClassVar[str]
    fields: ClassVar[tuple[str, ...]] = ()
    projected: ClassVar[bool] = False

    @abstractmethod
    def read(self, figure: Figure, offered: Offered, place: str) -> Figure:
        """The definition, complete. Raises TermsError."""

    @abstractmethod
    def measure(self, figure: Figure, offered: Offered) -> Measure:
        """What a checked figure is."""

    @abstractmethod
    def name(self, figure: Figure) -> str:
        """The key that stands for it where none is given."""

    @abstractmethod
    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        """The figure of each run."""

    def by_group(self, figure: Figure, column: str, known: Figures) -> Mapping[str, Mapping[str, Quantity]]:
        """Run → group of a column → figure. Raises TermsError for a kind that has none, which `read` refuses."""
        raise TermsError("figure", f"{self.words} is not known by segments")

    def since(self, figure: Figure, known: Since) -> Quantity:
        """What came of it, where that is measured again."""
        return Unknown(f"a {self.words} is not measured again")

    def basis(self, figure: Figure) -> Figure:
        """The figure of the rows that it rests on: itself, where it rests on no other."""
        return figure

    def under(self, figure: Figure, run: str, priced: Priced) -> Under:
        """The assumptions under the figure of a run, of a kind that rests on no other."""
        return {}


class ByKey(FigureKind):
    """A figure that is named by a key."""

    def read(self, figure: Figure, offered: Offered, place: str) -> Figure:
        key, known = figure.get(self.key), self._offered(offered)
        if not isinstance(key, str) or key not in known:
            told = "it is missing" if key is None else f"there is no {self.words} {shown(key)} here"
            raise TermsError(under(place, self.key), told, one_of(known))
        return {"kind": self.key, self.key: key}

    @abstractmethod
    def _offered(self, offered: Offered) -> Mapping[str, Measure]: ...

    def measure(self, figure: Figure, offered: Offered) -> Measure:
        return self._offered(offered)[figure[self.key]]

    def name(self, figure: Figure) -> str:
        return str(figure[self.key])


class OfMetric(ByKey):
    """A metric of the runs: of the task, by a formula, or reported, as latency or what serving costs."""

    key, words, fields = "metric", "metric", ("metric",)

    def _offered(self, offered: Offered) -> Mapping[str, Measure]:
        return offered.metrics

    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        return known.metric(figure["metric"])

    def since(self, figure: Figure, known: Since) -> Quantity:
        return known.metric(figure["metric"])

    def by_group(self, figure: Figure, column: str, known: Figures) -> Mapping[str, Mapping[str, Quantity]]:
        return known.metric_by_group(figure["metric"], column)


class OfKPI(ByKey):
    """A KPI that runs imply under its mapping in force."""

    key, words, fields = "kpi", "KPI", ("kpi",)

    def _offered(self, offered: Offered) -> Mapping[str, Measure]:
        return offered.kpis

    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        return known.kpi(figure["kpi"])

    def since(self, figure: Figure, known: Since) -> Quantity:
        return known.kpi(figure["kpi"])

    def by_group(self, figure: Figure, column: str, known: Figures) -> Mapping[str, Mapping[str, Quantity]]:
        return known.kpi_by_group(figure["kpi"], column)

    def under(self, figure: Figure, run: str, priced: Priced) -> Under:
        return priced.under_kpi(run, figure["kpi"])


class Money(FigureKind):
    """Money over the months of the projection, were a run the champion."""

    key, words, projected = "money", "projected money", True

    def read(self, figure: Figure, offered: Offered, place: str) -> Figure:
        if isinstance(offered.money, Unknown):
            raise TermsError(place, f"there is no money yet: {offered.money.reason}", "choose by a KPI, or set that up")
        return {"kind": self.key}

    def measure(self, figure: Figure, offered: Offered) -> Measure:
        assert isinstance(offered.money, Measure)
        return offered.money

    def name(self, figure: Figure) -> str:
        return self.key

    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        return known.money()

    def since(self, figure: Figure, known: Since) -> Quantity:
        return known.money()

    def under(self, figure: Figure, run: str, priced: Priced) -> Under:
        return priced.under_money(run)


class OverGroups(FigureKind):
    """A figure that is made of those of the groups of a column, which are of a metric or a KPI."""

    fields = ("column", "figure")

    def read(self, figure: Figure, offered: Offered, place: str) -> Figure:
        column, columns = figure.get("column"), offered.columns
        if not isinstance(column, str) or not column or (columns is not None and column not in columns):
            told = f"the rows are not parted by {shown(column)}" if column else "it is missing"
            raise TermsError(under(place, "column"), told, one_of(columns or ()))
        inner = read(figure.get("figure"), offered, under(place, "figure"), kinds=BY_GROUP)
        return {"kind": self.key, "column": column[:MOST_OF_A_COLUMN], "figure": inner}

    def name(self, figure: Figure) -> str:
        return f"{self.key}_{name(figure['figure'])}"[:MOST_OF_A_KEY]

    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        inner = figure["figure"]
        direction = measure(inner, offered).direction
        parts = kind_of(inner).by_group(inner, figure["column"], known)
        return {run: self._over(groups, direction) for run, groups in parts.items()}

    def basis(self, figure: Figure) -> Figure:
        return basis(figure["figure"])

    @abstractmethod
    def _over(self, groups: Mapping[str, Quantity], direction: Better) -> Quantity: ...


class Worst(OverGroups):
    """The figure of the segment that fares worst, in each draw the worst of that draw."""

    key, words = "worst", "worst segment"

    def measure(self, figure: Figure, offered: Offered) -> Measure:
        inner = measure(figure["figure"], offered)
        return replace(inner, name=f"{inner.name}, worst {figure['column']}")

    def _over(self, groups: Mapping[str, Quantity], direction: Better) -> Quantity:
        return segments.worst(groups, direction)


class Gap(OverGroups):
    """The distance between the segments with the largest and the smallest figure; less is better."""

    key, words = "gap", "gap between segments"

    def measure(self, figure: Figure, offered: Offered) -> Measure:
        inner = measure(figure["figure"], offered)
        return Measure(f"{inner.name}, gap between {figure['column']}", "down", inner.unit)

    def _over(self, groups: Mapping[str, Quantity], direction: Better) -> Quantity:
        return segments.gap(groups)


class OverChampion(FigureKind):
    """A figure less the champion's, draw by draw: what both share drops out."""

    key, words, fields = "over_champion", "difference to the champion", ("figure",)

    def read(self, figure: Figure, offered: Offered, place: str) -> Figure:
        kinds = tuple(kind for kind in KINDS.values() if kind is not self)
        inner = read(figure.get("figure"), offered, under(place, "figure"), kinds=kinds)
        if isinstance(measure(inner, offered).direction, float):
            told = "a figure that should be near a number is not held against the champion's"
            raise TermsError(under(place, "figure"), told, "hold it against its limits")
        return {"kind": self.key, "figure": inner}

    def measure(self, figure: Figure, offered: Offered) -> Measure:
        inner = measure(figure["figure"], offered)
        return replace(inner, name=f"{inner.name} over the champion")

    def name(self, figure: Figure) -> str:
        return f"{name(figure['figure'])}_over_champion"[:MOST_OF_A_KEY]

    def of(self, figure: Figure, known: Figures, offered: Offered) -> ByRun:
        inner = of(figure["figure"], known, offered)
        champion = inner.get(known.champion, Unknown(NO_CHAMPION))
        return {run: difference(one, champion) for run, one in inner.items()}

    def basis(self, figure: Figure) -> Figure:
        return basis(figure["figure"])


BY_GROUP: tuple[FigureKind, ...] = (OfMetric(), OfKPI())
KINDS: dict[str, FigureKind] = {kind.key: kind for kind in (*BY_GROUP, Money(), Worst(), Gap(), OverChampion())}


def kind_of(figure: Figure) -> FigureKind:
    """The kind of a definition that was checked."""
    return KINDS[figure["kind"]]


def read(given: Any, offered: Offered, place: str, *, kinds: tuple[FigureKind, ...] = ()) -> Figure:
    """A figure's definition, complete. kinds: those that may stand here, all by default. Raises TermsError."""
    allowed = {kind.key: kind for kind in kinds or KINDS.values()}
    if not isinstance(given, Mapping):
        raise TermsError(place, "it names no figure", 'name one, such as {"kind": "metric", "metric": "log_loss"}')
    kind = allowed[choice(given, place, "kind", allowed)]
    only(given, place, ("kind", *kind.fields))
    return kind.read(given, offered, place)


def measure(figure: Figure, offered: Offered) -> Measure:
    """What a checked figure is."""
    return kind_of(figure).measure(figure, offered)


def name(figure: Figure) -> str:
    """The key that stands for a checked figure where none is given."""
    return kind_of(figure).name(figure)


def basis(figure: Figure) -> Figure:
    """The metric, KPI or money that a checked figure rests on, whose grade is its own."""
    return kind_of(figure).basis(figure)


def projected(figure: Figure) -> bool:
    """Whether a checked figure rests on money over the months of the projection."""
    return kind_of(basis(figure)).projected


def since(figure: Figure, known: Since) -> Quantity:
    """What came of a checked figure, as far as it is measured again."""
    return kind_of(figure).since(figure, known)


def assumptions(figure: Figure, run: str, priced: Priced) -> Under:
    """The assumptions under a checked figure of a run; a figure without any moves with none."""
    rests_on = basis(figure)
    return kind_of(rests_on).under(rests_on, run, priced)


def of(figure: Figure, known: Figures, offered: Offered) -> ByRun:
    """The figure of each run, in the unit of its measure."""
    unit = measure(figure, offered).unit
    found = kind_of(figure).of(figure, known, offered)
    return {run: replace(one, unit=unit) if isinstance(one, Estimate) else one for run, one in found.items()}
