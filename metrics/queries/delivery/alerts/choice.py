"""Alerts on what was chosen: a champion that breaks a guardrail of its terms, an outcome outside of its promise."""

from __future__ import annotations

from datetime import date

from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.selection.told import within
from metrics.models.selection import TermsVersion
from metrics.queries.delivery.alerts.kind import NOT_KEPT, Kind, Slot, Slots, State
from metrics.queries.documents.known import Known
from metrics.queries.selection import terms as readings
from metrics.queries.selection.candidates import candidates
from metrics.queries.selection.outcome import Outcome, outcomes
from metrics.things import Thing


class GuardrailBroken(Kind):
    """Of each model with a champion and terms in force; what is met at the point only is not known to hold."""

    key, label = "guardrail_broken", "a champion breaks a guardrail"
    words = ("a champion does not hold a guardrail of its terms",)
    no_history = NOT_KEPT

    def now(self, known: Known, slots: Slots) -> list[State]:
        rows = TermsVersion.objects.filter(model__product=known.product, state=TermsVersion.State.APPROVED)
        return [state for row in rows.select_related("model") for state in self._of(known, row)]

    def _of(self, known: Known, row: TermsVersion) -> list[State]:
        champion = known.champions.get(row.model_id)
        if champion is None:
            return []
        row.model.product = known.product
        terms = readings.read(row.definition, known, row.model)
        found = candidates(known, row.model, terms, [champion])
        judged = next((one for one in found.judged if one.run.pk == champion.pk), None)
        if judged is None:
            return []
        names = {one.key: within(one.measure.name) for one in terms.guardrails}
        return [self._state(known, row, held, names) for held in judged.guardrails.each]

    def _state(self, known: Known, row: TermsVersion, held: object, names: dict[str, str]) -> State:
        guardrail, state = held.guardrail, held.state  # type: ignore[attr-defined]
        unknown = state in ("unknown", "met at the point, certainty unknown")
        on = None if unknown else state != "holds"
        name = names.get(guardrail.key, guardrail.key)
        limit = f"{guardrail.sense} {numerals.stated(guardrail.limit)}"
        said = {True: "does not hold", False: "holds", None: "is not known to hold"}[on]
        return State(
            subject=f"{row.model.key} {guardrail.key} {guardrail.sense}"[:120],
            on=on,
            text=f"The champion of {row.model.name} {said} its guardrail: {name}, {limit}.",
            thing=Thing("model", (known.product.slug, row.model.key)),
        )


class OutcomeOutside(Kind):
    """A month by month look at each signed decision: what it earned, against the 80 % band of what was promised."""

    key, label = "outcome_outside", "an outcome lies outside its promise"
    words = (
        "what a decision earned lies outside the 80 % band of its promise in ",
        Slot("months", "in", "months", 1),
        " or more",
    )
    no_history = NOT_KEPT

    def now(self, known: Known, slots: Slots) -> list[State]:
        return [self._state(known, slots, one) for one in outcomes([known]).values() if not one.direct]

    def _state(self, known: Known, slots: Slots, one: Outcome) -> State:
        number, thing = one.decision.number, Thing("decision", (known.product.slug, str(one.decision.number)))
        judged = [(scored.month, scored.score.inside_80) for scored in one.months]
        outside = [month for month, inside in judged if inside is False]
        subject = f"decision {number}"
        if not any(not isinstance(inside, Unknown) for _, inside in judged):
            text = f"Of decision {number} no month is scored yet."
            return State(subject=subject, on=None, text=text, thing=thing)
        named = ", ".join(f"{date.fromisoformat(f'{month}-01'):%b %Y}" for month in outside)
        out = f"lies outside the 80 % band of its promise in {named}" if outside else "lies inside its promise"
        text = f"What decision {number} earned {out}."
        return State(subject=subject, on=len(outside) >= slots["months"], text=text, thing=thing)
