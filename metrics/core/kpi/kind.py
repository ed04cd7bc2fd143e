"""What a kind of mapping is: how its definition is read and told, its document, its value and what moves that.

Each kind is a class of its own, listed in `kinds`; nobody else asks which kind a mapping is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, cast

from metrics.core.assumptions import Drawn
from metrics.core.documents import Document, Source, digest
from metrics.core.estimate import Draws, Quantity, Unknown
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.formula import Explanation, Measured
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.season import Season
from metrics.core.kpi.worked import Lines, Worked
from metrics.core.rows.groups import Group
from metrics.core.unit_names import one_of

Statistics = Decisions | Sums
Says = dict[str, Any]
VALUE = "value"
NO_ACTS = "a cost per case acted on needs a value matrix, which knows how many are"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What a definition may name, name → unit as text, and how the KPI is counted.

    unit: the KPI's. case: what one row is ("booking"), "" where unnamed. metrics: of the model that the mapping names;
    of_models: those of every model, under its key ("fraud.recall"). measured: metrics that may be asked further.
    runs: those that may be a baseline, by id and as model/version; None where that is not to be checked.
    """

    currency: str
    case: str = ""
    unit: str = ""
    assumptions: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    of_models: Mapping[str, str] = field(default_factory=dict)
    kpis: Mapping[str, str] = field(default_factory=dict)
    measured: Measured = field(default_factory=dict)
    runs: Container[str] | None = None

    @property
    def names(self) -> Mapping[str, str]:
        """All that a formula may name; each kind of name is read when one is looked up that is none of those before."""
        return ChainMap(*cast("list[dict[str, str]]", [self.kpis, self.assumptions, self.metrics, self.of_models]))


class Reading(Protocol):
    """A definition that was read and checked. names: those that it uses. unit: of its value."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def unit(self) -> str: ...

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        ...

    def reckoned(self) -> str:
        """How the unit comes about, "" where that needs no telling."""
        ...


class InMoney:
    """A definition whose value is money, by case or for all cases together."""

    per: str
    currency: str
    case: str

    @property
    def unit(self) -> str:
        """Unit of the value: the currency, per case where the definition says so and the case has a name."""
        return unit_of_value(self.currency, self.case, self.per)

    def reckoned(self) -> str:
        return ""


Called = Callable[[str], str]


class Facts(Protocol):
    """What a document of a KPI is made from: one run, and what its product knows."""

    @property
    def rows(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def add(self, document: Document) -> str:
        """The digest of a document that is made from the run's rows, which shares their time zone and the engine."""
        ...

    def cube(self) -> str: ...

    def rows_of(self, run: str) -> str:
        """The digest of the rows of another run of the product. Raises MappingError where there are none."""
        ...

    def assumption(self, key: str) -> Document: ...

    def point(self, key: str) -> float: ...

    def operand(self, name: str) -> Document: ...

    def pairs(self, metric: str, pairs: str) -> Document: ...


class Priced(Protocol):
    """A KPI document that is priced; see `pricing.Pricing`."""

    document: Document
    source: Source

    def operand(self, name: str, drawn: Drawn) -> Quantity: ...

    def points(self, drawn: Drawn) -> dict[str, float]: ...

    def draws(self, drawn: Drawn) -> dict[str, Draws]: ...

    def worked_under(self, name: str) -> Worked: ...


@dataclass(frozen=True)
class Line:
    """One formula of a definition: where it stands, its label, base + rate × column, and its sentence."""

    place: str
    label: str
    base: str
    rate: str = ""
    column: str = ""
    says: str = ""


@dataclass(frozen=True)
class Field:
    """What an editor asks for one part of a definition. choices: (value, words); first: what stands there at first.

    runs: whether the runs of the product, by their ids, are choices too.
    """

    name: str
    label: str
    kind: Literal["formula", "lines", "text", "choice", "radio"] = "formula"
    choices: tuple[tuple[str, str], ...] = ()
    first: str = ""
    help: str = ""
    required: bool = True
    runs: bool = False


SENTENCE = Field("says", "In a sentence", "text", required=False)
PER_CASE = "case"
PER_CHOICES = ((PER_CASE, "a case"), ("total", "all cases together"))
PER = Field("per", "The value is of", "choice", choices=PER_CHOICES, first=PER_CASE)


