"""Reproducibility: complete manifests, equal ones with unequal metrics, contradictions."""

import pytest

from metrics.core.evidence.reproducibility import (
    FIELDS,
    REPRODUCIBILITY,
    Recorded,
    judge_reproducibility,
    lacking,
    not_reproducible,
)


def reproducibility_check(manifest, contradictions=()):
    return REPRODUCIBILITY.check(judge_reproducibility(manifest, contradictions))


COMPLETE = {
    "seed": 0,
    "data_digest": "d1",
    "split": "test",
    "parameters": {"depth": 3},
    "code_commit": "c1",
    "environment": {"python": "3.11"},
}


@pytest.mark.parametrize("field", list(FIELDS))
@pytest.mark.parametrize("empty", [None, "", {}, []])
def test_an_empty_field_is_lacking(field, empty):
    assert lacking(COMPLETE | {field: empty}) == [FIELDS[field]]


def test_a_complete_manifest_holds_and_a_seed_of_zero_is_a_seed():
    assert reproducibility_check(COMPLETE).verdict == "holds"
    check = reproducibility_check({"seed": 0})
    assert check.verdict == "warning"
    assert check.text == "The manifest lacks data digest, split, parameters, code commit, environment."


def test_a_commit_with_changes_is_a_warning():
    assert reproducibility_check(COMPLETE | {"code_commit": "c1-dirty"}).verdict == "warning"


def test_equal_manifests_with_unequal_metrics_are_not_reproducible():
    runs = [
        Recorded(name="first", manifest=COMPLETE, metrics={"roc_auc": 0.8, "log_loss": 0.5}),
        Recorded(name="second", manifest=dict(reversed(COMPLETE.items())), metrics={"roc_auc": 0.81, "log_loss": 0.5}),
        Recorded(name="third", manifest=COMPLETE | {"seed": 1}, metrics={"roc_auc": 0.7}),
    ]
    (found,) = not_reproducible(runs)
    assert (found.first, found.second, found.metrics) == ("first", "second", {"roc_auc": (0.8, 0.81)})
    check = reproducibility_check(COMPLETE, [found])
    assert (check.verdict, check.numbers["contradictions"]) == ("fails", [found.as_json()])
    assert "first and second have equal manifests, but roc_auc is 0.8 and 0.81." in check.text


def test_the_last_digits_of_another_machine_do_not_count():
    runs = [Recorded(name=str(value), manifest=COMPLETE, metrics={"auc": value}) for value in (0.8, 0.8 + 1e-12)]
    assert not_reproducible(runs) == []


def test_an_incomplete_manifest_proves_nothing():
    runs = [
        Recorded(name=str(value), manifest=COMPLETE | {"seed": None}, metrics={"auc": value}) for value in (0.8, 0.9)
    ]
    assert not_reproducible(runs) == []


def test_more_than_the_six_fields_may_differ():
    runs = [
        Recorded(name=str(value), manifest=COMPLETE | {"note": value}, metrics={"auc": value}) for value in (0.8, 0.9)
    ]
    assert len(not_reproducible(runs)) == 1


def test_a_data_set_has_no_manifest_to_check():
    assert reproducibility_check(None).verdict == "not checked"
