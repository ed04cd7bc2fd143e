"""What the commands of the chain do: ask the client, say the answer in JSON and in words."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from kpiplatform.client import printing
from kpiplatform.client.chain import MEMBER_ROLES, TERMS
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError, unreadable
from kpiplatform.client.said import Said


def member_add(given: argparse.Namespace) -> Said:
    """Add somebody, or invite them."""
    with Client() as kpi:
        found = kpi.add_member(given.product, given.who, role=MEMBER_ROLES[given.role])
    name = printing.text(found.get("username"))
    said = f"{name} is {printing.role(found.get('role'))}"
    if found.get("invited"):
        said += (
            f"\ninvited: the link in the mail holds for a day; where no mail arrives, "
            f"`manage.py changepassword {name}` on the server gives a password"
        )
    return Said(found, said)


def member_list(given: argparse.Namespace) -> Said:
    """Who works on a product."""
    with Client() as kpi:
        found = kpi.members(given.product)
    states = ["invited" if row.get("invited") else "" for row in found]
    rows = [
        (row.get("username"), printing.role(row.get("role")), state) for row, state in zip(found, states, strict=True)
    ]
    return Said(found, printing.table(rows, ("person", "role", "")))


def run_promote(given: argparse.Namespace) -> Said:
    """Make a run's version champion."""
    with Client() as kpi:
        found = kpi.promote_run(given.run)
    return Said(found, f"{printing.text(found.get('name'))} is champion of {printing.text(found.get('model'))}")


def value_create(given: argparse.Namespace) -> Said:
    """Make a KPI."""
    chosen = {name: getattr(given, name) for name in ("key", "unit", "meaning", "direction", "aggregation", "owner")}
    with Client() as kpi:
        found = kpi.create_kpi(given.product, given.name, **_given(chosen))
    return Said(
        found, f"made KPI {printing.text(found.get('key'))}, in {printing.text(found.get('unit_text') or 'numbers')}"
    )


def value_update(given: argparse.Namespace) -> Said:
    """Correct a KPI."""
    names = ("name", "unit", "meaning", "direction", "aggregation", "owner")
    with Client() as kpi:
        found = kpi.update_kpi(given.product, given.key, **_given({name: getattr(given, name) for name in names}))
    return Said(
        found, f"KPI {printing.text(found.get('key'))} is in {printing.text(found.get('unit_text') or 'numbers')}"
    )


def value_delete(given: argparse.Namespace) -> Said:
    """Delete a KPI."""
    with Client() as kpi:
        kpi.delete_kpi(given.product, given.key)
    return Said({"deleted": given.key}, f"deleted KPI {given.key}")


def assumption_set(given: argparse.Namespace) -> Said:
    """State an assumption, or its next version."""
    if given.between:
        low, high = given.between
        distribution: dict[str, Any] = {"kind": "interval90", "low": low, "high": high}
    else:
        distribution = {"kind": "point", "value": given.exactly}
    chosen = {name: getattr(given, name) for name in ("name", "unit", "owner", "source", "valid_until")}
    with Client() as kpi:
        found = kpi.set_assumption(given.product, given.key, distribution=distribution, **_given(chosen))
    told = f"{printing.text(found.get('key'))}: version {printing.text(found.get('version'))}"
    return Said(found, told if found.get("source") else f"{told}; without a source its money is of grade D")


def assumption_correct(given: argparse.Namespace) -> Said:
    """Mend the name or the unit of an assumption."""
    with Client() as kpi:
        chosen = _given({"name": given.name, "unit": given.unit})
        found = kpi.correct_assumption(given.product, given.key, **chosen)
    return Said(found, f"{printing.text(found.get('key'))} is in {printing.text(found.get('unit_text') or 'numbers')}")


def assumption_delete(given: argparse.Namespace) -> Said:
    """Delete an assumption."""
    with Client() as kpi:
        kpi.delete_assumption(given.product, given.key)
    return Said({"deleted": given.key}, f"deleted assumption {given.key}")


def mapping_draft(given: argparse.Namespace) -> Said:
    """Write a draft: from a file, of a formula, or what fits the champion's task."""
    chosen: dict[str, Any] = {name: getattr(given, name) for name in ("name", "note", "model")}
    if given.formula:
        chosen["definition"] = {"kind": "formula", "text": given.formula}
    elif given.file:
        chosen["definition"] = definition_of(given.file)
    with Client() as kpi:
        found = kpi.draft_mapping(given.product, given.kpi, **_given(chosen))
    newest = max(found["versions"], key=lambda version: version["number"])
    kind = printing.kind(newest["definition"])
    return Said(found, f"{printing.text(found.get('name'))}, version {newest['number']}: a draft, of kind {kind}")


def mapping_show(given: argparse.Namespace) -> Said:
    """A version of a mapping as its signers read it."""
    with Client() as kpi:
        found = kpi.mapping_version(given.product, given.kpi, number=given.number)
    return Said(found, printing.mapping(found))


def mapping_act(given: argparse.Namespace) -> Said:
    """Propose, endorse, approve, object to, withdraw or retire the newest version."""
    with Client() as kpi:
        found = kpi.act_on_mapping(given.product, given.kpi, given.act, reason=getattr(given, "reason", ""))
    return Said(found, f"version {printing.text(found.get('number'))} is {printing.text(found.get('state'))}")


def mapping_delete(given: argparse.Namespace) -> Said:
    """Delete the newest version while it is a draft."""
    with Client() as kpi:
        kpi.delete_draft(given.product, given.kpi)
    return Said({"deleted": given.kpi}, f"deleted the draft of {given.kpi}")


def projection_set(given: argparse.Namespace) -> Said:
    """Set up the projection."""
    names = ("value_kpi", "volume_kpi", "revenue_kpi", "months", *TERMS)
    with Client() as kpi:
        found = kpi.set_projection(given.product, **_given({name: getattr(given, name) for name in names}))
    return Said(found, f"the projection of {given.product} is set up; its figures are being computed")


def projection_show(given: argparse.Namespace) -> Said:
    """The money of the months ahead, as the executive's page has it."""
    with Client() as kpi:
        found = kpi.projection(given.product)
    return Said(found, printing.projection(found))


def target_set(given: argparse.Namespace) -> Said:
    """Set a target; without months for those that are projected."""
    with Client() as kpi:
        found = kpi.set_target(given.product, given.value, start=given.start, until=given.until, kpi=given.kpi)
    months = f"{printing.text(found.get('from_period'))} to {printing.text(found.get('until_period'))}"
    return Said(found, f"target {printing.text(found.get('text'))} for {months}")


def definition_of(file: str) -> dict[str, Any]:
    """A definition from a JSON file. Raises ClientError."""
    found = json_of(file)
    if not isinstance(found, dict):
        raise ClientError(f"{file} holds no definition", field="file", remedy='Write {"kind": …}.')
    return found


def json_of(file: str, remedy: str = "Write a definition.") -> Any:
    """What a JSON file holds. Raises ClientError."""
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(file, error) from error
    except ValueError as error:
        raise ClientError(f"{file} is no JSON: {error}", field="file", remedy=remedy) from error


def _given(chosen: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if value is not None}
