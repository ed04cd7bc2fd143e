"""What a record froze, computed again: all the same, and each thing differs alone where somebody changed it."""

import pytest

from metrics import store
from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.models.kpi import Actual, AssumptionVersion, MappingVersion
from metrics.models.revenue import RevenueResult
from metrics.models.selection import Decision, Sheet, TermsVersion
from metrics.queries.documents.known import Known
from metrics.queries.selection.catalogue import decision
from metrics.queries.selection.frozen import frozen
from metrics.services.kpi import kpis
from metrics.services.selection import decisions, rounds

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(deciding):
    """A decision whose round two roles answered, signed by all."""
    people = deciding.people
    made = decisions.open_(people["manager"], EvaluationRun.objects.get(name="second").version.model)
    for name in ("scientist", "executive"):
        rounds.weigh(people[name], made, weights={"log_loss": 0.5, "money": 0.5})
        rounds.seal(people[name], made)
    run = EvaluationRun.objects.get(name="second")
    made = decisions.propose(people["manager"], made, run, reason="fewer calls")
    decisions.assent(people["scientist"], made, seen=made.digest)
    return deciding.dated(decisions.sign(people["executive"], made, seen=made.digest), 2017, 3, 10)


@pytest.fixture
def again(signed, deciding):
    """again(): thing → what of it differs, as it is computed now."""

    def computed():
        found = frozen(decision(deciding.product, signed.number), Known(deciding.product))
        assert all(one.why == "" for one in found)
        return {one.what: one.differs for one in found}

    return computed


def test_all_of_it_is_the_same_whatever_is_known_since(again, deciding):
    things = {"file", "figures", "terms", "mappings", "assumptions", "weights", "months", "promise", "engine", "record"}
    assert again() == dict.fromkeys(things, ())
    kpis.update_assumption(
        deciding.people["manager"],
        deciding.product.assumptions.get(key="call_cost"),
        distribution={"kind": "interval90", "low": 3.4, "high": 4.6},
        owner="sales",
        source="study of 2017",
    )
    deciding.world.compute()
    assert again() == dict.fromkeys(things, ())


CHANGED = {
    "file": (lambda: store.path(Decision.objects.get().record["figures"]).write_bytes(b"other"), "the file"),
    "figures": (lambda: MetricResult.objects.filter(metric="log_loss").update(point=0.5), "log_loss of"),
    "terms": (lambda: TermsVersion.objects.update(definition={}), "the terms of choice"),
    "mappings": (lambda: MappingVersion.objects.update(digest="0" * 64), "value_per_booking"),
    "assumptions": (
        lambda: AssumptionVersion.objects.filter(assumption__key="offer").update(
            distribution={"kind": "interval90", "low": 0.01, "high": 0.02}
        ),
        "offer",
    ),
    "weights": (lambda: Sheet.objects.filter(role="executive").update(weights={"log_loss": 1}), "executive"),
    "months": (lambda: Actual.objects.filter(period="2016-05-01").update(value=1), "2016-05"),
    "promise": (lambda: RevenueResult.objects.filter(kind="projected", period=None).update(point=1), "point"),
    "record": (
        lambda: [row.save() for row in Decision.objects.all() if row.record.update(reason="another") is None],
        "the record",
    ),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_somebody_changed_differs_alone_and_by_name(again, what):
    change, name = CHANGED[what]
    change()
    differing = {thing: parts for thing, parts in again().items() if parts}
    assert differing.keys() == {what}
    assert any(name in part for part in differing[what])


def test_a_promotion_that_asked_nobody_froze_nothing(deciding):
    assert frozen(Decision(product=deciding.product, record={"direct": True}), Known(deciding.product)) == ()
