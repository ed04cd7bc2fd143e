"""What signed decisions earned against what they promised, month by month, and whether promises are to be trusted.

A promise is the projection that a record froze. It is scored over whole months that are over, in which its champion
stood from the first to the last day and of which the money is known: as the business counted it, or else as the
decisions of that champion were worth by the promise's own mapping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F

from metrics.core import documents
from metrics.core.calendar import later, month_of, span
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.core.selection.figures import kind_of
from metrics.core.selection.outcome import Score, score
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.selection import Decision
from metrics.queries.documents import revenue
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.track_record import rate_of, undiscounted

NO_TERMS = "nobody was asked when it was made, and nothing was promised"
NO_PROMISE = "no projection was set up when it was proposed, so nothing was promised"
NOT_STORED = "what was promised is not computed yet"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """A month that was promised, and what it earned. receipt: of what was promised."""

    month: str
    promised: Estimate
    score: Score
    receipt: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a signed decision earned against its promise.

    role: which has the money as its objective by the terms, "" where none has. grade: of the promise, when it was
    frozen; "" where there is none. promised: for all its months, and its receipt. ahead: what was promised of each
    month that can be scored, be it known or to come. whole: the whole months that are over while its champion stood,
    be they promised or not. months: those that are scored, ascending; so_far: what was promised for them together;
    total: their score, or the one reason for which nothing is scored. coming: the month that is scored next; "" where
    none will be. until: the day on which the champion changed, and by: the decision that changed it; None while it
    stands.
    """

    decision: Decision
    role: str
    grade: str
    promised: Quantity
    receipt: str
    ahead: tuple[tuple[str, Estimate], ...]
    whole: tuple[str, ...]
    months: tuple[Scored, ...]
    so_far: Quantity
    total: Score | Unknown
    coming: str
    until: date | None
    by: Decision | None

    @property
    def direct(self) -> bool:
        """Whether nobody was asked, so that there is nothing to be scored, ever."""
        return self.decision.direct

    @property
    def counts(self) -> bool:
        """Whether its money may stand in a total: it is scored, and was no opinion."""
        return isinstance(self.total, Score) and self.grade != "D"


@dataclass(frozen=True)
class _Made:
    """What a stored figure is of: a version of a model, and a mapping by its digest."""

    version: str
    mapping: str


def outcome(of: Decision, known: Known) -> Outcome | None:
    """The outcome of one decision; None of one that is not signed."""
    return outcomes([known]).get(of.pk) if of.state == Decision.State.SIGNED else None


def outcomes(several: Sequence[Known]) -> dict[str, Outcome]:
    """Id of a decision → its outcome, of all that are signed in these products, the first signed first.

    The number of queries grows neither with the products nor with the decisions.
    """
    by_product = {known.product.pk: known for known in several}
    rows = _signed(by_product)
    if not rows:
        return {}
    promises = {row.pk: promise for row in rows if (promise := _promise(row))}
    named = {pk: _figures(promise) for pk, promise in promises.items()}
    stored = {
        row.digest: row
        for row in RevenueResult.objects.filter(digest__in=[name for held in named.values() for name in held.values()])
    }
    worth = _Worth(several, promises)
    after = _next(rows)
    return {
        row.pk: _outcome(
            row,
            by_product[row.product_id],
            promises.get(row.pk),
            {figure: stored.get(name) for figure, name in named.get(row.pk, {}).items()},
            worth,
            after.get(row.pk),
        )
        for row in rows
    }


def promised_figures(products: Iterable[str]) -> list[dict[str, Document]]:
    """Of every signed decision of products, figure → document of what it promised."""
    return [_documents(promise) for row in _signed(products) if (promise := _promise(row))]


def _signed(products: Iterable[str]) -> list[Decision]:
    """Signed decisions without their records, but for the promise, its grade and the objectives."""
    rows = Decision.objects.filter(product__in=list(products), state=Decision.State.SIGNED).defer("record")
    rows = rows.select_related("product", "model", "chosen__version", "before__version", "reverts")
    given = {
        "promise": F("record__promise"),
        "promise_grade": F("record__promise_grade"),
        "objectives": F("record__terms__definition__objectives"),
    }
    return list(rows.annotate(**given).order_by("signed_at", "number"))


