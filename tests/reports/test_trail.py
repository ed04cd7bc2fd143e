"""Every code that a service writes into the audit has its sentence, and the settings page tells it."""

import ast
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from reports.words.trail import DID, told
from tests.places import ROOT

CODE = re.compile(r"[a-z]+\.[a-z_]+")
ASKS = {"require", "require_role", "require_somewhere", "may", "Denied", "closed"}  # these name rights


def written() -> Iterator[str]:
    """Codes among the arguments of the services' calls on behalf of somebody, but for those that ask for a right."""
    for file in (ROOT / "metrics" / "services").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Name) and first.id in ("actor", "user") and name not in ASKS:
                texts = (part.value for part in call.args if isinstance(part, ast.Constant))
                yield from (text for text in texts if isinstance(text, str) and CODE.fullmatch(text))


SIGNED = {
    f"{room}.{act}"
    for room in ("mapping", "terms")
    for act in ("submit", "endorse", "approve", "object", "withdraw", "retire")
}
CODES = sorted({*written(), *SIGNED})  # those of what two people sign are made of its room and the act


def test_the_codes_of_all_rooms_are_found() -> None:
    assert {"kpi.create", "mapping.approve", "product.restore", "run.accept_undo", "token.revoke"} <= set(CODES)


def test_a_target_of_the_money_is_told_as_the_product_s_value() -> None:
    said = told(SimpleNamespace(actor="manager", action="target.set", subject="revenue", detail={}), {}, {})
    assert said == "manager set a target of the product’s value"


def test_a_thing_that_has_a_name_is_called_by_it_and_one_that_has_gone_as_it_was() -> None:
    kept = SimpleNamespace(actor="manager", action="actual.undo", subject="hit_rate", detail={"months": 2})
    assert told(kept, {"kpi": {"hit_rate": "Hit rate"}}, {}) == "manager took observed values of Hit rate back"
    gone = SimpleNamespace(actor="manager", action="kpi.delete", subject="old", detail={"name": "Old hits"})
    assert told(gone, {"kpi": {}}, {}) == "manager deleted the KPI Old hits"


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_is_written_has_its_sentence(code: str) -> None:
    said = told(SimpleNamespace(actor="manager", action=code, subject="hit_rate", detail={}), {}, {})
    assert said.startswith("manager ")
    assert code not in said


@pytest.mark.django_db
def test_the_settings_tell_the_audit_in_sentences(world, manager, client) -> None:
    client.force_login(manager)
    text = client.get(f"/p/{world.product.slug}/settings/").content.decode()
    assert "manager set up the projection" in text
    assert "value_per_booking" not in text
    assert "manager set a target of the product’s value" in text
    assert not [code for code in DID if code in text]
