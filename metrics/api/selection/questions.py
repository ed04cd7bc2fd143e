"""What one is asked next on one's own sheet, as the page asks it."""

from __future__ import annotations

from typing import TypedDict

from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer
from metrics.api.selection.decisions import OfOne
from metrics.core.selection import weighing
from metrics.core.selection.answers import MOST
from metrics.core.selection.weighing import Said
from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue, record
from metrics.services.writing.refusal import Conflict


class QuestionOutput(TypedDict):
    """Would one give up `give` of objective `of` to gain `gain` of `to`? no, yes: objective → its figure without and
    with the trade, and only the two differ."""

    of: str
    give: float
    to: str
    gain: float
    no: dict[str, float]
    yes: dict[str, float]


class AskedOutput(TypedDict):
    """question: null where no more is asked. answered: how many are on one's sheet, of the most that are asked. share:
    of the weights that they leave where one candidate is best. withdraw: where answers contradict each other, by their
    place from 0, the smallest sets to take back.
    """

    question: QuestionOutput | None
    answered: int
    most: int
    share: float
    withdraw: list[list[int]]


class NextQuestion(OfOne):
    """The next question, by what is on one's own sheet; 409 where no round is open, or there is no choice to weigh."""

    actions = {"GET": "decision.answer"}
    by_state = frozenset({"GET"})

    def get(self, request: Request, slug: str, number: int) -> Answer[AskedOutput]:
        found = self.found(number)
        access.require(self.user, "decision.answer", self.product)
        if found.state != "open" or catalogue.open_round(found) is None:
            raise Conflict(f"no round of {found} is open; a manager asks anew while it is open")
        desk = record.desk(found, Known(self.product))
        if desk.state not in ("choice", "comparison") or len(desk.rows) < 2:
            raise Conflict("there are no two candidates yet to be weighed against each other; log another run")
        sheet = catalogue.own_sheet(self.user, found)
        given = sheet.answers if sheet is not None and sheet.weights is None else []
        role = access.role(self.user, self.product) or ""
        stands = weighing.weighed(desk, Said(role=role, answers=given))
        asked = weighing.next_question(desk, given)
        question: QuestionOutput | None = None
        if asked is not None:
            question = {
                "of": asked.of,
                "give": asked.give,
                "to": asked.to,
                "gain": asked.gain,
                "no": dict(asked.no),
                "yes": dict(asked.yes),
            }
        return Answer(
            {
                "question": question,
                "answered": len(given),
                "most": MOST,
                "share": stands.share,
                "withdraw": [list(one) for one in stands.withdraw],
            }
        )