@dataclass(frozen=True)
class Asked:
    """An assumption that a first mapping is made of, to be named before it is written."""

    key: str
    name: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What is known before a first mapping is written. case: what one row is. amounts, classes: of the run's rows.

    commonest: the class of most rows, "" where none is known. naive: the naive forecast that has something to say of
    them. units: those of the assumptions that are named already.
    """

    currency: str
    case: str
    task: str
    amounts: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    commonest: str = ""
    naive: str = "mean"
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def per_case(self) -> str:
        """The unit of money for a case."""
        return unit_of_value(self.currency, self.case, PER_CASE)

    @property
    def noun(self) -> str:
        """A case in words."""
        return (self.case or "case").replace("_", " ")


@dataclass(frozen=True)
class Start:
    """A definition to begin from, and the assumptions that it names."""

    definition: Mapping[str, Any]
    asks: tuple[Asked, ...] = ()


class MappingKind(ABC):
    """One kind of mapping. key: of its definitions. words: what it is called. offers: a sentence for who chooses one.
    tasks: of whose runs it is the first to be offered.

    shape: the TypedDict of its definitions, complete, as they are stored and signed.

    asks, hint, fields: what an editor asks for, and over it, where the kind has no editor of its own. sums: the key of
    the document's file that the value is read from, "" where it is read from other figures. unit_from: the field that
    decides the unit. writes: whether it is written in formulas. names_metrics: whether those may name metrics and KPIs.
    fitted: on history or experiments, so that its grade may be better than C. acts: decides on each row whether to act,
    so that it has a profit curve. by_month: the rows of a month alone have a value, so that months that are over have
    theirs. in_money: its value is money whatever is written.
    """

    key: ClassVar[str]
    words: ClassVar[str]
    offers: ClassVar[str]
    shape: ClassVar[type]
    tasks: ClassVar[frozenset[str]] = frozenset()
    asks: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    fields: ClassVar[tuple[Field, ...]] = ()
    sums: ClassVar[str] = ""
    unit_from: ClassVar[str] = "per"
    writes: ClassVar[bool] = True
    names_metrics: ClassVar[bool] = False
    fitted: ClassVar[bool] = False
    acts: ClassVar[bool] = False
    by_month: ClassVar[bool] = False
    in_money: ClassVar[bool] = False

    def start(self, known: Beginning) -> Start | None:
        """What a first mapping of this kind may begin from; None where it begins from nothing."""
        return None

    @abstractmethod
    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> Reading:
        """Check a definition. Raises MappingError or FormulaError, naming the field and the position within it."""

    @abstractmethod
    def parts(self, reading: Any, facts: Facts) -> dict[str, Any]:
        """What the document of a KPI adds to what all kinds share. Raises EvaluationError."""

    @abstractmethod
    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        """The figure, in a group of the rows where one is given, or from other sums than the document's."""

    def statistics(self, priced: Priced) -> Statistics | None:
        """The sums that the value is read from; None where it is read from other figures."""
        return None

    def season(self, priced: Priced, drawn: Drawn) -> Season | None:
        """How far the value of a calendar month lies from that over all rows; None where not known."""
        return None

    def acted(self, priced: Priced, *, sums: Statistics | None = None) -> Quantity:
        """Share of cases acted on."""
        return Unknown(NO_ACTS)

    def drivers(self, document: Document) -> tuple[str, ...]:
        """Drivers of its own, beside the rows and the assumptions."""
        return ()

    def at_risk(self, document: Document) -> dict[str, Any]:
        """What the document of its risks names: itself, to be valued again on the rows as trouble has them."""
        return {"value": digest(document)}

    def explained(self, priced: Priced, drawn: Drawn) -> Explanation | None:
        """The figure part by part; None where it has no parts."""
        return None

    def worked(self, priced: Priced, value: float) -> Worked:
        """The lines by which a value that is known follows from its inputs; here the value as it stands."""
        lines = Lines()
        lines.hold(f"The value is {self.words}: it stands as it was computed, and moves with no cell.")
        return lines.made(lines.give(VALUE, "Value", value, priced.document["unit"]))

    def stands_in(self, new: Document, old: Document, wanted: Document, at_hand: Document) -> bool | None:
        """Whether the sums of one document may be priced for another that has none yet.

        wanted, at_hand: the documents of the two files. True: they are the very same; False: as an approximation;
        None: they may not.
        """
        return None

    @abstractmethod
    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        """The formulas of a definition, in the order of reading."""

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        """How it is counted, as (what, in words)."""
        return ()

    def against(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> str:
        """What the value is more than, in words such as "acting on no booking"; "" where it is held against nothing.

        noun: of a case, "" where cases are not named. called: how a run that a definition names is called.
        """
        return ""

    def bare(self, definition: Mapping[str, Any]) -> str:
        """Why the value is only a cost, and no money that is earned; "" where it is no such cost."""
        return ""

    def faults(self) -> dict[str, str]:
        """A field of the definition → what a reader calls it, for messages."""
        return {one.name: one.label for one in self.fields}


def per_words(definition: Mapping[str, Any], noun: str) -> tuple[str, str]:
    return "The value is of", one_of(noun) if definition["per"] == PER_CASE else "all together"


def unit_of_value(currency: str, case: str, per: str) -> str:
    """The unit that a mapping to money gives: a case, where cases are called something, or in all."""
    return f"{currency}/{case}" if per == PER_CASE and case else currency
