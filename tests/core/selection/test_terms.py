"""Terms of choice: what is read, what is refused and how, their words, and figures of every kind."""

from typing import Any

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection import figures, terms, told
from metrics.core.selection.figures import KINDS, Measure, Offered
from metrics.core.selection.reading import TermsError

OFFERED = Offered(
    metrics={
        "log_loss": Measure("Log loss", "down"),
        "bias": Measure("Bias", 0.0),
        "parameters": Measure("Parameters", "down", "parameter"),
        "latency": Measure("Latency", "down", "ms"),
    },
    kpis={"calls": Measure("Calls", "down", "call/day"), "kept": Measure("Guests kept", "up", "share")},
    money=Measure("money over 12 months", "up", "EUR"),
    columns=("hotel",),
)
LOSS = {"figure": {"kind": "metric", "metric": "log_loss"}, "role": "data_scientist", "smallest": 0.02}
CALLS = {"figure": {"kind": "kpi", "kpi": "calls"}, "role": "project_manager", "smallest": 2}
MONEY = {"figure": {"kind": "money"}, "role": "executive", "smallest": 15_000}
WORST = {"kind": "worst", "column": "hotel", "figure": {"kind": "kpi", "kpi": "kept"}}


def full(**others: Any) -> dict[str, Any]:
    return {
        "objectives": [LOSS, CALLS, MONEY],
        "guardrails": [
            {"figure": CALLS["figure"], "sense": "at_most", "limit": 70},
            {"figure": {"kind": "over_champion", "figure": WORST}, "sense": "at_least", "limit": 0, "probability": 0.9},
        ],
        "gates": [{"figure": LOSS["figure"], "least_relative": 0.01, "on": "lower"}],
        "simplest_by": {"kind": "metric", "metric": "parameters"},
        "quorum": {"project_manager": 1, "executive": 2},
    } | others


def test_terms_are_read_complete_and_their_document_is_read_as_the_same() -> None:
    found = terms.read(full(), OFFERED)
    assert [one.key for one in found.objectives] == ["log_loss", "calls", "money"]
    assert [one.asks.probability for one in found.guardrails] == [0.95, 0.9]
    assert found.document["objectives"][1] == {
        "key": "calls",
        "figure": {"kind": "kpi", "kpi": "calls"},
        "direction": "down",
        "unit": "call/day",
        "role": "project_manager",
        "smallest": 2.0,
    }
    again = terms.read(found.document, OFFERED)
    assert again.document == found.document
    assert again.digest == found.digest
    assert found.quorum == {"data_scientist": 0, "project_manager": 1, "executive": 2}


def test_each_line_is_told_in_a_sentence_under_a_place_of_its_own() -> None:
    lines = {line.place: line.says for line in terms.read(full(), OFFERED).words()}
    assert lines["objectives.calls"] == (
        "The manager chooses by calls: less is better, a difference is worth having from 2\u00a0call\u00a0/\u00a0day."
    )
    assert lines["guardrails.calls at most"] == (
        "Calls is at most 70\u00a0call\u00a0/\u00a0day, with a probability of 95\u00a0%."
    )
    assert (
        "Guests kept, worst hotel over the champion is at least 0"
        in lines["guardrails.worst_kept_over_champion at least"]
    )
    assert lines["gates.log_loss"] == (
        "Log loss is better than the champion by 1.0\u00a0% of its value or more, "
        "at the lower end of the 95\u00a0% band."
    )
    assert lines["quorum"] == "Signed by 1 manager and 2 executives."
    assert lines["simplest_by"] == "Of close candidates the simpler is the one with less parameters."


