"""Decisions over the API: the desk, one's own sheet, proposals and signatures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, TypedDict

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Created, Page, PlainJSON
from metrics.api.protocol.signed import SeenWhy, SignedOutput, show_signatures
from metrics.api.protocol.view import View
from metrics.api.selection.outcome import CameOutput, OutcomeOutput, show_came, show_outcome
from metrics.models.evaluation import EvaluationRun
from metrics.models.selection import Decision, Round, Sheet
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue as evaluation
from metrics.queries.selection import catalogue, plain, record
from metrics.queries.selection import outcome as outcomes
from metrics.queries.selection.came import came
from metrics.queries.selection.decisions import due
from metrics.queries.selection.outcome import Outcome
from metrics.services.recompute import export
from metrics.services.selection import decisions, rounds
from metrics.services.writing.refusal import Conflict, invalid


class DecisionInput(serializers.Serializer[Any]):
    """model: its key or id. ends_on: the day on which the answers are revealed, whoever is missing."""

    model = serializers.CharField(max_length=60)
    ends_on = serializers.DateField(required=False, allow_null=True)


class RoundInput(serializers.Serializer[Any]):
    ends_on = serializers.DateField(required=False, allow_null=True)


class SheetInput(serializers.Serializer[Any]):
    """answers: [{of, give, to, gain, says}], or weights: objective → share; those before are replaced."""

    answers = serializers.ListField(child=serializers.DictField(), required=False)
    weights = serializers.DictField(required=False)


class ProposalInput(serializers.Serializer[Any]):
    """reason: due where the rule says another."""

    run = serializers.CharField(max_length=12)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ReversalInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, allow_blank=True)


class CandidateName(TypedDict):
    run: str
    name: str
    version: str


class SheetOutput(TypedDict):
    """A sheet: one's own, or anybody's once its round is closed. digest: of what was sealed; empty until then."""

    role: str
    by: str
    answers: PlainJSON
    weights: PlainJSON
    sealed_at: datetime | None
    digest: str


class RoundOutput(TypedDict):
    """sealed: the roles that have handed in. sheets: all that were sealed, revealed when the round is closed."""

    number: int
    ends_on: date | None
    closed_at: datetime | None
    awaited: list[str]
    sealed: list[str]
    sheets: list[SheetOutput]


class DecisionOutput(TypedDict):
    """digest: of the record, which a signature signs; empty while nothing is proposed. due: role → signatures that are
    still due. reverts: the number of the decision that it takes back. outcome: once it is signed."""

    number: int
    model: str
    state: Annotated[str, Decision.State]
    direct: bool
    opened_by: str
    opened_at: datetime
    terms: int | None
    before: CandidateName | None
    chosen: CandidateName | None
    reason: str
    reverts: int | None
    digest: str
    proposed_at: datetime | None
    signed_at: datetime | None
    signatures: list[SignedOutput]
    due: dict[str, int]
    outcome: OutcomeOutput | None


class OneDecisionOutput(DecisionOutput):
    """came: what came of each objective since it was signed. record: all that was known when it was proposed; null
    until then. seal: that of its export, then."""

    came: list[CameOutput]
    round: RoundOutput | None
    record: PlainJSON
    seal: str | None


def show_run(run: EvaluationRun | None) -> CandidateName | None:
    return None if run is None else {"run": run.pk, "name": run.name, "version": run.version.name}


def show_decision(row: Decision, outcome: Outcome | None) -> DecisionOutput:
    return {
        "number": row.number,
        "model": row.model.key,
        "state": row.state,
        "direct": row.direct,
        "opened_by": row.opened_by.username,
        "opened_at": row.created_at,
        "terms": row.terms.number if row.terms else None,
        "before": show_run(row.before),
        "chosen": show_run(row.chosen),
        "reason": row.reason,
        "reverts": row.reverts.number if row.reverts else None,
        "digest": row.digest,
        "proposed_at": row.proposed_at,
        "signed_at": row.signed_at,
        "signatures": show_signatures(row.signatures.all()),
        "due": due(row) if row.state == Decision.State.PROPOSED else {},
        "outcome": show_outcome(outcome),
    }


def show_round(row: Round, of: Decision) -> RoundOutput:
    sealed = [sheet for sheet in row.sheets.all() if sheet.sealed_at is not None]
    return {
        "number": row.number,
        "ends_on": row.ends_on,
        "closed_at": row.closed_at,
        "awaited": rounds.awaited(of),
        "sealed": sorted({sheet.role for sheet in sealed}),
        "sheets": [show_sheet(sheet) for sheet in sealed] if row.closed_at else [],
    }


def show_sheet(row: Sheet) -> SheetOutput:
    return {
        "role": row.role,
        "by": row.user.username,
        "answers": row.answers,
        "weights": row.weights,
        "sealed_at": row.sealed_at,
        "digest": row.digest,
    }


def show_one(row: Decision) -> OneDecisionOutput:
    last, known = catalogue.last_round(row), Known(row.product)
    outcome = outcomes.outcome(row, known)
    objectives = came([known], {row.pk: outcome}).get(row.pk, ()) if outcome else ()
    return {
        **show_decision(row, outcome),
        "came": [show_came(one) for one in objectives],
        "round": show_round(last, row) if last else None,
        "record": row.record or None,
        "seal": record.seal(row) if row.record else None,
    }


class Decisions(View):
    """The decisions of a product, the newest first; a new one asks the roles."""

    actions = {"GET": "decision.read", "POST": "decision.open"}

    @extend_schema(operation_id="products_decisions_list")
    def get(self, request: Request, slug: str) -> Answer[Page[DecisionOutput]]:
        found = outcomes.outcomes([Known(self.product)])
        return self.listed(catalogue.decisions(self.product), lambda row: show_decision(row, found.get(row.pk)))

    @extend_schema(request=DecisionInput)
    def post(self, request: Request, slug: str) -> Created[OneDecisionOutput]:
        given = self.read(DecisionInput)
        model = (
            catalogue.models(self.product).filter(key=given["model"]).first()
            or catalogue.models(self.product).filter(pk=given["model"]).first()
        )
        if model is None:
            models = ", ".join(catalogue.models(self.product).values_list("key", flat=True))
            remedy = f"one of {models}" if models else "a run that is logged brings its model"
            raise invalid("model", f"there is no model “{given['model'][:60]}”", code="unknown", remedy=remedy)
        made = decisions.open_(self.user, model, ends_on=given.get("ends_on"))
        return Created(show_one(catalogue.decision(self.product, made.number)))


class OfOne(View):
    """What speaks of one decision of the product."""

    def found(self, number: int) -> Decision:
        return catalogue.decision(self.product, number)

    def shown(self, number: int) -> Answer[OneDecisionOutput]:
        return Answer(show_one(self.found(number)))


class OneDecision(OfOne):
    actions = {"GET": "decision.read"}

    def get(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        return self.shown(number)


class Desk(OfOne):
    """The candidates as they are known now, under the terms of the decision: front, chances, regrets, compromise, who
    is best for which weights, and the roles' own once they are revealed. 409 where it was direct, without terms."""

    actions = {"GET": "decision.read"}
    by_state = frozenset({"GET"})

    def get(self, request: Request, slug: str, number: int) -> Answer[PlainJSON]:
        found = self.found(number)
        if found.terms is None:
            raise Conflict(f"{found} was direct: there were no terms to choose by")
        desk = record.desk(found, Known(self.product))
        return Answer(plain.told(desk, record.weighing(found, desk)))


