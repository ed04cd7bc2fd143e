"""The chain from Python: members, champion, KPIs, assumptions, mappings with their signatures, projection, target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpiplatform.client.connection import Answer, Connection, answer, part
from kpiplatform.client.errors import ClientError, a_run

MEMBER_ROLES = {
    "scientist": "data_scientist",
    "manager": "project_manager",
    "executive": "executive",
}  # as the API says
ACTS = ("propose", "endorse", "approve", "object", "withdraw", "retire")
AGGREGATIONS = ("ratio", "sum", "last")
TERMS = ("growth", "adoption", "ramp", "serving", "intervention", "discount")


class Chain(Connection):
    """The part of the client that is about what managers and signers do."""

    def members(self, product: str) -> list[Answer]:
        """Who works on a product: {"id", "username", "role", "since"} each."""
        return list(self._server.listed(f"/products/{part(product)}/members/", limit=200))

    def add_member(self, product: str, who: str, *, role: str) -> Answer:
        """Give a person a role, by name or mail; a mail address without an account is invited."""
        return self._post(f"/products/{part(product)}/members/", {"username": who, "role": role})

    def promote_run(self, run_id: str) -> Answer:
        """Make the version of a run champion; its figures are read from that run."""
        with a_run(run_id):
            run = self._get(f"/runs/{part(run_id)}/")
        at = f"/products/{part(run['product'])}/versions/"
        rows = self._server.listed(at, limit=1000)
        found = (row["id"] for row in rows if (row["model"], row["name"]) == (run["model"], run["version"]))
        return self._post(f"{at}{part(next(found))}/promote/", {"run": run_id})

    def create_kpi(self, product: str, name: str, **more: Any) -> Answer:
        """Make a KPI; more: key (default: from the name), unit, meaning, direction, aggregation, owner."""
        return self._post(f"/products/{part(product)}/kpis/", {"name": name} | more)

    def update_kpi(self, product: str, key: str, **more: Any) -> Answer:
        """Correct a KPI; more: name, unit, meaning, direction, aggregation, owner, as far as nothing stands on them."""
        return answer(self._server.patch(f"/products/{part(product)}/kpis/{part(key)}/", more), self.url)

    def delete_kpi(self, product: str, key: str) -> None:
        """Delete a KPI that nothing signed stands on."""
        self._server.delete(f"/products/{part(product)}/kpis/{part(key)}/")

    def set_assumption(self, product: str, key: str, *, distribution: Mapping[str, Any], **more: Any) -> Answer:
        """State an assumption: a new one, which then needs a name, or the next version of one.

        distribution: such as {"kind": "interval90", "low": 0.2, "high": 0.4}. more: name, unit (of a new one), owner,
        source, valid_until. Gives the newest version.
        """
        at = f"/products/{part(product)}/assumptions/"
        known = {row["key"] for row in self._server.listed(at, limit=10_000)}
        stated = {"distribution": dict(distribution)} | more
        if key not in known:
            return self._post(at, {"key": key, "name": key.replace("_", " ").capitalize()} | stated)
        if extra := sorted({"name", "unit"} & set(more)):
            message = f"is known already; its {' and '.join(extra)} is no part of a new version"
            remedy = f"Leave it out; kpi assumption correct {product} {key} mends it while nothing signed stands on it."
            raise ClientError(message, field=key, remedy=remedy)
        return self._post(f"{at}{part(key)}/", stated)

    def correct_assumption(self, product: str, key: str, **more: Any) -> Answer:
        """Mend the name or the unit of an assumption that nothing signed stands on; more: name, unit."""
        return answer(self._server.patch(f"/products/{part(product)}/assumptions/{part(key)}/", more), self.url)

    def delete_assumption(self, product: str, key: str) -> None:
        """Delete an assumption that nothing stands on."""
        self._server.delete(f"/products/{part(product)}/assumptions/{part(key)}/")

    def draft_mapping(self, product: str, kpi: str, **more: Any) -> Answer:
        """Write the first draft of a KPI's mapping, or its next version.

        more: definition (default for a first one: what fits the champion's task), name, note, model. Gives the mapping.
        """
        mapping = self._mapping_of(product, kpi)
        if mapping is None:
            return self._post(f"/products/{part(product)}/mappings/", {"kpi": kpi} | more)
        if "definition" not in more:
            raise ClientError("is needed for a new version", field="definition", remedy="Give a file or a formula.")
        self._post(f"/mappings/{part(mapping['id'])}/", more)
        return self._get(f"/mappings/{part(mapping['id'])}/")

    def act_on_mapping(self, product: str, kpi: str, act: str, *, reason: str = "") -> Answer:
        """Propose, endorse, approve, object to, withdraw or retire the newest version of a KPI's mapping, as it is."""
        mapping, version = self._newest(product, kpi)
        body = {"digest": version["digest"]} | ({"reason": reason} if reason else {})
        return self._post(f"/mappings/{part(mapping['id'])}/versions/{version['number']}/{part(act)}/", body)

    def mapping_version(self, product: str, kpi: str, *, number: int | None = None) -> Answer:
        """A version of a KPI's mapping as its signers read it, by default the newest that you may see: state, formulas,
        rules, assumptions with their sources, grade, signatures, and who has to act next."""
        mapping, version = self._newest(product, kpi)
        return self._get(f"/mappings/{part(mapping['id'])}/versions/{number or version['number']}/")

    def delete_draft(self, product: str, kpi: str) -> None:
        """Delete the newest version of a KPI's mapping while it is a draft."""
        mapping, version = self._newest(product, kpi)
        self._server.delete(f"/mappings/{part(mapping['id'])}/versions/{version['number']}/")

    def set_projection(self, product: str, **parts: Any) -> Answer:
        """Set up the projection; parts: value_kpi and volume_kpi (default: those whose units fit), revenue_kpi, months,
        and the assumptions that are its growth, adoption, ramp, serving, intervention and discount."""
        return answer(self._server.put(f"/products/{part(product)}/projection/", parts), self.url)

    def projection(self, product: str) -> Answer:
        """The money of the months ahead: total, grade, whether it counts, months, target and the chance to meet it."""
        return self._get(f"/products/{part(product)}/projection/")

    def set_target(
        self,
        product: str,
        value: float | str,
        *,
        start: str | None = None,
        until: str | None = None,
        kpi: str | None = None,
    ) -> Answer:
        """Set what a KPI, or the product's money, should reach from one month until another, each as 2027-01.

        value: a number, or a text as people write one, such as "20 M". Without months: those that are projected, at
        most twelve; where none are, this month and the eleven after it.
        """
        months = {"from_period": start, "until_period": until}
        body = {"kpi": kpi, "value": value} | {name: month for name, month in months.items() if month}
        return self._post(f"/products/{part(product)}/targets/", body)

    def _mapping_of(self, product: str, kpi: str) -> Answer | None:
        rows = self._server.listed(f"/products/{part(product)}/mappings/", limit=10_000)
        return next((row for row in rows if row.get("kpi") == kpi), None)

    def _newest(self, product: str, kpi: str) -> tuple[Answer, Answer]:
        mapping = self._mapping_of(product, kpi)
        if mapping is None or not mapping.get("versions"):
            remedy = "Write one: kpi mapping draft."
            raise ClientError(f"“{kpi}” has no mapping that you may see", field="kpi", remedy=remedy)
        return mapping, max(mapping["versions"], key=lambda version: version["number"])
