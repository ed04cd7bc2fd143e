"""A document of all that goes wrong in names and figures: markup, formulas, scripts, Unknowns, nothing at all."""

from dataclasses import replace
from datetime import date

from reports.exports.document import (
    Calculation,
    Cell,
    Computed,
    Document,
    Drawn,
    Figures,
    Input,
    Printed,
    Section,
    Sentences,
    Series,
    Signature,
    Signatures,
    Table,
)
from tests.pack_calculations import MONTHS
from tests.packs import drawn_bridge, drawn_fan, row

FORMULAS = ('=HYPERLINK("http://example.org","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "\r=1")
MARKUP = "<b>bold</b> *strong* _it_ #set page(fill: red) $x$ [link] `code` \\ & \"quote\" 'one' {curly}"
SCRIPTS = (
    "שלום עולם",
    "مرحبا بالعالم",
    "予約のキャンセル",
    "예약 취소",
    "Отмена брони",
    "Ακύρωση",
    "ยกเลิก",
    "🏨 hotel 👩‍💻",
    "𝕳𝖔𝖙𝖊𝖑",
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


def unknown(key: str, label: str, why: str) -> Printed:
    return Printed(key=key, label=label, value="–", beside=why)


def figures() -> Section:
    return Section(
        key="figures",
        title=f"{MARKUP} and {FORMULAS[0]}",
        eyebrow=SCRIPTS[0],
        grade="A to C",
        left=(
            Figures(
                heading="Seven at most",
                figures=(
                    unknown("none", "Nothing is known", "no labelled examples in the window"),
                    Printed(key="loss", label="Lost", value="−30.5", unit="k EUR", number=-30512.0, grade="D"),
                    Printed(key="sure", label="Sure", value=">99.9", unit="%", number=0.9999),
                    Printed(key="huge", label=LONG, value="1,234,567.89", unit="EUR", number=1234567.89, beside=LONG),
                    Printed(key="zero", label="=1+1", value="0", unit="EUR", number=0.0, beside="@here"),
                ),
            ),
            Figures(hero=True, figures=(unknown("hero", "A hero that is not known", "no standard error reported"),)),
        ),
        right=(
            Sentences(heading=SCRIPTS[2], lines=(*SCRIPTS, MARKUP, LONG)),
            Signatures(
                heading="Nobody and everybody",
                signatures=(
                    Signature(who="", when="", verdict="", kind="unknown"),
                    Signature(who=LONG, when=FORMULAS[1], verdict="Revoked", kind="bad", remark=MARKUP),
                ),
            ),
        ),
        foot=FORMULAS[3],
    )


def long_table(rows: int = 40) -> Table:
    return Table(
        name="long/table:*?",
        heading="A table [of] forty: rows / and more than a sheet's name holds",
        columns=("Name", "Money", "Share", LONG[:60]),
        right=frozenset({1, 2}),
        rows=(
            *(
                row(f"Row {at}", f"{at}.50 EUR", f"{at + 1} %", "", numbers={1: at + 0.5, 2: (at + 1) / 100})
                for at in range(rows)
            ),
            row("Total", f"{sum(range(rows)) + rows / 2:.2f} EUR", "–", "", numbers={1: sum(range(rows)) + rows / 2}),
        ),
        total=True,
    )


def tables() -> Section:
    empty = Table(name="empty", heading="", columns=("One", "Two"), rows=())
    names = tuple((Cell(text=name, strong=True), Cell(text=name, below=name)) for name in (*FORMULAS, *SCRIPTS, MARKUP))
    return Section(
        key="tables",
        title="Tables",
        eyebrow="",
        left=(long_table(),),
        right=(
            empty,
            replace(empty, name="empty"),
            Table(name="names", heading="=Names", columns=("=Name", "+More"), rows=names),
        ),
    )


def charts() -> Section:
    lost = tuple(-40e3 + 9e3 * at for at in range(12))
    around = tuple(
        Series(name=name, role=role, values=tuple(value + by for value in lost))  # type: ignore[arg-type]
        for name, role, by in (("Expected", "expected", 0), ("low", "low80", -2e4), ("high", "high80", 2e4))
    )
    return Section(
        key="charts",
        title="Charts that cross zero, and charts of nothing",
        eyebrow="",
        left=(
            replace(drawn_fan(drawing=False), series=around, heading="Losses turn into gains"),
            Drawn(kind="bars", heading="", sub="", says="Nothing is there to be drawn", labels=(), series=(), unit=""),
            Drawn(
                kind="bars",
                heading="=Bars",
                sub=MARKUP,
                says="Three bars, one of them not known: 1, none and −3",
                labels=("=a", SCRIPTS[1], "c"),
                series=(Series(name="+name", role="plain", values=(1.0, None, -3.0)),),
                unit="@unit",
            ),
        ),
        right=(
            drawn_bridge(20e3, (-50e3, 15e3, 40e3, 5e3)),
            replace(drawn_bridge(-20e3, (-5e3, 3e3, -4e3, 0.0)), drawing=None),
        ),
    )


def calculations() -> tuple[Calculation, ...]:
    one = Calculation(
        product="=cmd/[Book1]*?: " + LONG,
        inputs=(
            Input(name="a_1", label="=a", value=-2.0, unit="EUR", assumed=True, source="@who", band="+1"),
            Input(name="b", label=SCRIPTS[2], value=0.000001234, unit="%", assumed=False),
        ),
        lines=(
            Computed(
                name="c",
                label="-c",
                expression="exp(b) * (a_1)^(2) - min(a_1, 0 - 3, b) + ln(2.5)",
                value=_worth(),
                unit="EUR",
            ),
            Computed(
                name="d", label="Total d", expression="max(c, a_1) / 4", value=_worth() / 4, unit="EUR", total=True
            ),
        ),
    )
    return one, replace(
        one,
        product=one.product,
        inputs=(),
        lines=(Computed(name="e", label="e", expression="d", value=_worth() / 4, unit="EUR"),),
    )


def _worth() -> float:
    from math import exp, log

    return exp(0.000001234) * 4.0 + 3.0 + log(2.5)


def troubled() -> Document:
    assert MONTHS
    return Document(
        kind="product",
        of="=evil",
        title=MARKUP,
        name="=1+1",
        period="",
        known_on=date(2024, 2, 29),
        sections=(figures(), tables(), charts()),
        calculations=calculations(),
        number="KP-7",
        corrects=("=The target was 6.0, not 6.1 M EUR.",),
    )
