"""What a bridge says of a change: gain and loss, what is another way to count, and what counts in a total."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from metrics.core.estimate import Estimate
from metrics.core.revenue.bridge import Bridge, Part
from metrics.queries.revenue.bridge import Explained, LeftOut
from metrics.queries.revenue.bridge_factors import Differing, Documents
from reports.pages.outlook import bridge as words

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
PRODUCT = SimpleNamespace(day=lambda moment: moment.date())


def explained(*parts, otherwise=True, left_out=None, before=700_000):
    made = [
        Part(name=name, factors=tuple(factors), amount=Decimal(amount), quantity=Estimate(float(amount), "EUR"))
        for name, amount, *factors in parts
    ]
    after = before + sum(Decimal(amount) for _, amount, *_ in parts)
    held = Bridge(before=Decimal(before), after=Decimal(after), unit="EUR", parts=tuple(made))
    ends = [Estimate(float(held.before), "EUR"), Estimate(float(held.after), "EUR")]
    return Explained(
        at=AT,
        receipts=("a" * 64, "b" * 64),
        before=ends[0],
        after=ends[1],
        bridge=held,
        moved={},
        left_out=left_out,
        counts_otherwise=otherwise,
    )


def title(*parts, **more):
    return words._title(explained(*parts, **more), PRODUCT).replace("\u00a0", " ")


def definition(amount, *others):
    return ("definition", amount, "definition", *others)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([definition(59_600)], "Restated by +59.6 k EUR on 3 Nov 2026: no new money"),
        ([definition(-59_600)], "Restated by −59.6 k EUR on 3 Nov 2026: no new money"),
        ([("model", 59_600, "model")], "The value rose by 59.6 k EUR on 3 Nov 2026"),
        ([("model", -59_600, "model")], "The value fell by 59.6 k EUR on 3 Nov 2026"),
        # the figure is up, and the money is down
        (
            [definition(60_000), ("model", -10_000, "model")],
            "The value fell by 10 k EUR on 3 Nov 2026, and was restated by +60 k EUR",
        ),
        (
            [definition(-60_000), ("model", 90_000, "model")],
            "The value rose by 90 k EUR on 3 Nov 2026, and was restated by −60 k EUR",
        ),
        ([definition(0), ("model", 10_000, "model")], "The value rose by 10 k EUR on 3 Nov 2026"),
        ([definition(0)], "The value stayed what it was on 3 Nov 2026"),
        # what goes together with the definition may be money
        (
            [definition(60_000, "model")],
            "The value was restated and moved, by +60 k EUR together, on 3 Nov 2026",
        ),
    ],
)
def test_another_way_to_count_is_neither_gain_nor_loss(parts, told):
    assert title(*parts) == told


def test_a_mapping_of_another_kind_on_another_run_may_bring_money():
    found = explained(definition(60_000), otherwise=False)
    assert "no new money" not in words._title(found, PRODUCT)
    assert list(words._notes(found)) == [words.TOGETHER]
    assert list(words._notes(explained(definition(60_000)))) == [words.RESTATES]


def test_an_executive_reads_of_no_definition():
    said = [*words.NAMES.values(), words.RESTATES, words.TOGETHER]
    assert [text for text in said if "definition" in text.lower()] == []
    assert list(words._notes(explained(definition(0), ("model", 5, "model")))) == []


def test_what_stops_counting_is_told_of_the_total():
    gone = LeftOut(reasons=("growth: no source",), since=date(2026, 11, 3), letter="D", before=True, after=False)
    found = explained(definition(10_000), ("left out", -710_000, "left out"), left_out=gone)
    assert words._title(found, PRODUCT).startswith("What counts in the total fell by ")


def test_months_that_are_corrected_are_neither_gain_nor_loss():
    found = explained(("actuals", -20_000, "actuals"), ("volume", 5_000, "volume"))
    assert list(words._notes(found)) == [words.CORRECTED]
    assert list(words._notes(explained(("actuals", 0, "actuals"), ("volume", 5_000, "volume")))) == []
    lines = [words._line(part, found, None) for part in found.bridge.parts]
    drawn = words._chart(found.bridge, lines, words._digits(found.bridge), counted=False)
    tones = {row["t"]: row["k"] for row in drawn.specs["wide"]["layer"][0]["data"]["values"]}
    assert tones == {"700.0": "end", "−20.0": "same", "+5.0": "up", "685.0": "end"}


@pytest.mark.parametrize("before", [700, 70_000, 700_000, 70_000_000])
def test_the_axis_counts_in_what_the_words_in_the_bars_count_in(before):
    found = explained(("model", before // 10, "model"), ("policy", before // 40, "policy"), before=before)
    lines = [words._line(part, found, None) for part in found.bridge.parts]
    digits = words._digits(found.bridge)
    drawn = words._chart(found.bridge, lines, digits, counted=False)
    (label,) = {one["encoding"]["y"]["axis"]["labelExpr"] for one in drawn.specs["wide"]["layer"]}
    size = {"": "1", "k": "1000", "M": "1e+06"}[digits.scale]
    assert label == f"datum.value == 0 ? '0' : format(datum.value / {size}, ',~f')"


def documents(kind="value_matrix", run="one", text="offer"):
    definition = {"kind": kind, "text": text}
    kpi = {"kind": "kpi", "run": run, "mapping": text, "definition": definition, "assumptions": {}}
    revenue = {"kind": "revenue", "value": "v", "volume": [["2017-01", 10]], "months": 12, "engine": "3"}
    return Documents(revenue, kpi)


@pytest.mark.parametrize(
    ("after", "restated"),
    [
        (documents(text="offer * 2"), "all"),
        (documents(run="two"), "none"),
        (documents(text="offer * 2", run="two"), "part"),
        (documents(kind="formula"), "all"),
        (documents(kind="formula", run="two"), "part"),
        (Documents(documents().revenue | {"volume": [["2017-01", 10], ["2017-02", 9]]}, documents().kpi), "none"),
        (Documents(documents().revenue | {"months": 24}, documents().kpi), "all"),
        (Documents(documents().revenue | {"engine": "4"}, documents().kpi), "all"),
    ],
)
def test_how_much_of_a_change_is_restated_is_read_from_its_documents(after, restated):
    assert Differing(documents(), after, lambda _: {}).restated() == restated
