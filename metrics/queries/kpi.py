"""Reading KPIs, mappings, assumptions, targets and actuals, and what a manager's board shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from metrics import access
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import (
    KPI,
    Actual,
    Assumption,
    AssumptionVersion,
    Comment,
    KPIResult,
    Mapping,
    MappingVersion,
    Signature,
    Target,
)
from metrics.models.product import Product, Role, User
from metrics.queries import documents, kpi_documents
from metrics.queries.documents import NO_APPROVED, NO_CHAMPION, Book, Known
from metrics.queries.evaluation import products
from metrics.queries.figures import quantity
from metrics.queries.grade import Grade, Grader

State = MappingVersion.State
NO_GRADE = Grade("D", "opinion", ("no mapping in force",))
OBSERVED = Grade("", "observed")  # an actual rests on no mapping, so it has no grade


def kpis(of: Product) -> QuerySet[KPI]:
    return KPI.objects.filter(product=of).select_related("product")


def kpi(of: Product, key: str) -> KPI:
    found = kpis(of).filter(key=key).first()
    if found is None:
        raise access.Hidden
    return found


def targets(of: Product) -> QuerySet[Target]:
    return Target.objects.filter(product=of, withdrawn_at=None).select_related("kpi", "product", "set_by")


def assumptions(of: Product) -> QuerySet[Assumption]:
    """Assumptions with their versions, newest first."""
    newest = Prefetch("versions", queryset=AssumptionVersion.objects.order_by("-number").select_related("created_by"))
    return Assumption.objects.filter(product=of).select_related("product").prefetch_related(newest)


def actuals(of: KPI) -> QuerySet[Actual]:
    """Imported values, the newest known first, without those taken back."""
    return (
        Actual.objects.filter(kpi=of, withdrawn_at=None).select_related("imported_by").order_by("-period", "-known_at")
    )


def all_actuals(of: Product) -> QuerySet[Actual]:
    """Imported values of all KPIs of a product, without those taken back."""
    return Actual.objects.filter(kpi__product=of, withdrawn_at=None).select_related("kpi__product", "imported_by")


def mappings(of: Product) -> QuerySet[Mapping]:
    return Mapping.objects.filter(product=of).select_related("kpi", "product").prefetch_related("versions__author")


def mapping(user: User, key: str) -> Mapping:
    found = Mapping.objects.select_related("kpi__product", "product").filter(pk=key, product__in=products(user)).first()
    if found is None:
        raise access.Hidden
    return found


def version(user: User, mapping: str, number: int) -> MappingVersion:
    """One version of a mapping. An executive finds those that are or were in force only."""
    rows = MappingVersion.objects.select_related(
        "mapping__kpi__product", "mapping__product", "author"
    ).prefetch_related("signatures__user")
    found = rows.filter(mapping=mapping, number=number, mapping__product__in=products(user)).first()
    if found is None:
        raise access.Hidden
    drafts = (State.DRAFT, State.PROPOSED, State.ENDORSED)
    if found.state in drafts and access.role(user, found.mapping.product) == Role.EXECUTIVE and not user.is_staff:
        raise access.Hidden
    return found


@dataclass(frozen=True)
class KPIFigure:
    """A KPI of one run under one mapping version, or why there is none."""

    kpi: KPI
    quantity: Quantity
    grade: Grade
    receipt: str
    version: MappingVersion | None
    run: EvaluationRun | None


def of_run(run: EvaluationRun, known: Known, grader: Grader, versions: Iterable[MappingVersion]) -> list[KPIFigure]:
    """The KPIs that a run implies under given versions, current figures only."""
    return of_runs([run], known, grader, versions)[run.pk]


def of_runs(
    runs: Iterable[EvaluationRun], known: Known, grader: Grader, versions: Iterable[MappingVersion]
) -> dict[str, list[KPIFigure]]:
    """Run id → its KPI figures, read in one query."""
    book, wanted, held = Book(), [], list(versions)
    for run in runs:
        wanted += [(run, version, kpi_documents.kpi(book, run, version, known)) for version in held]
    rows = {row.digest: row for row in KPIResult.objects.filter(digest__in=[digest for _, _, digest in wanted])}
    found: dict[str, list[KPIFigure]] = {run.pk: [] for run in runs}
    for run, version, digest in wanted:
        row = rows.get(digest)
        found[run.pk].append(
            KPIFigure(
                version.mapping.kpi,
                quantity(row, reason="being computed"),
                grader.of(book[digest]),
                digest if row else "",
                version,
                run,
            )
        )
    return found


def document(run: EvaluationRun, version: MappingVersion, known: Known) -> documents.Document:
    """The document of a KPI of one run under one mapping version."""
    book = Book()
    return book[kpi_documents.kpi(book, run, version, known)]


@dataclass(frozen=True)
class BoardRow:
    """A line of the KPI board: the figure in force, its target and the chance to meet it."""

    figure: KPIFigure
    target: Target | None
    chance: float | None
    observed: Actual | None
    open_version: MappingVersion | None


def board(product: Product, known: Known | None = None) -> list[BoardRow]:
    known = known or Known(product)
    grader = Grader(product, timezone.localdate())
    champion = known.champion
    figures: dict[str, KPIFigure] = {}
    if champion:
        figures = {f.kpi.key: f for f in of_run(champion, known, grader, known.approved.values())}
    newest: dict[str, Actual] = {}
    for actual in Actual.objects.filter(kpi__product=product, withdrawn_at=None).order_by("period", "known_at"):
        newest[actual.kpi_id] = actual
    opened = {
        row.mapping.kpi_id: row
        for row in MappingVersion.objects.filter(
            mapping__product=product, state__in=[State.PROPOSED, State.ENDORSED, State.DRAFT]
        )
        .select_related("mapping")
        .order_by("number")
    }
    rows = []
    for one in kpis(product):
        figure = figures.get(one.key) or _without_mapping(one, known, newest.get(one.pk))
        target = current_target(targets(product).filter(kpi=one), timezone.localdate())
        rows.append(
            BoardRow(figure, target, chance(figure.quantity, target, one), newest.get(one.pk), opened.get(one.pk))
        )
    return rows


def _without_mapping(one: KPI, known: Known, observed: Actual | None) -> KPIFigure:
    """A KPI that no mapping gives: its last observed value, or why it is unknown."""
    if observed is not None and one.key not in known.approved:
        return KPIFigure(one, Estimate(float(observed.value), one.unit), OBSERVED, "", None, None)
    reason = NO_CHAMPION if one.key in known.approved else NO_APPROVED
    return KPIFigure(one, Unknown(reason), NO_GRADE, "", None, None)


def current_target(rows: Iterable[Target], today: date) -> Target | None:
    """Of targets in their order, the first whose span holds today, else the one that ended last or starts next."""
    held, month = list(rows), today.replace(day=1)
    now = (row for row in held if row.from_period <= month <= row.until_period)
    return next(now, None) or max(held, key=lambda row: row.until_period, default=None)


def chance(found: Quantity, target: Target | None, of: KPI | None) -> float | None:
    """Share of draws that meet the target; None where there is none, or no draws."""
    if target is None or isinstance(found, Unknown):
        return None
    goal = float(target.value)
    if of is not None and of.direction == "down":
        return found.probability(lambda draws: draws <= goal)
    return found.probability(lambda draws: draws >= goal)


@dataclass(frozen=True)
class Waiting:
    """Something that waits for this person: what, where, and since when."""

    text: str
    detail: str
    url: str
    product: Product


def to_sign(user: User) -> list[MappingVersion]:
    """Mapping versions that this person can sign next, the oldest first."""
    held = access.roles(user)
    scientist = [product for product, role in held.items() if role == Role.DATA_SCIENTIST]
    manager = [product for product, role in held.items() if role == Role.PROJECT_MANAGER]
    rows = MappingVersion.objects.filter(
        Q(mapping__product__in=scientist, state=State.PROPOSED) | Q(mapping__product__in=manager, state=State.ENDORSED)
    ).select_related("mapping__product", "mapping__kpi__product", "author")
    return list(rows.order_by("created_at"))


def waiting(user: User) -> list[Waiting]:
    """What waits for this person's signature, the oldest first."""
    found = []
    for row in to_sign(user):
        verb = "Endorse" if row.state == State.PROPOSED else "Approve"
        found.append(
            Waiting(
                f"{verb} {row.mapping.name}, version {row.number}",
                row.note or f"{row.get_state_display()}, written by {row.author}",
                mapping_url(row),
                row.mapping.product,
            )
        )
    return found


def mapping_url(row: MappingVersion) -> str:
    return f"/p/{row.mapping.product.slug}/mappings/{row.mapping_id}/{row.number}/"


def signatures(of: MappingVersion) -> list[Signature]:
    return [row for row in of.signatures.all() if not row.cleared]


def said(of: MappingVersion) -> list[Signature | Comment]:
    """All that was signed, objected to, taken back and said of a version, the oldest first."""
    rows: list[Signature | Comment] = [*of.signatures.all(), *of.comments.select_related("user")]
    return sorted(rows, key=lambda row: row.created_at)


def objections(of: MappingVersion) -> list[Signature]:
    return [row for row in of.signatures.all() if row.act == Signature.Act.OBJECTED]
