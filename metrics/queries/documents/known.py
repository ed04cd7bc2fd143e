"""What a product knows now, or knew at a moment, read once for all that a request makes from it.

What several products know is read for all of them at once, when it is first asked of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import QuerySet

from metrics.core.estimate import Estimate
from metrics.models.calibration import Pair
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import KPI, AssumptionVersion, Mapping, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Correction, Projection, RevenueResult
from metrics.prepared import Prepared
from metrics.queries.documents import calibration, definitions, observed, standing
from metrics.queries.documents.book import Book
from metrics.queries.documents.calibration import Key
from metrics.queries.documents.definitions import Definition
from metrics.queries.documents.observed import Months
from metrics.queries.documents.source import Shelf
from metrics.queries.documents.standing import Standing

T = TypeVar("T")
R = TypeVar("R", EvaluationRun, KPI, Mapping)
Read = Callable[["Known", Iterable[str]], dict[str, T]]

NO_APPROVED = "no approved mapping"
NO_CHAMPION = "no champion with a scored run"
WITH_PRODUCT = Product._meta.get_field("projection")  # where it was read with the product
MADE_FROM = ("document", "detail")  # of a stored figure
HISTORY = 240  # months of volume at most in a document


class Known:
    """What one product knows. at: the moment; None for now. today: the day there on which it is read.

    totals_alone: of many, what their money is made of is asked for, and no other KPI, nor how a figure was made.
    """

    def __init__(self, product: Product, *, at: datetime | None = None, today: date | None = None) -> None:
        self.product, self.at, self.today = product, at, today or product.today()
        self.book = Book()
        self.together: tuple[Known, ...] = (self,)
        self.totals_alone = False
        self._read: dict[str, Any] = {}  # what is stored
        self._made: dict[str, Any] = {}  # what was made of it

    @classmethod
    def of(cls, products: Iterable[Product], *, today: date | None = None) -> list[Known]:
        """What each of several products knows, read together."""
        several = [cls(product, today=today) for product in products]
        for known in several:
            known.together = tuple(several)
        return several

    def __copy__(self) -> Known:
        """The same knowledge, to be changed: a state that is only supposed."""
        other = Known(self.product, at=self.at, today=self.today)
        other._read = dict(self._read)
        return other

    @cached_property
    def source(self) -> Shelf:
        """What is stored already, and this book."""
        return Shelf(self.book)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is made of this knowledge once a request."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def _shared(self, name: str, read: Read[T], missing: T) -> T:
        """What a reading gives for this product, read for all that are read together."""
        if name not in self._read:
            by_product = read(self, [known.product.pk for known in self.together])
            for known in self.together:
                known._read.setdefault(name, by_product.get(known.product.pk, missing))
        value: T = self._read[name]
        return value

    def suppose(self, **changed: Any) -> None:
        """Hold other knowledge than what is stored, by name; what was made of it before holds no more."""
        self._read |= changed
        self._made.clear()

    @property
    def versions(self) -> list[AssumptionVersion]:
        """Every version of every assumption, ascending."""
        return self._shared("versions", _versions, [])

    @property
    def assumptions(self) -> dict[str, AssumptionVersion]:
        """Key → newest version."""
        if "assumptions" not in self._read:
            rows = (row for row in self.versions if not self.at or row.created_at <= self.at)
            self._read["assumptions"] = {row.assumption.key: row for row in rows}
        newest: dict[str, AssumptionVersion] = self._read["assumptions"]
        return newest

    @property
    def approved(self) -> dict[str, MappingVersion]:
        """KPI key → the mapping version in force."""
        return self._shared("approved", _approved, {})

    @property
    def kpis(self) -> dict[str, KPI]:
        return self._shared("kpis", _kpis, {})

    @property
    def projection(self) -> Projection | None:
        if WITH_PRODUCT.is_cached(self.product):
            return getattr(self.product, "projection", None)
        return self._shared("projection", _projections, None)

    @property
    def metrics(self) -> dict[str, Definition]:
        return self._shared("metrics", _metrics, {})

    @property
    def pairs(self) -> dict[Key, list[Pair]]:
        """(KPI, metric, kind) → the pairs that a calibrated mapping is fitted on."""
        if "pairs" not in self._read:
            self._read["pairs"] = calibration.known_pairs(self.product, at=self.at)
        read: dict[Key, list[Pair]] = self._read["pairs"]
        return read

    @property
    def runs(self) -> list[EvaluationRun]:
        """Scored runs, newest first."""
        return self.once("runs", lambda: _with_product(self.product, _scored([self.product.pk])))

    @property
    def with_rows(self) -> list[EvaluationRun]:
        """Those of them that were sent with rows; the others, which report their metrics, may be a thousand times as
        many."""
        rows = _scored([self.product.pk]).exclude(rows="")
        return self.once("runs with rows", lambda: _with_product(self.product, rows))

    def runs_of(self, models: Iterable[Model]) -> list[EvaluationRun]:
        """Scored runs of some models, newest first."""
        keys = sorted(model.pk for model in models)
        rows = _scored([self.product.pk]).filter(version__model__in=keys)
        return self.once(f"runs of {keys}", lambda: _with_product(self.product, rows))

    @property
    def corrections(self) -> dict[str, Correction]:
        """Mapping version in force → the correction of projections under it."""
        proven = {row.pk: row.correction for row in self.approved.values() if hasattr(row, "correction")}
        return {key: row for key, row in proven.items() if not self.at or row.created_at <= self.at}

    @property
    def models(self) -> dict[str, Model]:
        """Key → model, the first made first."""
        return self._shared("models", _models, {})

    @property
    def standing(self) -> dict[str, Standing]:
        """Id of a model → what was chosen for its champion, and the run that stands for it."""
        return self._shared("standing", _standing, {})

    @property
    def champions(self) -> dict[str, EvaluationRun]:
        """Id of a model → the run that stands for its champion; none of a model without one."""
        return {model: held.run for model, held in self.standing.items() if held.run is not None}

    def champion_of(self, run: EvaluationRun) -> EvaluationRun | None:
        """The champion's run of the model that a run is of."""
        return self.champions.get(run.version.model_id)

    def money(self, digests: Iterable[str]) -> dict[str, RevenueResult]:
        """Digest → the stored figure of revenue; each is read once, for whatever part of a page."""
        rows: dict[str, RevenueResult | None] = self.once("money", dict)
        wanted = set(digests) - rows.keys()
        if wanted:
            rows |= dict.fromkeys(wanted)
            read = TOTALS if self.totals_alone else MONEY
            rows |= {row.digest: row for row in read(sorted(wanted))}
        return {digest: row for digest in digests if (row := rows[digest]) is not None}

    def observed(self, kpi: KPI) -> Months:
        """Month → what is known of it, ascending, each month as known last; partial ones are marked."""
        none: dict[str, Months] = {}
        if self.totals_alone and "observed" not in self._read:
            held = self._shared("projected_from", _projected_from, none)
            if kpi.pk in held:
                return held[kpi.pk]
        return self._shared("observed", _observed, none).get(kpi.pk, {})

    def actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        """(month, value) ascending, of full months: what is known of a month while it runs is no figure of it."""
        full = [(name, month.value) for name, month in self.observed(kpi).items() if not month.partial]
        return [(name, value.point) for name, value in full if isinstance(value, Estimate)][-HISTORY:]