@pytest.mark.parametrize(
    ("definition", "field", "says"),
    [
        ([], "definition", "no object"),
        ({"objectives": "x"}, "objectives", "no list"),
        ({"objectives": []}, "objectives", "none to choose by"),
        (full(rule="dice"), "rule", "not known"),
        (full(surprise=1), "surprise", "no such field"),
        (full(objectives=[LOSS | {"smallest": -1}]), "objectives.0.smallest", "0 or more"),
        (full(objectives=[LOSS | {"smallest": True}]), "objectives.0.smallest", "no finite number"),
        (full(objectives=[LOSS | {"smallest": float("nan")}]), "objectives.0.smallest", "no finite number"),
        (full(objectives=[LOSS | {"role": "king"}]), "objectives.0.role", "not known"),
        (full(objectives=[LOSS | {"direction": "up"}]), "objectives.0.direction", "not"),
        (full(objectives=[LOSS | {"key": "No key"}]), "objectives.0.key", "no key"),
        (full(objectives=[LOSS, LOSS]), "objectives.1.key", "twice"),
        (full(objectives=[LOSS | {"figure": {"kind": "metric", "metric": "auc"}}]), "objectives.0.figure.metric", "no"),
        (full(objectives=[LOSS | {"figure": {"kind": "dream"}}]), "objectives.0.figure.kind", "not known"),
        (full(objectives=[LOSS | {"figure": None}]), "objectives.0.figure", "no figure"),
        (full(objectives=[LOSS | {"figure": WORST | {"column": "age"}}]), "objectives.0.figure.column", "not parted"),
        (
            full(objectives=[LOSS | {"figure": WORST | {"figure": {"kind": "money"}}}]),
            "objectives.0.figure.figure.kind",
            "not known",
        ),
        (full(guardrails=[{"figure": LOSS["figure"], "sense": "at_most"}]), "guardrails.0.limit", "missing"),
        (
            full(guardrails=[{"figure": LOSS["figure"], "sense": "at_most", "limit": 1, "probability": 95}]),
            "guardrails.0.probability",
            "up to 1",
        ),
        (full(guardrails=[{"figure": MONEY["figure"], "key": "calls", "sense": "at_least", "limit": 1}]),
         "guardrails.0.key", "another figure"),
        (full(gates=[{"figure": LOSS["figure"]}]), "gates.0", "asks for nothing"),
        (full(gates=[{"figure": {"kind": "metric", "metric": "bias"}, "threshold": 1}]), "gates.0.figure", "near"),
        (full(simplest_by={"kind": "kpi", "kpi": "kept"}), "simplest_by", "more is better"),
        (full(quorum={"executive": 0}), "quorum", "nobody"),
        (full(quorum={"executive": -1}), "quorum.executive", "no number of people"),
        (full(reference={"calls": 1}), "reference.log_loss", "missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_field_and_a_remedy(definition: Any, field: str, says: str) -> None:
    with pytest.raises(TermsError, match=says) as refused:
        terms.read(definition, OFFERED)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_figure_whose_direction_has_changed_since_it_was_signed_is_refused() -> None:
    signed = terms.read(full(), OFFERED).document
    turned = Offered(
        metrics=OFFERED.metrics, kpis=OFFERED.kpis | {"calls": Measure("Calls", "up", "call/day")}, money=OFFERED.money
    )
    with pytest.raises(TermsError, match="has the direction") as refused:
        terms.read(signed, turned)
    assert refused.value.field == "objectives.1.direction"


def test_without_a_projection_money_is_no_objective_and_the_reason_is_given() -> None:
    with pytest.raises(TermsError, match="no projection is set up"):
        terms.read({"objectives": [MONEY]}, Offered())


class Known:
    """Two runs with figures of every kind, in draws that go together."""

    champion = "a"
    _draws = np.array([1.0, 2.0, 3.0])

    def _both(self, scale: float) -> dict[str, Any]:
        return {
            "a": Estimate(2.0 * scale, "", self._draws * scale),
            "b": Estimate(3.0 * scale, "", self._draws * scale + 1),
        }

    def metric(self, key: str) -> Any:
        return self._both(1.0)

    def kpi(self, key: str) -> Any:
        return self._both(10.0)

    def money(self) -> Any:
        return self._both(100.0) | {"b": Unknown("not computed yet")}

    def kpi_by_group(self, key: str, column: str) -> Any:
        return {run: {"x": one, "y": Estimate(2.5, "", one.draws[::-1])} for run, one in self._both(1.0).items()}

    metric_by_group = kpi_by_group


def test_every_kind_of_figure_is_made_of_each_run_in_the_unit_of_its_measure() -> None:
    def made(figure: Any) -> dict[str, Any]:
        return dict(figures.of(figures.read(figure, OFFERED, "figure"), Known(), OFFERED))

    assert made({"kind": "kpi", "kpi": "calls"})["a"].unit == "call/day"
    assert made({"kind": "money"})["b"] == Unknown("not computed yet")
    worst = made(WORST)
    assert list(worst["a"].draws) == [1.0, 2.0, 1.0]
    gap = made(WORST | {"kind": "gap"})
    assert list(gap["a"].draws) == [2.0, 0.0, 2.0]
    over = made({"kind": "over_champion", "figure": {"kind": "metric", "metric": "latency"}})
    assert (over["a"].point, over["b"].point) == (0.0, 1.0)
    assert list(over["b"].draws) == [1.0, 1.0, 1.0]
    assert made({"kind": "over_champion", "figure": {"kind": "money"}})["b"] == Unknown("not computed yet")


def test_every_kind_names_the_figure_that_its_grade_is_of() -> None:
    for kind in KINDS.values():
        assert kind.words
    wrapped = figures.read({"kind": "over_champion", "figure": WORST}, OFFERED, "figure")
    assert figures.basis(wrapped) == {"kind": "kpi", "kpi": "kept"}


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("share", 0.02, "2 points"),
        ("share", 0.01, "1 point"),
        ("share", 0.0033, "0.33 points"),
        ("EUR", 500.0, "500 EUR"),
    ],
)
def test_a_difference_of_shares_is_told_in_points(unit: str, value: float, words: str) -> None:
    """Two percent more of a share of 50 % is one point."""
    assert told.step(value, Measure("Rate", "up", unit)).replace("\u00a0", " ") == words
