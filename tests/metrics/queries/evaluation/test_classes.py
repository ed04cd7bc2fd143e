"""The classes of a multiclass run against scikit-learn, on the same rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from metrics.queries.documents.known import Known
from metrics.queries.evaluation import classes
from metrics.queries.kpi import fitting
from metrics.services.evaluation import promotion

pytestmark = pytest.mark.django_db
NAMES = ["bronze", "gold", "silver", "tin"]


@pytest.fixture
def run(product, scientist, log, compute):
    generator = np.random.Generator(np.random.Philox(8))
    truth = generator.choice(NAMES[:3], 500)
    said = np.where(generator.uniform(size=500) < 0.7, truth, generator.choice(NAMES[:2], 500))
    frame = pd.DataFrame({"example_id": range(500), "y_true": truth, "y_pred": said})
    found = log(scientist, product, frame, task="multiclass", model="tiers", classes=NAMES)
    compute()
    return found, truth, said


def test_the_confusion_and_the_figures_of_each_class_are_those_of_scikit_learn(run) -> None:
    logged, truth, said = run
    found = classes.of_run(logged)
    assert found is not None
    assert [one.name for one in found.classes] == NAMES
    np.testing.assert_array_equal(found.counts, confusion_matrix(truth, said, labels=NAMES))
    precision, recall, f1, support = precision_recall_fscore_support(truth, said, labels=NAMES, zero_division=0)
    for at, one in enumerate(found.classes[:3]):
        assert one.labels == support[at]
        assert one.recall["point"] == pytest.approx(recall[at])
        assert one.f1["point"] == pytest.approx(f1[at])
        low, high = one.recall["bands"]["0.95"]
        assert low < recall[at] < high
    for at in range(2):
        assert found.classes[at].precision["point"] == pytest.approx(precision[at])


def test_a_class_that_never_occurs_has_no_figures_and_says_why(run) -> None:
    found = classes.of_run(run[0])
    assert found is not None
    tin = found.classes[3]
    assert tin.recall == {"unknown": classes.NO_LABEL}
    assert tin.precision == {"unknown": classes.NEVER}
    assert tin.f1 == {"unknown": classes.NEITHER}


def test_a_first_matrix_is_held_against_always_deciding_for_the_commonest_class(
    product, scientist, manager, log, compute
) -> None:
    truth = ["fraud"] * 20 + ["order"] * 150 + ["return"] * 60
    frame = pd.DataFrame({"example_id": range(230), "y_true": truth, "y_pred": ["order"] * 230})
    run = log(scientist, product, frame, task="multiclass", model="triage")
    assert classes.commonest_class(run) == ""  # nothing is measured yet
    compute()
    promotion.promote(manager, run.version)
    begun = fitting.begun(Known(product))
    assert begun.start is not None
    assert begun.start.definition["classes"] == ["fraud", "order", "return"]
    assert begun.start.definition["baseline"] == "order"


def test_other_tasks_have_no_classes(world) -> None:
    assert classes.commonest_class(world.run) == ""
    assert classes.of_run(world.run) is None
