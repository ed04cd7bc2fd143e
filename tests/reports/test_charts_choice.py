"""Charts of a choice: each candidate where its figures are, each region as large as its share of the weights."""

import re
from xml.etree import ElementTree

import pytest

from reports.charts import choice, drawing
from reports.charts.choice import Dot, Field, Stand

ROLES = ("data scientist", "manager", "executive")
CORNER = [[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]]
REST = [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1], [0.5, 0, 0.5]]
FIELDS = [
    Field(name="rf", number=1, share=0.75, corners=REST, middle=[0.25, 0.375, 0.375]),
    Field(name="gb", number=2, share=0.25, corners=CORNER, middle=[2 / 3, 1 / 6, 1 / 6]),
]
STANDS = [
    Stand(name="Manager", letter="M", weights=[0.2, 0.6, 0.2], left=[[[0, 1, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]]]),
    Stand(name="Joint weights", letter="", weights=[0.3, 0.4, 0.3]),
]
HALVES = [
    Field(name="rf", number=1, share=0.75, corners=[[0.75, 0.25], [0, 1]], middle=[0.375, 0.625]),
    Field(name="gb", number=2, share=0.25, corners=[[1, 0], [0.75, 0.25]], middle=[0.875, 0.125]),
]


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.STORE_DIR = tmp_path
    return tmp_path


def dot(name, x, y, kind="front", says="on the front"):
    return Dot(name=name, x=x, y=y, x_band=(x - 0.01, x + 0.01), y_band=(y - 5, y + 5), kind=kind, says=says)


def pair(*more, **changed):
    dots = [dot("rf", -0.02, 41.0), dot("gb", -0.05, 11.0), dot("old", 0.0, 0.0, "champion", "champion")]
    dots += [dot("tree", 0.03, -20.0, "beaten", "beaten by rf"), *more]
    told = {"across": "Log loss", "up": "Money, k EUR", "ways": ("less is better", "more is better")}
    return choice.trade_off(dots, zero=True, says="four candidates", caption="", **told | changed)


def triangle():
    return choice.triangle(FIELDS, STANDS, roles=ROLES, says="rf 75 %, gb 25 %")


def strip():
    stands = [Stand(name="Executive", letter="E", weights=[0.4, 0.6], left=[[[0.5, 0.5], [0.2, 0.8]]])]
    return choice.strip(HALVES, stands, roles=("data scientist", "executive"), says="rf 75 %, gb 25 %")


def drawn(chart):
    return ElementTree.fromstring(f"<div>{chart}</div>")


def places(picture):
    told = [[float(part) for part in one.split()] for one in picture.get("data-at").split("; ")]
    return {int(row): (x, y) for row, x, y in told}


def texts(picture):
    return {element.text for element in picture.iter("text")}


@pytest.mark.parametrize("made", [pair, triangle, strip])
def test_no_chart_holds_what_the_policy_refuses_or_a_fixed_colour_and_each_has_its_alternative(made):
    chart = made()
    for picture in drawn(chart).iter("svg"):
        assert picture.get("aria-label") == chart.says
        assert picture.get("tabindex") == "0"
        for element in picture.iter():
            assert element.tag in drawing.ELEMENTS
            assert "style" not in element.attrib
            assert not any(re.search(r"#[0-9a-f]{3,8}\b(?!-)", element.get(key, "")) for key in ("fill", "stroke"))


def test_candidates_stand_where_their_figures_are_and_the_table_says_what_each_is():
    chart = drawn(pair())
    for picture in chart.iter("svg"):
        at = places(picture)
        assert sorted(at, key=lambda row: at[row][0]) == [1, 0, 2, 3]
        assert sorted(at, key=lambda row: -at[row][1]) == [3, 2, 1, 0]
        (rf, old, tree) = at[0], at[2], at[3]
        assert (old[1] - rf[1]) / (tree[1] - old[1]) == pytest.approx(41 / 20, rel=0.02)
    rows = [[cell.findtext("data") or cell.text for cell in row] for row in chart.findall(".//tbody/tr")]
    assert [row[:2] for row in rows] == [
        ["rf", "on the front"],
        ["gb", "on the front"],
        ["old", "champion"],
        ["tree", "beaten by rf"],
    ]
    heads = [head.text for head in chart.findall(".//thead//th")]
    assert heads[2:] == [
        "Money, k EUR",
        "80\u00a0% low",
        "80\u00a0% high",
        "Log loss",
        "80\u00a0% low",
        "80\u00a0% high",
    ]


