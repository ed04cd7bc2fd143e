"""Charts of errors, months, delays and steps: each can be drawn in every size, in colours of the theme only."""

import json
import re
from xml.etree import ElementTree

import pytest

from reports.charts import errors, series
from reports.charts.drawing import draw

INF = float("inf")
MONTHS = ["2016-11", "2016-12", "2017-01", "2017-02"]
CHARTS = {
    "residuals": lambda: errors.residuals(
        low=[-INF, -1, 0, 1], high=[-1, 0, 1, INF], weight=[1, 20, 30, 2], bias=0.2, says="errors"
    ),
    "residuals without open bars": lambda: errors.residuals(low=[-1, 0], high=[0, 1], weight=[1, 1], bias=0, says="e"),
    "predicted and observed": lambda: errors.predicted_observed(predicted=[1, 2, 3], observed=[1.1, 2, 2.7], says="p"),
    "predictions that are equal": lambda: errors.predicted_observed(predicted=[5, 5], observed=[5, 5], says="equal"),
    "coverage": lambda: series.by_month(
        months=MONTHS,
        values=[0.9, 0.8, None, 0.7],
        low=[0.88, 0.7, None, 0.6],
        high=[0.92, 0.9, None, 0.8],
        level=0.9,
        level_is="promised",
        unit="share",
        says="coverage",
    ),
    "months without bands": lambda: series.by_month(months=MONTHS, values=[3, 1, 4, 1], says="months"),
    "observed": lambda: series.observed(
        months=MONTHS, values=[3, 1, 4, 1], target=[None, 2, 2, 2], of="Calls", unit="call", share=False, says="months"
    ),
    "observed shares": lambda: series.observed(
        months=MONTHS, values=[0.3, 0.1, 0.4, 0.1], of="Rate", unit="share", share=True, says="months"
    ),
    "one value": lambda: series.by_month(months=MONTHS[:1], values=[1.0], says="one month"),
    "delays": lambda: series.delays(months=MONTHS, half=[4, 3, 2, 1], most=[9, 8, 7, 6], says="delays"),
    "maturity": lambda: series.maturity(shares=[0.3, 0.7, 0.95, 1.0], level=0.9, says="labels"),
    "never mature": lambda: series.maturity(shares=[0.3, 0.5], level=0.9, says="labels"),
    "training": lambda: series.training(steps=range(20), values=[1 / (s + 1) for s in range(20)], says="loss"),
    "training that diverged": lambda: series.training(steps=[0, 1, 2, 3], values=[1.0, None, None, 2.0], says="loss"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_in_every_size_with_colours_of_the_theme(name) -> None:
    chart = CHARTS[name]()
    for size, spec in chart.specs.items():
        svg = draw(spec, name="a", size=size, says=chart.says)
        root = ElementTree.fromstring(svg)
        assert root.attrib["aria-label"] == chart.says
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|style=|<script", svg)
        assert root.findall(".//{*}path")


def rows_of(chart, place: int) -> list[dict]:
    return chart.specs["wide"]["layer"][place]["data"]["values"]


def test_open_bars_are_drawn_as_wide_as_the_others() -> None:
    rows = rows_of(CHARTS["residuals"](), 0)
    assert [(row["x"], row["to"]) for row in rows] == [(-2, -1), (-1, 0), (0, 1), (1, 2)]
    assert sum(row["v"] for row in rows) == pytest.approx(1.0, abs=1e-5)


def test_a_month_without_a_value_has_no_dot_and_no_band() -> None:
    chart = CHARTS["coverage"]()
    assert "2017-01" not in json.dumps(chart.specs["wide"]["layer"][1:])
    level = rows_of(chart, 0)
    assert [row["v"] for row in level] == [0.9, 0.9]


def test_the_age_at_which_labels_are_mature_is_named_where_there_is_one() -> None:
    assert "after 2 months" in json.dumps(CHARTS["maturity"]().specs["wide"])
    assert "after 1 month" not in json.dumps(CHARTS["never mature"]().specs["wide"]["layer"][3:])


def test_values_that_were_not_finite_leave_a_gap() -> None:
    layer = CHARTS["training that diverged"]().specs["wide"]["layer"][0]
    assert [row["v"] for row in layer["data"]["values"]] == [1.0, None, None, 2.0]
    assert layer["mark"]["invalid"] == "break-paths-filter-domains"
