"""A search for runs by names: which come, and in which order, as one goes through them by hand."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.models.evaluation import EvaluationRun, Model, ModelVersion
from metrics.queries.names import finding

pytestmark = pytest.mark.django_db
NOON = datetime(2017, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def named(product, make_product, scientist) -> list[EvaluationRun]:
    """Runs of two products, their names made of a few parts in all ways."""
    at, made = count(), []
    for of in (product, make_product("Night deposits")):
        for model_name in ("gbm", "Night net"):
            model = Model.objects.create(product=of, key=f"m{next(at)}", name=model_name)
            for version_name in ("v1", "night 2"):
                version = ModelVersion.objects.create(model=model, name=version_name)
                for name in ("nightly", "a nightly", "plain", "V1 again", "deposits", "50% of v_1"):
                    created_at = NOON + timedelta(minutes=7 * next(at) % 83)
                    told = {"created_at": created_at, "created_by": scientist, "name": name}
                    made.append(EvaluationRun.objects.create(product=of, version=version, **told))
    return made


def by_hand(runs: list[EvaluationRun], words: list[str], most: int) -> list[str]:
    def names(run: EvaluationRun) -> list[str]:
        held = (run.name, run.version.name, run.version.model.name, run.product.name)
        return [name.upper() for name in held]

    def place(run: EvaluationRun) -> int:
        own, first = run.name.upper(), words[0].upper()
        return 0 if own.startswith(first) else 1 if first in own else 2

    held = [run for run in runs if all(any(word.upper() in name for name in names(run)) for word in words)]
    held.sort(key=lambda run: (run.created_at, run.pk), reverse=True)
    return [run.pk for run in sorted(held, key=place)][:most]


@pytest.mark.parametrize("most", [3, 20, 100])
@pytest.mark.parametrize(
    "text", ["night", "NIGHTLY", "v1", "v1 net", "night deposits", "deposits night", "gbm plain", "50%", "v_", "absent"]
)
def test_runs_are_found_by_every_name_above_them(named, product, scientist, text: str, most: int) -> None:
    found = finding.find(scientist, text, here=product, most=most, kinds=["run"]).rows["run"]
    assert [run.pk for run in found] == by_hand(named, text.split(), most)


def test_many_versions_that_have_a_word_are_found_as_few_are(named, product, scientist, monkeypatch) -> None:
    monkeypatch.setattr(finding, "FEW", 1)
    found = finding.find(scientist, "night v1", here=product, most=100, kinds=["run"]).rows["run"]
    assert [run.pk for run in found] == by_hand(named, ["night", "v1"], 100)


def test_no_more_is_asked_of_many_runs_than_of_few(named, product, scientist) -> None:
    def asked(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            finding.find(scientist, text, here=product, most=20, kinds=["run"])
        return len(queries)

    assert asked("night") <= 8
    assert asked("night v1") <= 10
