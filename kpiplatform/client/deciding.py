"""The desk from Python: terms of choice, decisions, one's own answers, proposals and signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kpiplatform.client.connection import Answer, Connection, answer, part
from kpiplatform.client.errors import ClientError, named

TERMS_ACTS = ("propose", "endorse", "approve", "object", "withdraw")
SAYS = ("yes", "no", "cannot say")
NOT_FOUND = 404
SIGNATURES = ("assent", "dissent", "sign", "refuse")


class Deciding(Connection):
    """The part of the client that is about choosing a champion."""

    def terms(self, product: str, model: str) -> list[Answer]:
        """The versions of a model's terms of choice, the newest first."""
        with _of_model(product, model):
            return list(self._server.listed(_terms(product, model), limit=1000))

    def draft_terms(self, product: str, model: str, **more: Any) -> Answer:
        """Draft terms; more: definition (default: begun from what there is: the loss, the KPIs, the money), note."""
        with _of_model(product, model):
            return self._post(_terms(product, model), more)

    def act_on_terms(
        self, product: str, model: str, act: str, *, reason: str = "", number: int | None = None
    ) -> Answer:
        """Propose, endorse, approve, object to or withdraw a version, the newest by default, as it is."""
        found = [one for one in self.terms(product, model) if number in (None, one["number"])]
        if not found:
            what = f"“{model}” has no terms" if number is None else f"“{model}” has no version {number} of its terms"
            raise ClientError(what, field="model", remedy=f"kpi terms draft {product} {model} begins one.")
        body = {"digest": found[0]["digest"]} | ({"reason": reason} if reason else {})
        return self._post(f"{_terms(product, model)}{found[0]['number']}/{part(act)}/", body)

    def decisions(self, product: str) -> list[Answer]:
        """The decisions of a product, the newest first."""
        with named(f"product “{product}”", "kpi product list names those that you are a member of."):
            return list(self._server.listed(f"/products/{part(product)}/decisions/", limit=1000))

    def decision(self, product: str, number: int) -> Answer:
        """One decision, with its round, its signatures, and once it is proposed the record."""
        with _of_decision(product, number):
            return self._get(_decision(product, number))

    def desk(self, product: str, number: int) -> Answer:
        """The candidates of a decision as they are known now."""
        with _of_decision(product, number):
            return self._get(f"{_decision(product, number)}desk/")

    def flips(self, product: str, number: int, *, rows: int | None = None) -> Answer:
        """Where an open choice turns over as an assumption moves, and what knowing more first is worth.

        rows: how many more are asked about; as many again as there are by default.
        """
        asked = {} if rows is None else {"rows": str(rows)}
        with _of_decision(product, number):
            return self._get(f"{_decision(product, number)}flips/", **asked)

    def leader(self, product: str, number: int, weights: Mapping[str, float]) -> Answer:
        """Who leads at weights of the objectives, tried and not kept: {"leads", "first", "regret", "change", …}."""
        asked = ",".join(f"{key}:{value!r}" for key, value in weights.items())
        with _of_decision(product, number):
            return self._get(f"{_decision(product, number)}leader/", weights=asked)

    def export_decision(self, product: str, number: int, to: str | Path) -> int:
        """Write a decision's record with its receipt as a ZIP that is made again offline. Gives its size in bytes."""
        with _of_decision(product, number):
            return self._server.download(f"{_decision(product, number)}export/", Path(to))

    def calibration(self, product: str) -> Answer:
        """How far the promises of signed decisions held: over all of a product, and of each role."""
        return self._get(f"/products/{part(product)}/decisions/calibration/")

    def open_decision(self, product: str, model: str, *, ends_on: str | None = None) -> Answer:
        """Begin a choice of a model's champion, and ask the roles until a day, such as 2027-01-31."""
        with named(f"product “{product}”", "kpi product list names those that you are a member of."):
            return self._post(f"/products/{part(product)}/decisions/", {"model": model, "ends_on": ends_on})

    def question(self, product: str, number: int) -> Answer:
        """What one is asked next, by what is on one's own sheet: {"question", "answered", "most", …}."""
        with _of_decision(product, number):
            return self._get(f"{_decision(product, number)}question/")

    def say(self, product: str, number: int, says: str) -> Answer:
        """Answer what is asked next with "yes", "no" or "cannot say". Raises ClientError where nothing is asked."""
        asked = self.question(product, number)["question"]
        if asked is None:
            raise ClientError("no more is asked", remedy="kpi decide seal hands your sheet in.")
        one = {name: asked[name] for name in ("of", "give", "to", "gain")} | {"says": says}
        return self.answer(product, number, [*self._answers(product, number), one])

    def _answers(self, product: str, number: int) -> list[Any]:
        """Those on one's own sheet; none where there is no sheet yet."""
        try:
            return list(self._get(f"{_decision(product, number)}sheet/")["answers"] or [])
        except ClientError as error:
            if error.status != NOT_FOUND:
                raise
            return []

    def answer(self, product: str, number: int, answers: Sequence[Mapping[str, Any]]) -> Answer:
        """Put answers on one's own sheet: {"of", "give", "to", "gain", "says"} each."""
        return self._on_sheet(product, number, {"answers": [dict(one) for one in answers]})

    def weigh(self, product: str, number: int, weights: Mapping[str, float]) -> Answer:
        """Set one's weights directly: objective → share; shares add up to 1."""
        return self._on_sheet(product, number, {"weights": dict(weights)})

    def _on_sheet(self, product: str, number: int, body: Answer) -> Answer:
        with _of_decision(product, number):
            return answer(self._server.put(f"{_decision(product, number)}sheet/", body), self.url)

    def _act(self, product: str, number: int, act: str, body: Answer | None = None) -> Answer:
        with _of_decision(product, number):
            return self._post(f"{_decision(product, number)}{act}/", body)

    def seal(self, product: str, number: int) -> Answer:
        """Hand in one's sheet; with the last role that is waited for all are revealed."""
        return self._act(product, number, "sheet/seal")

    def ask_roles(self, product: str, number: int, *, ends_on: str | None = None) -> Answer:
        """Ask the roles anew; answers of the round before count no more."""
        return self._act(product, number, "rounds", {"ends_on": ends_on})

    def close_round(self, product: str, number: int) -> Answer:
        """Reveal what was answered, whoever is missing."""
        return self._act(product, number, "rounds/close")

    def propose(self, product: str, number: int, run: str, *, reason: str = "") -> Answer:
        """Propose a run's version as champion. reason: due where the rule says another."""
        return self._act(product, number, "propose", {"run": run, "reason": reason})

    def sign_decision(self, product: str, number: int, act: str, *, reason: str = "") -> Answer:
        """Assent, dissent, sign or refuse what is proposed now."""
        seen = self.decision(product, number)["digest"]
        if not seen:
            remedy = "A manager proposes one: kpi decide propose."
            raise ClientError(f"nothing is proposed in decision {number} yet", remedy=remedy)
        return self._act(product, number, part(act), {"digest": seen, "reason": reason})

    def withdraw_decision(self, product: str, number: int) -> Answer:
        """Take a proposal back, or end an open decision."""
        return self._act(product, number, "withdraw")

    def revert_decision(self, product: str, number: int, *, reason: str) -> Answer:
        """Propose the champion that a signed decision replaced; gives the new decision."""
        return self._act(product, number, "revert", {"reason": reason})


def _terms(product: str, model: str) -> str:
    return f"/products/{part(product)}/models/{part(model)}/terms/"


def _decision(product: str, number: int) -> str:
    return f"/products/{part(product)}/decisions/{part(number)}/"


def _of_model(product: str, model: str) -> AbstractContextManager[None]:
    remedy = f"kpi run list {product} names the models of its runs, and a run that is logged brings its own."
    return named(f"model “{model}” in a product “{product}”", remedy)


def _of_decision(product: str, number: int) -> AbstractContextManager[None]:
    remedy = f"kpi decide list {product} names those there are."
    return named(f"decision {number} in a product “{product}”", remedy)
