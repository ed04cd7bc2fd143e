"""Which runs stand on a page of the runs table, and in which order, out of a hundred thousand.

Only keys are read here, from an index wherever there is one; what a line shows is read for the keys of one page.
A run whose figure is unknown comes after every known one, in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from metrics.models.evaluation import EvaluationRun, MetricResult, Model, ModelVersion
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.models.product import Product
from metrics.queries.evaluation.catalogue import runs
from metrics.queries.runs.filters import LOOKUPS, Range, Wanted

State = EvaluationRun.State
COUNTED = 2000  # matching runs are counted up to here


@dataclass(frozen=True, kw_only=True)
class Keys:
    """A page of keys. count: runs that match, at most COUNTED of them where `over` says that there are more."""

    keys: tuple[str, ...]
    start: int
    more: bool
    count: int
    over: bool = False


class Order:
    """The runs of a product as asked for. champion: what is comparable; version: the mapping that values are of."""

    def __init__(
        self,
        of: Product,
        wanted: Wanted,
        *,
        champion: EvaluationRun | None = None,
        version: MappingVersion | None = None,
    ) -> None:
        self.of, self.wanted, self.champion, self.version = of, wanted, champion, version
        self.name, self.down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
        self.rows = self._narrowed(wanted)

    def page(self, *, size: int, total: int | None = None) -> Keys:
        """The page that was asked for. total: how many runs the product has, where that is known already."""
        start = (self.wanted.page - 1) * size
        found = self.keys(start, size + 1)
        more = len(found) > size
        found = found[:size]
        known = total if not self.wanted.narrows else None
        if known is None and not more and (found or not start):
            known = start + len(found)
        count = self.rows.order_by()[: COUNTED + 1].count() if known is None else known
        over = known is None and count > COUNTED
        if over:
            count = max(COUNTED, start + len(found) if found else 0)
        return Keys(keys=tuple(found), start=start, more=more, count=count, over=over)

    def keys(self, start: int, most: int) -> list[str]:
        """The keys of so many runs from the start-th on."""
        if self.name == "name":
            rows = self.rows.order_by(*(("-name", "-id") if self.down else ("name", "id")))
        elif self.name in ("created", ""):
            oldest_first = self.name and not self.down
            rows = self.rows.order_by(*(("created_at", "id") if oldest_first else ("-created_at", "-id")))
        else:
            return (self._by_value if self.name == "value" else self._by_metric)(start, most)
        return list(rows.values_list("pk", flat=True)[start : start + most])

    def _by_metric(self, start: int, most: int) -> list[str]:
        asked = [one for one in self.wanted.ranges if one.metric == self.name]
        held: QuerySet[Any] = _results(self.of, self.name, asked)
        rest = replace(self.wanted, ranges=tuple(one for one in self.wanted.ranges if one not in asked))
        if rest.narrows:
            narrowed = self.rows if rest.words else self._narrowed(rest)
            held = held.filter(run__in=narrowed.values("pk"))
        # a run without the figure meets no condition on it
        return self._walk(held, None if asked else _results(self.of, self.name), start, most)

    def _by_value(self, start: int, most: int) -> list[str]:
        """By the newest value under the mapping in force; what may not be ranked beside the champion has none."""
        ranked = self.rows.filter(state=State.SCORED)
        if self.champion is not None and self.champion.data_set is not None:
            ranked = ranked.filter(Q(data_set__digest=self.champion.data_set.digest) | Q(pk=self.champion.pk))
        held = KPIResult.objects.filter(version=self.version, newest=True, point__isnull=False)
        held = held.filter(run__in=ranked.values("pk"))
        return self._walk(held, held, start, most)

    def _walk(self, held: QuerySet[Any], known: QuerySet[Any] | None, start: int, most: int) -> list[str]:
        """First the runs of the results held, by their point along an index; then, newest first, those not known."""
        walk = held.order_by(*(("-point", "-run_id") if self.down else ("point", "run_id")))
        found = list(walk.values_list("run_id", flat=True)[start : start + most])
        if len(found) == most or known is None:
            return found
        before = start + len(found) if found else held.count()
        without = self.rows.filter(~Exists(known.filter(run=OuterRef("pk")))).order_by("-created_at", "-id")
        first = max(0, start - before)
        return found + list(without.values_list("pk", flat=True)[first : first + most - len(found)])

    def _narrowed(self, asked: Wanted) -> QuerySet[EvaluationRun]:
        rows = runs(self.of)
        if asked.task:
            rows = rows.filter(task=asked.task)
        if asked.model or asked.state in ModelVersion.State.values:
            rows = rows.filter(version__in=self._versions(asked))
        if asked.state in State.values:
            rows = rows.filter(state=asked.state)
        if asked.data:
            name, _, number = asked.data.rpartition("@")
            at = {"data_set__number": int(number)} if number.isdecimal() and len(number) < 10 and name else {}
            rows = rows.filter(data_set__name=name if at else asked.data, **at)
        if asked.comparable and self.champion is not None and self.champion.data_set is not None:
            rows = rows.filter(data_set__digest=self.champion.data_set.digest)
        zone = ZoneInfo(self.of.time_zone)
        if asked.since:
            rows = rows.filter(created_at__gte=datetime.combine(asked.since, time(), zone))
        if asked.until:
            rows = rows.filter(created_at__lt=datetime.combine(asked.until + timedelta(days=1), time(), zone))
        for one in asked.ranges:
            rows = rows.filter(pk__in=_results(self.of, one.metric, [one]).values("run"))
        return self._holding(rows, asked.words)

    def _versions(self, asked: Wanted) -> list[str] | QuerySet[ModelVersion]:
        """The versions of a model, in a state; as keys where they are few, which spares a join a run."""
        rows = ModelVersion.objects.filter(model__product=self.of).order_by()
        if asked.model:
            rows = rows.filter(model__name=asked.model)
        if asked.state in ModelVersion.State.values:
            rows = rows.filter(state=asked.state)
        few = list(rows.values_list("pk", flat=True)[: COUNTED + 1])
        return few if len(few) <= COUNTED else rows

    def _holding(self, rows: QuerySet[EvaluationRun], words: list[str]) -> QuerySet[EvaluationRun]:
        """Runs that hold every word. A model can be renamed, so its name is looked at by itself, and first.

        Words are looked for in every run, so that is done once: where few are found, these are the rows.
        """
        if not words:
            return rows
        models = list(Model.objects.filter(product=self.of).values_list("pk", "name"))
        for word in words:
            named = [key for key, name in models if word in name.lower()]
            holds = Q(search__contains=word)
            rows = rows.filter(holds | Q(version__in=ModelVersion.objects.filter(model__in=named)) if named else holds)
        found = list(rows.order_by().values_list("pk", flat=True)[: COUNTED + 1])
        return runs(self.of).filter(pk__in=found) if len(found) <= COUNTED else rows


def _results(of: Product, metric: str, asked: list[Range] | None = None) -> QuerySet[MetricResult]:
    """The current figures of a metric that are known and meet the conditions: entries of one index."""
    rows = MetricResult.objects.filter(product=of, metric=metric, newest=True, point__isnull=False)
    for one in asked or []:
        rows = rows.filter(**{f"point__{LOOKUPS[one.sign]}": one.value})
    return rows