def _by_product(rows: Iterable[Any], product: Callable[[Any], str]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[product(row)].append(row)
    return grouped


VERSIONS = Prepared(
    lambda products: (
        AssumptionVersion.objects.filter(assumption__product__in=products)
        .select_related("assumption")
        .order_by("number")
    ),
    list,
)
APPROVED = Prepared(
    lambda products: MappingVersion.objects.filter(
        mapping__product__in=products, state=MappingVersion.State.APPROVED
    ).select_related("mapping__kpi", "correction", "model"),
    list,
)
KPIS = Prepared(lambda products: KPI.objects.filter(product__in=products), list)
PROJECTIONS = Prepared(
    lambda products: Projection.objects.filter(product__in=products).select_related(
        "value_kpi", "volume_kpi", "revenue_kpi"
    ),
    list,
)
MODELS = Prepared(lambda products: Model.objects.filter(product__in=products).order_by("created_at", "pk"), list)
MONEY = Prepared(lambda digests: RevenueResult.objects.filter(digest__in=digests), list)
TOTALS = Prepared(lambda digests: RevenueResult.objects.filter(digest__in=digests).defer(*MADE_FROM), list)


def _versions(known: Known, products: Iterable[str]) -> dict[str, list[AssumptionVersion]]:
    return _by_product(VERSIONS(products), lambda row: row.assumption.product_id)


def _approved(known: Known, products: Iterable[str]) -> dict[str, dict[str, MappingVersion]]:
    by_product = _by_product(APPROVED(products), lambda row: row.mapping.product_id)
    for each in known.together:
        _with_product(each.product, [row.mapping for row in by_product.get(each.product.pk, [])])
    return {key: {row.mapping.kpi.key: row for row in found} for key, found in by_product.items()}


def _kpis(known: Known, products: Iterable[str]) -> dict[str, dict[str, KPI]]:
    by_product = _by_product(KPIS(products), lambda row: row.product_id)
    for each in known.together:
        _with_product(each.product, by_product.get(each.product.pk, []))
    return {key: {row.key: row for row in found} for key, found in by_product.items()}


def _projections(known: Known, products: Iterable[str]) -> dict[str, Projection | None]:
    return {row.product_id: row for row in PROJECTIONS(products)}


def _metrics(known: Known, products: Iterable[str]) -> dict[str, dict[str, Definition]]:
    return {key: {metric.key: metric for metric in rows} for key, rows in definitions.of_products(products).items()}


def _scored(products: Iterable[str]) -> QuerySet[EvaluationRun]:
    rows = EvaluationRun.objects.filter(product__in=products, state=EvaluationRun.State.SCORED)
    return rows.select_related("version__model", "data_set")


def _with_product(product: Product, rows: Iterable[R]) -> list[R]:
    """The rows with the product at hand, which need not be read again."""
    listed = list(rows)
    for row in listed:
        row.product = product
    return listed


def _models(known: Known, products: Iterable[str]) -> dict[str, dict[str, Model]]:
    by_product = _by_product(MODELS(products), lambda row: row.product_id)
    return {key: {row.key: row for row in held} for key, held in by_product.items()}


def _standing(known: Known, products: Iterable[str]) -> dict[str, dict[str, Standing]]:
    found: dict[str, dict[str, Standing]] = defaultdict(dict)
    for model, held in standing.standing(products).items():
        found[held.chosen.run.product_id][model] = held
    for each in known.together:
        _with_product(each.product, [held.run for held in found[each.product.pk].values() if held.run is not None])
    return found


def _projected_from(known: Known, products: Iterable[str]) -> dict[str, dict[str, Months]]:
    rows = [each.projection for each in known.together if each.projection is not None]
    kpis = [key for row in rows for key in (row.volume_kpi_id, row.revenue_kpi_id) if key]
    return observed.of_products(products, at=known.at, kpis=kpis)


def _observed(known: Known, products: Iterable[str]) -> dict[str, dict[str, Months]]:
    return observed.of_products(products, at=known.at)