def _promise(row: Decision) -> Document | None:
    promise: Document | None = vars(row)["promise"]
    return promise or None


def _figures(promise: Document) -> dict[str, str]:
    """Figure → digest, of a promise."""
    return {figure: documents.digest(document) for figure, document in _documents(promise).items()}


def _documents(promise: Document) -> dict[str, Document]:
    """Figure → what it is computed from, of a promise: the total, and each month ahead."""
    return {figure: {**promise, "figure": figure} for figure in ("total", *revenue.ahead(promise))}


def _next(rows: Sequence[Decision]) -> dict[str, Decision]:
    """Id → the decision by which the model's champion changed next."""
    found, last = {}, dict[str, Decision]()
    for row in rows:
        if row.model_id in last:
            found[last[row.model_id].pk] = row
        last[row.model_id] = row
    return found


def _role(row: Decision) -> str:
    owners = [one["role"] for one in vars(row)["objectives"] or () if kind_of(one["figure"]).projected]
    return owners[0] if owners else ""


def _outcome(
    row: Decision,
    known: Known,
    promise: Document | None,
    stored: Mapping[str, RevenueResult | None],
    worth: _Worth,
    after: Decision | None,
) -> Outcome:
    assert row.signed_at is not None  # a constraint of the table
    zone = known.product.time_zone
    whole = quantity(stored.get("total"), reason=NOT_STORED) if promise else Unknown(NO_PROMISE)
    first = later(month_of(row.signed_at, zone), 1)
    ahead = revenue.ahead(promise) if promise else []
    now = f"{known.today:%Y-%m}"
    changed = month_of(after.signed_at, zone) if after is not None and after.signed_at is not None else None
    stood = [month for month in ahead if month >= first and (changed is None or month < changed)]
    over = [month for month in stood if month < now]
    money = worth.of(row, known, promise, over) if promise else {}
    coming = _months(stored, stood, ahead[0], promise) if promise and ahead else {}
    scored = [
        Scored(month=month, promised=coming[month], score=score(coming[month], money[month]), receipt=figure.digest)
        for month in over
        if month in money and month in coming and (figure := stored[month]) is not None
    ]
    so_far: Quantity = Unknown("no month is scored")
    total: Score | Unknown
    if scored:
        so_far = added([one.promised for one in scored], known.product.currency)
        assert isinstance(so_far, Estimate)
        total = score(so_far, sum(one.score.earned for one in scored))
    else:
        total = Unknown(_why(row, known, promise, whole, ahead, first, over, after))
    waits = [month for month in stood if not scored or month > scored[-1].month]
    return Outcome(
        decision=row,
        role=_role(row),
        grade=vars(row)["promise_grade"] or "",
        promised=whole,
        receipt=figure.digest if (figure := stored.get("total")) is not None else "",
        ahead=tuple(coming.items()),
        whole=span(first, later(min(now, changed or now), -1)),
        months=tuple(scored),
        so_far=so_far,
        total=total,
        coming=waits[0] if waits else "",
        until=known.product.day(after.signed_at) if after is not None and after.signed_at else None,
        by=after,
    )


def _months(
    stored: Mapping[str, RevenueResult | None], months: Sequence[str], first: str, promise: Document
) -> dict[str, Estimate]:
    """Month → what was promised of it in its own money, of months that are known. first: of the promise."""
    made, rate = later(first, -1), rate_of(promise)
    found = {month: undiscounted(quantity(stored.get(month)), month, made, rate) for month in months}
    return {month: one for month, one in found.items() if isinstance(one, Estimate)}