class OwnSheet(OfOne):
    """One's own sheet of the last round, which nobody else sees until that is closed."""

    actions = {"GET": "decision.answer", "PUT": "decision.answer"}

    def get(self, request: Request, slug: str, number: int) -> Answer[SheetOutput]:
        return Answer(show_sheet(access.there(catalogue.own_sheet(self.user, self.found(number)))))

    @extend_schema(request=SheetInput)
    def put(self, request: Request, slug: str, number: int) -> Answer[SheetOutput]:
        found, given = self.found(number), self.read(SheetInput)
        if ("answers" in given) == ("weights" in given):
            raise invalid("answers", "give answers, or weights", remedy="one of both")
        if "answers" in given:
            return Answer(show_sheet(rounds.fill(self.user, found, answers=given["answers"])))
        return Answer(show_sheet(rounds.weigh(self.user, found, weights=given["weights"])))


class Sealing(OfOne):
    """Hand in one's sheet; with the last role that is waited for all are revealed."""

    actions = {"POST": "decision.answer"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        rounds.seal(self.user, self.found(number))
        return self.shown(number)


class Rounds(OfOne):
    """Ask the roles anew; answers of the round before count no more."""

    actions = {"POST": "decision.close_round"}

    @extend_schema(request=RoundInput)
    def post(self, request: Request, slug: str, number: int) -> Created[OneDecisionOutput]:
        rounds.begin(self.user, self.found(number), ends_on=self.read(RoundInput).get("ends_on"))
        return Created(show_one(self.found(number)))


class Closing(OfOne):
    """Reveal what was answered, whoever is missing."""

    actions = {"POST": "decision.close_round"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        rounds.close(self.user, self.found(number))
        return self.shown(number)


class Proposal(OfOne):
    """Propose a run's version as champion, and freeze what is known."""

    actions = {"POST": "decision.propose"}

    @extend_schema(request=ProposalInput)
    def post(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        found, given = self.found(number), self.read(ProposalInput)
        run = evaluation.runs(self.product).filter(pk=given["run"]).first()
        if run is None:
            remedy = "name one of the desk's candidates"
            raise invalid("run", f"there is no run “{given['run']}”", code="unknown", remedy=remedy)
        decisions.propose(self.user, found, run, reason=given.get("reason", ""))
        return self.shown(number)


class Export(OfOne):
    """The record with its receipt, as a file from which `manage.py verify` makes it again; 409 before a proposal."""

    actions = {"GET": "decision.read"}
    by_state = frozenset({"GET"})

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, number: int) -> HttpResponse:
        answer = HttpResponse(export.exported_decision(self.found(number)), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="decision-{number}.zip"'
        return answer


class Withdrawal(OfOne):
    """Take a proposal back, so that it is open again; or end an open decision, of which nothing comes."""

    actions = {"POST": "decision.propose"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        decisions.withdraw(self.user, self.found(number))
        return self.shown(number)


class Reversal(OfOne):
    """Propose the champion that a signed decision replaced: a decision of its own."""

    actions = {"POST": "decision.revert"}

    @extend_schema(request=ReversalInput)
    def post(self, request: Request, slug: str, number: int) -> Created[OneDecisionOutput]:
        made = decisions.revert(self.user, self.found(number), reason=self.read(ReversalInput)["reason"])
        return Created(show_one(self.found(made.number)))


Act = Callable[..., Decision]
ACTS: dict[str, tuple[str, Act]] = {
    "assent": ("decision.assent", decisions.assent),
    "dissent": ("decision.dissent", decisions.dissent),
    "sign": ("decision.sign", decisions.sign),
    "refuse": ("decision.sign", decisions.refuse),
}


class Acts(OfOne):
    """Assent, dissent, sign or refuse, over the digest of the record that was seen; 409 says what has moved since."""

    act = ""

    @property
    def actions(self) -> dict[str, str]:  # type: ignore[override]
        return {"POST": ACTS[self.act][0]}

    @extend_schema(request=SeenWhy)
    def post(self, request: Request, slug: str, number: int) -> Answer[OneDecisionOutput]:
        found, given = self.found(number), self.read(SeenWhy)
        ACTS[self.act][1](self.user, found, seen=given["digest"], reason=given["reason"])
        return self.shown(number)
