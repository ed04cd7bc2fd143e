"""What a new product still needs until it has a figure in money and a target: ten steps, in the order of the chain.

A step is done while what it made is there: it opens again where that went away, such as an assumption that expired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from metrics import access, rights
from metrics.core.calendar import later
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, MappingVersion, Target
from metrics.models.product import Membership, Product, User
from metrics.models.revenue import Projection
from metrics.models.row import Row
from metrics.prepared import Prepared
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi.fitting import Begun, begun, value_kpi, volume_kpi

State = MappingVersion.State
MONTHS = 13  # in a row, without which no number of cases is projected
NO_SCIENTIST = "there is no data scientist yet"
NO_MANAGER = "there is no manager any more"

# Step → the actions that do it, in their order.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "members": ("member.add",),
    "run": ("run.create",),
    "champion": ("version.promote",),
    "kpis": ("kpi.create",),
    "assumptions": ("assumption.create",),
    "mapping": ("mapping.create_draft",),
    "signatures": ("mapping.endorse", "mapping.approve"),
    "actuals": ("actual.import",),
    "projection": ("projection.edit",),
    "target": ("target.set",),
}
# Step → those that come before it.
AFTER: Mapping[str, tuple[str, ...]] = {
    "champion": ("run",),
    "assumptions": ("run",),
    "mapping": ("champion", "kpis", "assumptions"),
    "signatures": ("mapping",),
    "actuals": ("kpis",),
    "projection": ("signatures", "actuals"),
    "target": ("projection",),
}
SIGNS: Mapping[str, tuple[str, ...]] = {
    State.DRAFT: ("mapping.submit",),
    State.PROPOSED: ("mapping.endorse",),
    State.ENDORSED: ("mapping.approve",),
}
FIRST_FIGURE = "signatures"  # from then on there is money a case


@dataclass(frozen=True)
class Step:
    """One of the ten. asks: the actions that do it now; when: since when it is done; why: it is not, or not any more.

    waits: the keys of the steps that come before it and are not done.
    """

    key: str
    number: int
    done: bool
    asks: tuple[str, ...]
    when: datetime | None
    why: str
    waits: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return not self.done and not self.waits

    @property
    def roles(self) -> tuple[str, ...]:
        """Who may do it, by the table of rights."""
        order = (rights.SCIENTIST, rights.MANAGER, rights.EXECUTIVE, rights.ADMIN)
        return tuple(role for role in order if any(role in rights.TABLE[action] for action in self.asks))


class Checklist:
    """The ten steps of a product, with what each is about; each part is read when it is first asked for."""

    def __init__(self, known: Known) -> None:
        self.known, self.product = known, known.product

    @cached_property
    def members(self) -> list[Membership]:
        return [row for row in catalogue.members(self.product) if row.user.is_active]

    @cached_property
    def runs(self) -> list[EvaluationRun]:
        """The newest runs that are not withdrawn: scored, being computed, or failed."""
        return list(catalogue.runs(self.product).exclude(state=EvaluationRun.State.WITHDRAWN)[:20])

    @cached_property
    def scored(self) -> list[EvaluationRun]:
        return [run for run in self.runs if run.state == EvaluationRun.State.SCORED]

    @property
    def champion(self) -> EvaluationRun | None:
        return next(iter(self.known.champions.values()), None)

    @cached_property
    def value(self) -> KPI | None:
        return value_kpi(self.known)

    @cached_property
    def volume(self) -> KPI | None:
        return volume_kpi(self.known)

    @cached_property
    def begun(self) -> Begun:
        return begun(self.known, of=self.scored)

    @cached_property
    def version(self) -> MappingVersion | None:
        """The version in force of the mapping that gives the value, else its newest."""
        if self.value is None:
            return None
        rows = MappingVersion.objects.filter(mapping__kpi=self.value).select_related(
            "mapping__kpi__product", "mapping__product", "author", "model"
        )
        found = list(rows.prefetch_related("signatures__user"))
        return next((row for row in found if row.state == State.APPROVED), None) or next(iter(found), None)

    @cached_property
    def months(self) -> list[str]:
        """The months of the number of cases that are in a row up to the newest."""
        known = [month for month, _ in self.known.actuals(self.volume)] if self.volume is not None else []
        row: list[str] = []
        for month in reversed(known):
            if row and later(month, 1) != row[-1]:
                break
            row.append(month)
        return row[::-1]

    @cached_property
    def target(self) -> Target | None:
        return Target.objects.filter(product=self.product, kpi=None, withdrawn_at=None).first()

    @cached_property
    def expired(self) -> list[str]:
        """The names of the assumptions that hold no longer."""
        today = self.known.today
        rows = self.known.assumptions.values()
        return [row.assumption.name for row in rows if row.valid_until is not None and row.valid_until < today]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        done: dict[str, bool] = {}
        made = []
        for number, key in enumerate(ACTIONS, 1):
            why = getattr(self, f"_{key}")()
            waits = tuple(one for one in AFTER.get(key, ()) if not done[one])
            done[key] = not why
            asks = self._signs() if key == "signatures" else ACTIONS[key]
            made.append(Step(key, number, done[key], asks, self._when(key) if done[key] else None, why, waits))
        return tuple(made)

    @property
    def left(self) -> list[Step]:
        return [step for step in self.steps if not step.done]

    @property
    def here(self) -> Step | None:
        """The present step: the first that can be done."""
        return next((step for step in self.steps if step.ready), None)

    # Why each is not done; "" where it is.

    def _members(self) -> str:
        held = {row.role for row in self.members}
        if rights.SCIENTIST not in held:
            return NO_SCIENTIST
        return "" if rights.MANAGER in held else NO_MANAGER

    def _run(self) -> str:
        if self.scored or self.champion is not None:
            return ""
        newest = next(iter(self.runs), None)
        if newest is None:
            return "no run is logged yet"
        return (
            f"{newest.name} failed: {newest.error}" if newest.state == "failed" else f"{newest.name} is being computed"
        )

    def _champion(self) -> str:
        return "" if self.champion is not None else "no version is champion yet"

    def _kpis(self) -> str:
        lacking = [
            words for row, words in ((self.value, "money a case"), (self.volume, "the number of cases")) if not row
        ]
        return f"no KPI is {' and none '.join(lacking)} yet" if lacking else ""

    def _assumptions(self) -> str:
        if self.expired:
            return f"{self.expired[0]} has expired" + (
                f", and {len(self.expired) - 1} more" if self.expired[1:] else ""
            )
        if self.version is not None:
            return ""  # whoever wrote it named what it needs
        if not (self.scored or self.champion is not None):
            return "which are needed is told by the first run"
        start, missing = self.begun.start, self.begun.missing
        return f"{len(missing)} of {len(start.asks)} are missing" if start is not None and missing else ""

    def _mapping(self) -> str:
        return "" if self.version is not None else "none is written yet"

    def _signatures(self) -> str:
        state = self.version.state if self.version is not None else ""
        if state == State.APPROVED:
            return ""
        said = {
            State.DRAFT: "it is a draft, and is proposed first",
            State.PROPOSED: "a data scientist endorses it next",
            State.ENDORSED: "a manager approves it next",
        }
        return said.get(State(state), "no version is in force any more") if state else "there is nothing to sign yet"

    def _actuals(self) -> str:
        known = len(self.months)
        return (
            ""
            if known >= MONTHS
            else f"{known} of {MONTHS} months in a row are known"
            if known
            else "none is known yet"
        )

    def _projection(self) -> str:
        return "" if self.known.projection is not None else "it is not set up yet"

    def _target(self) -> str:
        return "" if self.target is not None else "none is set yet"

    def _signs(self) -> tuple[str, ...]:
        """What is asked of whom next, of the version as it is."""
        state = self.version.state if self.version is not None else ""
        return SIGNS.get(state, ACTIONS["signatures"])

    def _when(self, key: str) -> datetime | None:
        """Since when a step is done."""
        held = self.known
        runs: list[EvaluationRun | None] = [*self.scored[-1:]] or [self.champion]
        rows: dict[str, Sequence[Row | None]] = {
            "members": self.members,
            "run": runs,
            "champion": [one.chosen for one in held.standing.values()],
            "kpis": [self.value, self.volume],
            "assumptions": list(held.assumptions.values()),
            "mapping": [self.version],
            "projection": [held.projection],
            "target": [self.target],
        }
        if key == "signatures":
            return self.version.approved_at if self.version is not None else None
        moments = [row.created_at for row in rows.get(key, []) if row is not None]
        return max(moments) if moments else None


def may(user: User, step: Step, product: Product, *, version: MappingVersion | None = None) -> bool:
    """Whether a person can do a step now."""
    own = version is not None and version.author_id == user.pk
    granted = rights.EXECUTIVE  # a manager adds these
    return any(access.may(user, action, product, own=own, granted=granted) for action in step.asks)


def at_side(product: str) -> tuple[int, bool]:
    """How many runs a product has; and whether it is at work and its list is not done, by its last two steps.

    What every page says of the product at hand, in one query.
    """
    return next(((many, begins and archived is None) for many, begins, archived in AT_SIDE(product)), (0, False))


def _at_side(product: str) -> QuerySet[Product, tuple[int, bool, datetime | None]]:
    projected = Exists(Projection.objects.filter(product=OuterRef("pk")))
    aimed = Exists(Target.objects.filter(product=OuterRef("pk"), kpi=None, withdrawn_at=None))
    runs = EvaluationRun.objects.filter(product=OuterRef("pk")).order_by().values("product")
    counted = runs.annotate(many=Count("pk")).values("many")
    rows = Product.objects.filter(pk=product).annotate(
        runs_=Coalesce(Subquery(counted), Value(0)), begins=~projected | ~aimed
    )
    return rows.order_by().values_list("runs_", "begins", "archived_at")


AT_SIDE = Prepared(_at_side, str)
