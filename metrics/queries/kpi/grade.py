"""The evidence grade of a figure: how far its money may be believed, computed when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from metrics.core.documents import Document
from metrics.core.kpi.calibrated import EXPERIMENT, bases, doubts
from metrics.core.kpi.kinds import kind_of
from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.models.kpi import AssumptionVersion
from metrics.queries.documents.calibration import BEYOND, LOWER
from metrics.queries.documents.known import Known
from metrics.queries.evidence import checks


def letter(document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Grade of a calibrated KPI document, and why it is not better: A causal, B backtested, one lower in the fringe."""
    experiments = document["definition"]["pairs"] == EXPERIMENT
    reasons = list(doubts(document)) if experiments else []
    found = "A" if experiments and not reasons else "B"
    if _in_fringe(document):
        found = LOWER[found]
        reasons.append(BEYOND)
    return found, tuple(reasons)


def _in_fringe(document: Mapping[str, Any]) -> bool:
    results = [operand["result"] for operand in document.get("operands", {}).values()]
    point = MetricResult.objects.filter(digest__in=results).values_list("point", flat=True).first()
    xs = [row[0] for row in document.get("pairs", ())]
    if point is None or not xs:
        return False
    x = point - bases(document["definition"])[0]
    return not min(xs) <= x <= max(xs)


WORDS = {"A": "causal", "B": "backtested", "C": "assumed", "D": "opinion"}


@dataclass(frozen=True)
class Grade:
    """since: the first day on which a reason held; None where there is no reason, or its day is not known."""

    letter: str
    word: str
    reasons: tuple[str, ...] = ()
    since: date | None = None

    @property
    def counts(self) -> bool:
        """Whether the figure may stand in an executive's total."""
        return self.letter != "D"


class Grader:
    """Grades the documents of one product on one day.

    supposed: assumption versions that a change would write, none of which is stored yet.
    """

    def __init__(
        self,
        known: Known,
        *,
        today: date | None = None,
        supposed: Iterable[AssumptionVersion] = (),
    ) -> None:
        self.known, self.today = known, today or known.today
        self.gates = frozenset(known.product.gates)
        self._source = known.source
        self._failed: dict[str, tuple[str, ...]] = {}
        self._logged: dict[str, date] = {}
        self.versions = {(row.assumption.key, row.number): row for row in (*known.versions, *supposed)}

    def of(self, document: Document) -> Grade:
        """D with what is wanting where an assumption under the figure has no source that holds today, or a check that
        the product gates its KPIs by fails; else A or B of what is read off a calibrated mapping alone, and C."""
        wanting = [found for run in self.runs(document) for found in self._of_run(run)] if self.gates else []
        for found in self._assumptions(document):
            row = self.versions.get((found["id"], found.get("version", 0)))
            if row is None:
                wanting.append((f"{found['id']}: no source", None))
            elif not row.source:
                wanting.append((f"{row.assumption.name}: no source", self._unsourced(row)))
            elif row.valid_until and row.valid_until < self.today:
                reason = f"{row.assumption.name}: expired on {row.valid_until:%-d %b %Y}"
                wanting.append((reason, row.valid_until + timedelta(days=1)))
        letter, lowered = ("D", ()) if wanting else self._fitted(document)
        days = [day for _, day in wanting if day is not None]
        reasons = tuple(dict.fromkeys(reason for reason, _ in wanting)) + lowered
        return Grade(letter, WORDS[letter], reasons, min(days, default=None))

    def _unsourced(self, row: AssumptionVersion) -> date:
        """The day of the first of the versions in a row up to this one that name no source."""
        before = self.versions.get((row.assumption.key, row.number - 1))
        while before is not None and not before.source:
            row, before = before, self.versions.get((row.assumption.key, before.number - 1))
        return self.known.product.day(row.created_at)

    def _of_run(self, run: str) -> list[tuple[str, date | None]]:
        """What the gating checks say against a run, since the day on which it was logged."""
        reasons = self.failed(run)
        return [(reason, self._logged[run]) for reason in reasons]

    def failed(self, run: str) -> tuple[str, ...]:
        """What the gating checks of a run's evidence say against it."""
        if run not in self._failed:
            rows = EvaluationRun.objects.select_related("product", "data_set", "reference", "training", "version")
            self.examine([rows.get(pk=run)])
        return self._failed[run]

    def examine(self, runs: Iterable[EvaluationRun]) -> None:
        """Read the evidence of several runs at once, where the product gates its KPIs by any."""
        new = {run.pk: run for run in runs if run.pk not in self._failed} if self.gates else {}
        for pk, found in checks.of_runs([*new.values()], {}).items() if new else ():
            self._logged[pk] = self.known.product.day(new[pk].created_at)
            self._failed[pk] = tuple(
                f"evidence fails: {check.name.lower()}"
                for check in found
                if check.key in self.gates and check.verdict == "fails"
            )

    def _fitted(self, document: Document) -> tuple[str, tuple[str, ...]]:
        """A or B, or one lower with the reason, of a calibrated mapping and what is projected from it; C of others."""
        if document["kind"] in ("revenue", "realised") and not document.get("growth"):
            found = next(iter(self._held([document["value"]])), None)
            return self._fitted(found) if found else ("C", ())
        if document["kind"] == "kpi" and "unknown" not in document and kind_of(document["definition"]).fitted:
            return letter(document)
        return "C", ()

    def runs(self, document: Document) -> Iterator[str]:
        """Ids of the runs that a figure stands on."""
        if document["kind"] in ("revenue", "realised"):
            yield from self.runs(self._source.document(document["value"]))
            return
        yield from [document["run"]] if "run" in document else []
        for operand in document.get("operands", {}).values():  # a formula may stand on the champions of several models
            if "result" in operand:
                yield from self.runs(self._source.document(operand["result"]))
            elif "metric" in operand:
                yield operand["metric"]["run"]

    def _assumptions(self, document: Document) -> Iterator[dict[str, Any]]:
        yield from document.get("assumptions", {}).values()
        yield from (held for held in document.values() if isinstance(held, dict) and "distribution" in held)
        for operand in document.get("operands", {}).values():
            if "assumption" in operand:
                yield operand["assumption"]
        under = [document["value"]] if document["kind"] in ("revenue", "realised") else []
        under += [o["result"] for o in document.get("operands", {}).values() if "result" in o]
        for found in self._held(under):
            yield from self._assumptions(found)

    def _held(self, digests: list[str]) -> list[Document]:
        """KPI documents of some digests."""
        documents = (self._source.document(digest) for digest in digests)
        return [document for document in documents if document["kind"] == "kpi"]


def grader(known: Known) -> Grader:
    """The grader of what is known, made once."""
    return known.once("grader", lambda: Grader(known))
