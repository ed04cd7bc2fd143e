"""A model is called in any letters; its key in formulas is made of them once, and is legal there."""

import pytest

from metrics.core.formula import parse
from metrics.models.product import key_name
from metrics.services.evaluation import registry
from metrics.services.writing.names import model_key


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("Fraud guard", (), "fraud_guard"),
        ("fraud-guard!", ("fraud_guard",), "fraud_guard_2"),
        ("Fraud  Guard", ("fraud_guard", "fraud_guard_2"), "fraud_guard_3"),
        ("Müller's été №7", (), "muller_s_ete_no7"),
        ("Модель", (), "model"),
        ("模型", ("model",), "model_2"),
        ("2nd try", (), "model_2nd_try"),
        ("if", (), "model_if"),
        ("sum", (), "sum"),
        ("min", (), "model_min"),
        ("a" * 120, (), "a" * 60),
        ("a" * 120, ("a" * 60,), "a" * 58 + "_2"),
    ],
)
def test_a_key_is_legal_in_formulas_and_free(name: str, taken: tuple[str, ...], key: str) -> None:
    assert model_key(name, taken) == key
    key_name(key)
    assert parse(f"{key}.recall", {f"{key}.recall": ""}).names == {f"{key}.recall"}


@pytest.mark.django_db
def test_a_key_stays_when_the_model_is_renamed(product, scientist) -> None:
    model = registry.create_model(scientist, product, name="Fraud guard", task="binary")
    registry.rename_model(scientist, model, name="Guard of frauds")
    model.refresh_from_db()
    assert (model.name, model.key) == ("Guard of frauds", "fraud_guard")
    assert registry.create_model(scientist, product, name="fraud guard", task="binary").key == "fraud_guard_2"
