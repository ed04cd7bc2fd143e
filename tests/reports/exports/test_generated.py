"""Documents of any figures: each prints them the same in every format, and cells read as they are printed."""

import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pptx import Presentation

from reports.exports import pdf, pptx, xlsx
from reports.exports.document import Document, Figures, Printed, Section
from reports.exports.numbers import number_format
from reports.exports.xlsx.expression import formula
from tests.reports.exports.test_writers import READERS, flat

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp")), max_size=40)
NUMBERS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda value: round(value, 2))
SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "%": 0.01}


@st.composite
def printed(draw: st.DrawFn, at: int) -> Printed:
    number, places = draw(NUMBERS), draw(st.integers(0, 3))
    scale = draw(st.sampled_from(sorted(SCALES)))
    text = f"{number / SCALES[scale]:,.{places}f}".replace("-", "−")
    if draw(st.booleans()) and number > 0:
        text = f"+{text}"
    known = draw(st.booleans())
    return Printed(
        key=f"figure{at}",
        label=draw(WORDS),
        value=text if known else "–",
        unit="" if not known else scale if scale == "%" else f"{scale}\u00a0EUR".strip("\u00a0"),
        beside=draw(WORDS),
        grade=draw(st.sampled_from(["", "A", "C", "A to D"])),
        number=number if known else None,
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    figures = tuple(draw(printed(at)) for at in range(draw(st.integers(1, 7))))
    section = Section(key="s", title=draw(WORDS) or "Title", eyebrow=draw(WORDS), left=(Figures(figures=figures),))
    return Document(
        kind="product",
        of="p",
        title=draw(WORDS) or "Title",
        name="pack",
        period="",
        known_on=draw(st.dates(date(2000, 1, 1), date(2099, 12, 31))),
        sections=(section,),
    )


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_whatever_the_figures_are_every_format_prints_them(pack: Document) -> None:
    for kind, written in (("pdf", pdf.written), ("pptx", pptx.written), ("xlsx", xlsx.written)):
        made = written(pack)
        text = READERS[kind](made)
        missing = {key: shown for key, shown in pack.figures().items() if flat(shown) not in text}
        assert not missing, kind
        assert written(pack) == made, kind


@settings(max_examples=300, deadline=None)
@given(printed(0))
def test_a_format_is_given_only_where_the_cell_would_read_as_printed(figure: Printed) -> None:
    if figure.number is None:
        assert number_format(0.0, figure.text) is None
        return
    shown = number_format(figure.number, figure.text)
    assert shown is not None
    assert number_format(3 * figure.number + 1e12, figure.text) is None


@pytest.mark.parametrize(
    ("number", "text", "shown"),
    [
        (6312345.67, "6.31\u00a0M EUR", '0.00,,"\u00a0M EUR";"−"0.00,,"\u00a0M EUR";0.00,,"\u00a0M EUR"'),
        (0.664, "66\u00a0%", '0"\u00a0"%;"−"0"\u00a0"%;0"\u00a0"%'),
        (41000.0, "+41\u00a0k EUR", '"+"0,"\u00a0k EUR";"−"0,"\u00a0k EUR";0,"\u00a0k EUR"'),
        (1234.5, "1,234.5", '#,##0.0;"−"#,##0.0;#,##0.0'),
        (6312345.67, "7\u00a0M EUR", None),
        (0.9999, ">99.9\u00a0%", None),
        (5.0, "–", None),
    ],
)
def test_numbers_are_scaled_and_cut_as_they_are_printed(number: float, text: str, shown: str | None) -> None:
    assert number_format(number, text) == shown


TREES = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        inner.map(lambda one: f"({one})^(2)"),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_a_formula_comes_to_what_the_expression_does(expression: str) -> None:
    names = {"a": "C2", "b": "C3"}
    found = formula(expression, names).removeprefix("=").replace("^", "**").replace("MAX", "max")
    values = {"a": -1.5, "b": 0.75}
    cells = {"C2": -1.5, "C3": 0.75, "max": max}
    assert eval(found, {}, cells) == pytest.approx(eval(expression.replace("^", "**"), {}, {**values, "max": max}))


def test_an_empty_document_is_written() -> None:
    pack = Document(
        kind="product", of="p", title="Nothing", name="n", period="", known_on=date(2026, 1, 1), sections=()
    )
    bare = replace(pack, sections=(Section(key="s", title="Empty", eyebrow="", left=()),))
    assert pdf.written(bare).startswith(b"%PDF")
    assert len(Presentation(io.BytesIO(pptx.written(bare))).slides) == 1
    assert openpyxl.load_workbook(io.BytesIO(xlsx.written(pack))).sheetnames == ["Summary", "Sentences"]