def test_who_is_far_off_and_beaten_is_counted_and_stays_in_the_table_but_never_one_of_the_front():
    near = [dot(f"n{at}", 0.001 * at, float(at), "beaten", "beaten") for at in range(8)]
    chart = pair(*near, dot("far", 5.0, -3.0, "beaten", "beaten by rf"))
    assert chart.caption == "1 lies off the scale."
    html = drawn(chart)
    assert 12 not in places(next(html.iter("svg")))
    assert [row[0].findtext("data") for row in html.findall(".//tbody/tr")][-1] == "far"
    assert pair(*near, dot("far", 5.0, 90.0)).caption == ""


def test_a_limit_is_drawn_where_it_is_near_and_not_where_it_is_far():
    words = {"0.06 or less": True, "5 or less": False}
    for (name, told), limit in zip(words.items(), (0.06, 5.0), strict=True):
        chart = pair(limits=(limit, None))
        assert (("dash", "limit") in chart.key) == told, name


def test_names_never_lie_on_each_other_or_on_a_dot():
    crowded = pair(*(dot(f"candidate-number-{at}", -0.02 + 0.0001 * at, 41.0 + 0.1 * at) for at in range(9)))
    words = texts(next(drawn(crowded).iter("svg")))
    assert "old" in words
    assert len([one for one in words if one and one.startswith("candidate-number")]) <= 1


def outline(element):
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", element.get("d"))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def size(corners):
    return abs(sum(x * b - a * y for (x, y), (a, b) in zip(corners, corners[1:] + corners[:1], strict=True))) / 2


def test_regions_of_a_triangle_are_as_large_as_their_shares_and_the_roles_stand_by_their_corners():
    (picture,) = drawn(triangle()).iter("svg")
    filled = [one for one in picture.iter("path") if one.get("fill-opacity") and "L" in one.get("d", "")]
    sizes = [size(outline(one)) for one in filled]
    assert len(sizes) == 2
    assert sizes[0] / sum(sizes) == pytest.approx(0.75, abs=0.005)
    assert {"1", "2", "M", *ROLES} <= texts(picture)
    at = places(picture)
    # The manager's weights lie nearer to the top than the joint ones, and between left and right.
    assert at[2][1] < at[3][1]
    assert at[2][0] == pytest.approx(at[3][0], abs=0.5)
    dashed = [one for one in picture.iter("path") if one.get("stroke-dasharray")]
    assert size(outline(dashed[0])) / sum(sizes) == pytest.approx(0.25, abs=0.005)


def test_two_roles_are_a_line_whose_parts_are_as_long_as_their_shares():
    for picture in drawn(strip()).iter("svg"):
        at = places(picture)
        # The middles of the two parts and the role's weight, along the weight of the second role.
        scale = (at[0][0] - at[1][0]) / (0.625 - 0.125)
        assert at[2][0] == pytest.approx(at[1][0] + scale * (0.6 - 0.125), abs=0.5)
        assert {"1", "2", "E"} <= texts(picture)


def test_the_table_of_weights_holds_shares_and_the_weights_of_who_said_them():
    chart = drawn(triangle())
    rows = [[cell.findtext("data") or cell.text for cell in row] for row in chart.findall(".//tbody/tr")]
    assert [row[0] for row in rows] == ["1 rf", "2 gb", "Manager’s weights", "Joint weights"]
    assert [row[1] for row in rows] == ["75.0\u00a0%", "25.0\u00a0%", "–", "–"]
    assert rows[2][2:] == ["20.0\u00a0%", "60.0\u00a0%", "20.0\u00a0%"]
