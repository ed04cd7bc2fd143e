"""Charts: one drawing for both themes, nothing in it that a strict page refuses, drawn once."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from django.template import Context, Template

from reports.charts import drawing, pairs, shapes
from reports.charts.drawing import Chart, draw
from reports.charts.parts import Mark

MONTHS = [f"2016-{month:02d}" for month in range(1, 13)]
ACTUAL = [44_000.0, 31_000.0, 24_500.0, 27_600.0, 20_500.0, 31_300.0, *[None] * 6]
AHEAD = [*[None] * 6, 64_000.0, 46_000.0, 31_000.0, 25_000.0, 28_000.0, 20_800.0]


def ends(share):
    return [None if value is None else value * share for value in AHEAD]


def fan(**changes):
    options = {
        "months": MONTHS,
        "actual": ACTUAL,
        "projected": AHEAD,
        "bands": {0.8: (ends(0.8), ends(1.3)), 0.95: (ends(0.6), ends(1.6))},
        "target": [30_000.0] * 12,
        "says": "from 44 k to 21 k EUR",
    }
    return shapes.fan(**(options | changes))


X = np.linspace(0, 1, 11)
CHARTS = {
    "fan": fan,
    "history": lambda: shapes.fan(months=MONTHS[:6], actual=ACTUAL[:6], says="six months"),
    "projection alone": lambda: fan(actual=[None] * 12),
    "nothing": lambda: shapes.fan(months=[], actual=[], says="no month"),
    "curve": lambda: shapes.curve(
        x=X, y=1e6 * X, band=(9e5 * X, 1.1e6 * X), marks=[Mark(x=0.5, y=5e5, words="best", kind="ink")],
        x_title="share called", says="value by share",
    ),
    "losses": lambda: shapes.curve(x=[1, 2, 3], y=[-5, -60, -70], x_title="step", x_is="number", says="losses"),
    "roc": lambda: shapes.roc(
        false_positive_rate=X, true_positive_rate=X**0.3, at=Mark(x=0.1, y=0.5, words="now"), says="AUC 0.87"
    ),
    "precision": lambda: shapes.precision_recall(recall=X, precision=1 - X / 2, base_rate=0.4, says="precision"),
    "calibration": lambda: shapes.calibration(predicted=X, observed=X, low=X * 0.9, high=X, says="honest"),
    "histogram": lambda: shapes.histogram(
        edges=X, positives=range(10), negatives=range(10, 0, -1), words=("left", "stayed"), threshold=0.5, says="scores"
    ),
}  # fmt: skip


HTML = frozenset({"div", "figure", "figcaption", "p", "span", "i", "details", "summary", "button", "data"}) | {
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ROWS = {"fan": 12, "history": 6, "projection alone": 12, "nothing": 0, "losses": 3, "histogram": 10}  # else len(X)


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.STORE_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_for_each_width_with_its_text_alternative(name):
    chart = CHARTS[name]()
    html = str(chart)
    drawn = ElementTree.fromstring(f"<div>{html}</div>")
    pictures = drawn.findall(".//svg")
    assert [picture.get("class") for picture in pictures] == ["wide", "middle", "narrow"]
    assert [round(float(p.get("viewBox").split()[2]), -1) for p in pictures] == [740, 480, 320]
    assert {picture.get("aria-label") for picture in pictures} == {chart.says}
    assert "NaN" not in html


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_holds_what_the_content_security_policy_refuses_or_a_fixed_colour(name):
    for element in ElementTree.fromstring(f"<div>{CHARTS[name]()}</div>").iter():
        assert element.tag in drawing.ELEMENTS | HTML
        assert "style" not in element.attrib
        assert not any(key.startswith(("on", "href", "xlink")) for key in element.attrib)
        assert not any(re.search(r"#[0-9a-f]{3,8}\b(?!-)", element.get(key, "")) for key in ("fill", "stroke"))


@pytest.mark.parametrize("name", CHARTS)
def test_behind_every_chart_is_a_table_of_its_values_and_each_stands_in_each_drawing(name):
    chart = ElementTree.fromstring(f"<div>{CHARTS[name]()}</div>")
    rows = chart.findall(".//tbody/tr")
    assert len(rows) == ROWS.get(name, len(X))
    assert len(chart.findall(".//button[@data-csv]")) == (1 if rows else 0)
    for picture in chart.findall(".//svg"):
        places = [[float(part) for part in place.split()] for place in picture.get("data-at", "").split("; ") if place]
        width, height = map(float, picture.get("viewBox").split()[2:])
        first = 6 if name == "projection alone" else 0
        assert [place[0] for place in places] == list(range(first, len(rows)))
        assert all(0 <= x <= width and 0 <= y <= height for _, x, y in places)
        assert sorted(places, key=lambda place: place[1]) == places


def test_a_value_is_printed_short_and_kept_whole():
    html = str(shapes.curve(x=[0.1, 0.25], y=[1234.5678, -2.0], of="money", unit="EUR", x_title="acted", says="s"))
    assert '<th scope="col" class="num">money, EUR</th>' in html
    assert '<td class="num"><data value="1234.5678">1,235</data></td>' in html
    assert '<td class="num"><data value="-2">\u22122</data></td>' in html
    assert '<th scope="row" class="num"><data value="0.25">25.0\u00a0%</data></th>' in html


def test_dots_have_names_and_those_that_tell_stand_beside_them():
    chart = pairs.scatter(
        names=["a & b", "second", "far"] + ["x"] * 20, x=[1, 2, 900, *np.linspace(1, 2, 20)],
        y=[3, 4, 5, *np.linspace(3, 4, 20)], across="brier", up="Value", telling=[1], says="s",
    )  # fmt: skip
    html = str(chart)
    assert '<data value="a &amp; b">a &amp; b</data>' in html
    assert re.search(r"<text[^>]*>second</text>", html)
    assert not re.search(r"<text[^>]*>far</text>", html)
    assert "1 lies off the scale." in html
    assert [place.split()[0] for place in re.search(r'data-at="([^"]*)"', html)[1].split("; ")][:3] == ["0", "1", "3"]


def test_ids_differ_between_charts_and_between_the_drawings_of_one():
    spec = {
        "data": {"values": [{"a": 1, "b": 5}, {"a": 2, "b": 9}]},
        "mark": {"type": "line", "clip": True},
        "encoding": {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "quantitative"}},
    }
    first, second = draw(spec, name="1w"), draw(spec, name="1n", size="narrow")
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= ids[0]


def test_a_colour_outside_the_theme_is_refused_before_it_fails_in_one_theme():
    spec = {"data": {"values": [{}]}, "mark": {"type": "point", "color": "#123456", "filled": True}}
    with pytest.raises(ValueError, match="#123456"):
        draw(spec, name="x")


def test_words_from_outside_are_escaped():
    evil = '</svg><script>alert("1")</script>'
    chart = pairs.scatter(names=[evil, "<b>"], x=[1, 2], y=[2, 3], across=evil, up=evil, says=evil, caption=evil)
    html = str(chart)
    assert "<script" not in html
    assert html.count("</svg>") == 3


def test_a_chart_is_drawn_once_and_kept_under_the_digest_of_its_spec(store, monkeypatch):
    first = str(fan())
    assert len(list(store.rglob("*.svg"))) == 1
    assert not list(store.rglob("*.part"))
    monkeypatch.setattr(drawing, "draw", lambda *a, **k: pytest.fail("drawn again"))
    assert str(fan()) == first
    assert fan(says="other words").digest != fan().digest


def test_old_drawings_make_room(store, monkeypatch):
    monkeypatch.setattr(drawing, "KEPT", 512)
    folder = store / "charts" / "ab"
    for k in range(5):
        drawing._keep(folder / f"{k}.svg", "<svg/>")
    assert len(list(folder.iterdir())) == 2


def test_a_store_that_cannot_be_written_costs_no_page(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.STORE_DIR = tmp_path / "file"
    assert "<svg" in str(fan())


def test_a_chart_that_cannot_be_drawn_leaves_its_text_alternative():
    chart = Chart(specs={"wide": {"mark": "nonsense"}}, says="value <rises>")
    assert "value &lt;rises&gt;" in str(chart)


def test_the_projection_starts_where_the_actuals_end():
    area = fan().specs["wide"]["layer"][0]["data"]["values"]
    assert area[0] == {"m": "2016-06-01T00:00:00", "low": 31_300.0, "high": 31_300.0}
    assert len(area) == 7


def test_a_template_prints_a_chart_as_markup_with_its_legend():
    html = Template("{{ chart }}").render(Context({"chart": fan(caption="a <month>")}))
    assert html.startswith('<p class="key"><span><i class="line"></i>actual</span>')
    assert "<figcaption>a &lt;month&gt;</figcaption>" in html


def test_files_that_leave_the_platform_keep_plain_colours():
    svg = drawing.plain(fan().specs["wide"], "dark")
    assert "var(--" not in svg
    assert "#8fabff" in svg or "#2450c4" in svg


def test_specs_are_plain_json_with_all_their_data():
    for make in CHARTS.values():
        text = json.dumps(dict(make().specs), allow_nan=False)
        assert "http" not in text


def test_one_far_off_is_counted_in_words_so_that_the_rest_can_be_told_apart(store):
    x, y = [0.43, 0.44, 0.45, 0.46, 0.48, 0.5, 0.55, 5.56], [11.7, 11.5, 11.0, 10.7, 10.1, 9.9, 8.7, 7.3]
    chart = pairs.scatter(
        names=[f"run {at}" for at in range(len(x))],
        x=x,
        y=y,
        across="log_loss",
        up="EUR",
        says="value falls as loss rises",
    )
    assert "1 lies off the scale." in str(chart)
    near = pairs.scatter(
        names=["run"] * (len(x) - 1), x=x[:-1], y=y[:-1], across="log_loss", up="EUR", says="value falls as loss rises"
    )
    assert "off the scale" not in str(near)
    same = pairs.scatter(names=["run"] * 8, x=[1.0] * 8, y=y, across="log_loss", up="EUR", says="no spread")
    assert "off the scale" not in str(same)


def test_the_key_names_what_is_drawn() -> None:
    assert ("line", "actual") in fan().key
    assert "actual" not in {words for _, words in fan(actual=[None] * 12).key}
