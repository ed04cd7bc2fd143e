"""What the scores of a run foretell, through the house: at the mapping in force, held against the labels, kept anew."""

import numpy as np
import pytest

from metrics.models.evaluation import Artifact
from metrics.models.kpi import KPIResult
from metrics.queries.evidence import checks
from metrics.services.kpi import mappings

pytestmark = pytest.mark.django_db
KEY = "without_labels"


def logged(world, rows, *, inverted=False):
    frame = rows(seed=17)
    test = frame["split"] == "test"
    if inverted:
        frame["y_true"] = np.where(test, 1 - frame["y_true"], frame["y_true"])
    run = world.log(
        world.people["scientist"],
        world.product,
        frame,
        version="two",
        where={"split": "test"},
        reference={"split": "valid"},
        segments=["hotel"],
        amounts=["value"],
    )
    world.compute()
    return run


def check_of(run):
    return next(check for check in checks.checks(run, None) if check.key == KEY)


def test_inverted_labels_fail_where_the_evidence_is_read(world, rows, api, people):
    run = logged(world, rows, inverted=True)
    told = api(people["scientist"]).get(f"/api/v1/runs/{run.pk}/evidence/").json()["checks"]
    (check,) = [one for one in told if one["key"] == KEY]
    assert check["verdict"] == "fails"
    assert "The labels disagree with what the scores foretell" in check["text"]
    assert "may be inverted" in check["text"]


def test_money_is_that_of_the_mapping_in_force_and_agrees_with_the_labels(world, rows):
    run = logged(world, rows)
    check = check_of(run)
    assert check.verdict == "holds", check.text
    assert check.numbers["at"] == "at the threshold of the mapping in force"
    value = check.numbers["expected"][0]["figures"]["value"]
    figure = KPIResult.objects.get(run=run, version=world.version, newest=True)
    assert value["found"] == pytest.approx(figure.point, rel=1e-9)
    assert value["low"] < value["point"] < value["high"]
    assert value["low"] < figure.point < value["high"]


def test_another_threshold_in_force_is_another_forecast(world, rows):
    run = logged(world, rows)
    before = check_of(run).numbers["confusion"]
    definition = world.version.definition | {"threshold": {"kind": "fixed", "at": 0.9}}
    draft = mappings.create_version(world.people["scientist"], world.version.mapping, definition=definition)
    mappings.propose(world.people["scientist"], draft, seen=draft.digest)
    mappings.approve(world.people["manager"], draft, seen=draft.digest)
    assert check_of(run).verdict == "not checked"  # until it is computed
    world.compute()
    after = check_of(run).numbers["confusion"]
    assert after["tp"] + after["fp"] < before["tp"] + before["fp"]
    assert Artifact.objects.filter(document__kind="foretold").count() >= 2


def test_without_a_reference_it_says_what_to_do(world):
    check = check_of(world.run)
    assert (check.verdict, check.text) == ("not checked", "No reference was named.")
    assert "labels" in check.remedy