def _why(
    row: Decision,
    known: Known,
    promise: Document | None,
    whole: Quantity,
    ahead: Sequence[str],
    first: str,
    over: Sequence[str],
    after: Decision | None,
) -> str:
    """The one reason for which no month of a signed decision is scored."""
    if row.direct:
        return NO_TERMS
    if promise is None:
        return NO_PROMISE
    if isinstance(whole, Unknown):
        return whole.reason if whole.reason == NOT_STORED else f"what was promised is unknown: {whole.reason}"
    if over:
        return _no_money(row, known, over, after)
    if after is not None:
        did = "took it back" if after.reverts_id == row.pk else "changed the champion again"
        return f"decision {after.number} {did} before a whole month was over"
    if ahead[-1] < first:
        return f"its promise ends with {ahead[-1]}, before the first whole month since it was signed"
    start = max(first, ahead[0])
    return f"no whole month is over since it was signed; {start} is scored first, once it is known"


def _no_money(row: Decision, known: Known, over: Sequence[str], after: Decision | None) -> str:
    """Why the money of months that are over is not known, of none of them."""
    projection, months = known.projection, over[0] if len(over) == 1 else f"{over[0]} to {over[-1]}"
    if projection is not None and projection.revenue_kpi is not None:
        return f"{projection.revenue_kpi.name} is not known for {months}"
    told = f"what {months} earned is not known"
    champion = known.champions.get(row.model_id)
    if projection is None or after is not None or champion is None:
        return told
    never = revenue.never_realised(projection, known)
    rows, volume = champion.months, dict(known.actuals(projection.volume_kpi))
    if not never and rows and not set(span(*rows)) & set(over):
        never = f"the champion's rows are of {rows[0]} to {rows[1]}; a run of it on rows of these months tells"
    if not never and not volume.keys() & set(over):
        never = f"{projection.volume_kpi.name} is not known for them"
    return f"{told}: {never or 'it is not computed yet'}"


class _Worth:
    """What months brought, of several products: read at once, for all decisions."""

    def __init__(self, several: Sequence[Known], promises: Mapping[str, Document]) -> None:
        months = {month for promise in promises.values() for month in revenue.ahead(promise)}
        wanted = [known.product.pk for known in several if not _counted(known)]
        rows = RevenueResult.objects.filter(
            product__in=wanted if months else [],
            kind=RevenueResult.Kind.REALISED,
            period__in=[date.fromisoformat(f"{month}-01") for month in months],
            point__isnull=False,
        ).order_by("known_at", "created_at")
        self._rows: dict[str, list[tuple[str, str, str, Any]]] = defaultdict(list)
        given = rows.values_list("product", "period", "digest", "document__value", "point")
        for product, period, digest, value, point in given:
            self._rows[product].append((f"{period:%Y-%m}", digest, value, point))
        values = {value for held in self._rows.values() for _, _, value, _ in held}
        values |= {promise["value"] for promise in promises.values()}
        made = KPIResult.objects.filter(digest__in=values).values_list("digest", "run__version", "version__digest")
        self._made = {digest: _Made(version, mapping) for digest, version, mapping in made}

    def of(self, row: Decision, known: Known, promise: Document, months: Sequence[str]) -> dict[str, float]:
        """Month → the money it brought, of the months that are known."""
        if (kpi := _counted(known)) is not None:
            held = dict(known.actuals(kpi))
            return {month: held[month] for month in months if month in held}
        under = self._made.get(promise["value"])
        if under is None or row.chosen is None:
            return {}
        wanted = _Made(row.chosen.version_id, under.mapping)
        current = _in_force(known)
        found: dict[str, float] = {}
        settled: set[str] = set()
        for month, digest, value, point in self._rows[known.product.pk]:
            if month in months and month not in settled and self._made.get(value) == wanted:
                found[month] = point  # the one known last
                if digest in current:
                    settled.add(month)
        return found


def _counted(known: Known) -> Any:
    """The KPI of the money as the business counts it; None where there is none."""
    return known.projection.revenue_kpi if known.projection is not None else None


def _in_force(known: Known) -> frozenset[str]:
    """The digests of what the decisions of each month are worth as things stand."""

    def made() -> frozenset[str]:
        if known.projection is None:
            return frozenset()
        return frozenset(revenue.realised(known.book, known.projection, known).values())

    return known.once("realised in force", made)
