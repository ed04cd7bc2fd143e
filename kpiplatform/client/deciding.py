"""The desk from Python: terms of choice, decisions, one's own answers, proposals and signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kpiplatform.client.connection import Answer, Connection, answer, part
from kpiplatform.client.errors import ClientError

TERMS_ACTS = ("propose", "endorse", "approve", "object", "withdraw")
SIGNATURES = ("assent", "dissent", "sign", "refuse")


class Deciding(Connection):
    """The part of the client that is about choosing a champion."""

    def terms(self, product: str, model: str) -> list[Answer]:
        """The versions of a model's terms of choice, the newest first."""
        return list(self._server.listed(_terms(product, model), limit=1000))

    def draft_terms(self, product: str, model: str, **more: Any) -> Answer:
        """Draft terms; more: definition (default: begun from what there is: the loss, the KPIs, the money), note."""
        return self._post(_terms(product, model), more)

    def act_on_terms(self, product: str, model: str, act: str, *, reason: str = "") -> Answer:
        """Propose, endorse, approve, object to or withdraw the newest version, as it is."""
        newest = next(iter(self.terms(product, model)), None)
        if newest is None:
            raise ClientError(f"“{model}” has no terms", field="model", remedy="Write them: kpi terms draft.")
        body = {"digest": newest["digest"]} | ({"reason": reason} if reason else {})
        return self._post(f"{_terms(product, model)}{newest['number']}/{part(act)}/", body)

    def decisions(self, product: str) -> list[Answer]:
        """The decisions of a product, the newest first."""
        return list(self._server.listed(f"/products/{part(product)}/decisions/", limit=1000))

    def decision(self, product: str, number: int) -> Answer:
        """One decision, with its round, its signatures, and once it is proposed the record."""
        return self._get(_decision(product, number))

    def desk(self, product: str, number: int) -> Answer:
        """The candidates of a decision as they are known now."""
        return self._get(f"{_decision(product, number)}desk/")

    def export_decision(self, product: str, number: int, to: str | Path) -> int:
        """Write a decision's record with its receipt as a ZIP that is made again offline. Gives its size in bytes."""
        return self._server.download(f"{_decision(product, number)}export/", Path(to))

    def open_decision(self, product: str, model: str, *, ends_on: str | None = None) -> Answer:
        """Begin a choice of a model's champion, and ask the roles until a day, such as 2027-01-31."""
        return self._post(f"/products/{part(product)}/decisions/", {"model": model, "ends_on": ends_on})

    def answer(self, product: str, number: int, answers: Sequence[Mapping[str, Any]]) -> Answer:
        """Put answers on one's own sheet: {"of", "give", "to", "gain", "says"} each."""
        return self._on_sheet(product, number, {"answers": [dict(one) for one in answers]})

    def weigh(self, product: str, number: int, weights: Mapping[str, float]) -> Answer:
        """Set one's weights directly: objective → share; shares add up to 1."""
        return self._on_sheet(product, number, {"weights": dict(weights)})

    def _on_sheet(self, product: str, number: int, body: Answer) -> Answer:
        return answer(self._server.put(f"{_decision(product, number)}sheet/", body), self.url)

    def seal(self, product: str, number: int) -> Answer:
        """Hand in one's sheet; with the last role that is waited for all are revealed."""
        return self._post(f"{_decision(product, number)}sheet/seal/")

    def ask_roles(self, product: str, number: int, *, ends_on: str | None = None) -> Answer:
        """Ask the roles anew; answers of the round before count no more."""
        return self._post(f"{_decision(product, number)}rounds/", {"ends_on": ends_on})

    def close_round(self, product: str, number: int) -> Answer:
        """Reveal what was answered, whoever is missing."""
        return self._post(f"{_decision(product, number)}rounds/close/")

    def propose(self, product: str, number: int, run: str, *, reason: str = "") -> Answer:
        """Propose a run's version as champion. reason: due where the rule says another."""
        return self._post(f"{_decision(product, number)}propose/", {"run": run, "reason": reason})

    def sign_decision(self, product: str, number: int, act: str, *, reason: str = "") -> Answer:
        """Assent, dissent, sign or refuse what is proposed now."""
        seen = self.decision(product, number)["digest"]
        if not seen:
            remedy = "A manager proposes one: kpi decide propose."
            raise ClientError("nothing is proposed yet", field="number", remedy=remedy)
        return self._post(f"{_decision(product, number)}{part(act)}/", {"digest": seen, "reason": reason})

    def withdraw_decision(self, product: str, number: int) -> Answer:
        """Take a proposal back, or end an open decision."""
        return self._post(f"{_decision(product, number)}withdraw/")

    def revert_decision(self, product: str, number: int, *, reason: str) -> Answer:
        """Propose the champion that a signed decision replaced; gives the new decision."""
        return self._post(f"{_decision(product, number)}revert/", {"reason": reason})


def _terms(product: str, model: str) -> str:
    return f"/products/{part(product)}/models/{part(model)}/terms/"


def _decision(product: str, number: int) -> str:
    return f"/products/{part(product)}/decisions/{part(number)}/"
