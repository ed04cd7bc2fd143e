"""Documents as packs are made of, without a database: one like the design of the pack, one of all that goes wrong."""

from dataclasses import replace
from datetime import date

from reports.charts.change import steps, waterfall
from reports.charts.shapes import fan
from reports.exports.document import (
    Cell,
    Document,
    Drawn,
    Figures,
    Printed,
    Section,
    Sentences,
    Series,
    Signature,
    Signatures,
    Table,
)
from tests.pack_calculations import MONTHS, calculation, of_portfolio

KNOWN = (48000.0, 54000.0, *(None,) * 10)
EXPECTED = (None, None, 33e3, 31e3, 33e3, 34e3, 44e3, 68e3, 78e3, 79e3, 82e3, 78e3)
TARGET = (44e3, 47e3, 30e3, 28e3, 30e3, 31e3, 40e3, 62e3, 71e3, 72e3, 74.5e3, 71e3)
LOW95, LOW80 = (tuple(None if v is None else v * share for v in EXPECTED) for share in (0.55, 0.7))
HIGH80, HIGH95 = (tuple(None if v is None else v * share for v in EXPECTED) for share in (1.35, 1.62))


def row(
    *texts: str,
    below: dict[int, str] | None = None,
    numbers: dict[int, float] | None = None,
    shades: dict[int, int] | None = None,
) -> tuple[Cell, ...]:
    below, numbers, shades = below or {}, numbers or {}, shades or {}
    return tuple(
        Cell(text=text, number=numbers.get(at), below=below.get(at, ""), shade=shades.get(at, 0))
        for at, text in enumerate(texts)
    )


def drawn_fan(*, drawing: bool = True) -> Drawn:
    says = "Value a month: known to October, 54 k EUR; expected from 33 k EUR in November to 78 k EUR in August"
    chart = fan(
        months=[f"{2026 + (at > 3)}-{(at + 8) % 12 + 1:02d}" for at in range(12)],
        actual=KNOWN,
        projected=EXPECTED,
        bands={0.8: (LOW80, HIGH80), 0.95: (LOW95, HIGH95)},
        target=TARGET,
        unit="EUR",
        says=says,
    )
    series = [
        Series(name="Known", role="known", values=KNOWN),
        Series(name="Expected", role="expected", values=EXPECTED),
        Series(name="Target", role="target", values=TARGET),
        Series(name="95 % band from", role="low95", values=LOW95),
        Series(name="80 % band from", role="low80", values=LOW80),
        Series(name="80 % band to", role="high80", values=HIGH80),
        Series(name="95 % band to", role="high95", values=HIGH95),
    ]
    return Drawn(
        kind="fan",
        heading="Summer decides: 58 % of the value falls in April to August",
        sub="k EUR a month. Four futures in five lie in the dark band. Year: 80 % band 0.49 – 0.86 M EUR, "
        "64 % chance to meet the target.",
        says=says,
        labels=MONTHS,
        series=tuple(series),
        unit="EUR",
        drawing=chart if drawing else None,
    )


def drawn_bridge(start: float = 610e3, parts: tuple[float, ...] = (50e3, 20e3, -30e3, 10e3)) -> Drawn:
    labels = ("21 Nov", "Bookings", "Guests who stay", "Room prices", "Counted anew", "30 Nov")
    none = (None,) * len(parts)
    up = tuple(part if part > 0 else None for part in parts)
    down = tuple(part if part <= 0 else None for part in parts)
    told = [f"{part / 1e3:+.0f}".replace("-", "−") for part in parts]
    bars = steps(
        (labels[0], start, f"{start / 1e3:.0f}"),
        list(zip(labels[1:], parts, told, strict=False)),
        (labels[-1], start + sum(parts), f"{(start + sum(parts)) / 1e3:.0f}"),
    )
    return Drawn(
        kind="bridge",
        heading="More bookings lifted it by 50 k EUR since 21 November",
        sub="EUR a year. “Counted anew” is no new money.",
        says="Bridge from 610 to 660 k EUR: bookings +50, guests who stay +20, room prices −30, counted anew +10",
        labels=labels,
        series=(
            Series(name="Level", role="total", values=(start, *none, start + sum(parts))),
            Series(name="Up", role="up", values=(None, *up, None)),
            Series(name="Down", role="down", values=(None, *down, None)),
        ),
        unit="EUR a year",
        drawing=waterfall(bars=bars, unit="EUR", says="Bridge from 610 to 660 k EUR"),
    )


def cover() -> Section:
    def figure(
        key: str, label: str, value: str, unit: str, beside: str, grade: str, number: float | None, **more
    ) -> Printed:
        return Printed(key=key, label=label, value=value, unit=unit, beside=beside, grade=grade, number=number, **more)

    return Section(
        key="cover",
        title="The portfolio is more likely than not to pass its 2027 target",
        eyebrow="Board pack · November 2026",
        left=(
            Sentences(
                numbered=True,
                lines=(
                    "We expect 6.31 M EUR by August, 0.21 M more than asked. Five products count; one has no source.",
                    "Card fraud is the concern: it misses a new pattern, and cases confirmed late hide how much.",
                    "One decision is yours: another model for the calls, 41 k EUR a year more for 13 more calls a day.",
                ),
            ),
        ),
        right=(
            Figures(
                figures=(
                    figure(
                        "expected",
                        "Expected, fiscal 2027",
                        "6.31",
                        "M EUR",
                        "80 % band 5.8 – 6.8 M EUR",
                        "A to C",
                        6312345.67,
                        receipt="5e1dc308",
                    ),
                    figure("target", "Target", "6.10", "M EUR", "set 1 Sep 2026", "", 6.1e6),
                    figure("chance", "Chance to meet it", "66", "%", "64 % a week ago", "A to C", 0.66),
                    figure(
                        "realised",
                        "Realised, September",
                        "474",
                        "k EUR",
                        "80 % band 446 – 503 k EUR; target 453 k EUR",
                        "A to C",
                        474321.0,
                    ),
                    figure(
                        "at_risk", "Value at risk", "0.36", "M EUR", "80 % band 0.22 – 0.51 M EUR", "A to C", 361000.0
                    ),
                    figure("decision", "The decision", "+41", "k EUR a year", "80 % band 17 – 68 k EUR", "C", 41000.0),
                )
            ),
        ),
        foot="A causal · B backtested · C assumed · D opinion, never in a total",
    )


def product() -> Section:
    return Section(
        key="cancellation_calls",
        title="The calls earn 0.66 M EUR in fiscal 2027; meeting 0.60 M EUR is likely, not certain",
        eyebrow="Cancellation calls",
        grade="C",
        left=(drawn_fan(),),
        right=(drawn_bridge(),),
        foot="Receipt d21f·80b4 · mapping value per booking, version 3, two signatures",
    )


def decision() -> Section:
    below = {0: "probabilities that can be trusted", 1: "best of all", 2: "11 % of range", 3: "18 % of range"}
    return Section(
        key="decision",
        title="Change the model: 41 k EUR a year more, and 13 more calls a day",
        eyebrow="Decision 4 · Cancellation calls",
        left=(
            Table(
                name="regret",
                heading="What each role gives up, by choice",
                sub="Against the best it could have had. Shade: share of its own range.",
                columns=("Role and what it wants", "The proposal", "Today’s model", "A compromise"),
                right=frozenset({1, 2, 3}),
                rows=(
                    row("Data scientist", "nothing", "a little", "a little", below=below, shades={2: 1, 3: 1}),
                    row(
                        "Manager",
                        "0",
                        "1.2",
                        "1.6",
                        below={0: "guests kept, of 100 bookings", 1: "keeps 10.2", 2: "keeps 9.0", 3: "keeps 8.6"},
                        numbers={1: 0.0, 2: 1.2, 3: 1.6},
                        shades={2: 3, 3: 3},
                    ),
                    row(
                        "Manager",
                        "26",
                        "13",
                        "10",
                        below={0: "few calls a day; the desk can make 70", 1: "makes 67", 2: "makes 54", 3: "makes 51"},
                        numbers={1: 26.0, 2: 13.0, 3: 10.0},
                        shades={1: 5, 2: 3, 3: 2},
                    ),
                    row(
                        "Executive",
                        "0",
                        "41",
                        "59",
                        below={
                            0: "money, k EUR a year",
                            1: "697 [500 – 918]",
                            2: "656 [481 – 854]",
                            3: "638 [471 – 827]",
                        },
                        numbers={1: 0.0, 2: 41.0, 3: 59.0},
                        shades={2: 1, 3: 2},
                    ),
                ),
            ),
            Sentences(
                heading="When would we choose differently?",
                lines=(
                    "If the desk could make fewer than 69 calls a day; today 70. This one is near.",
                    "If a call cost more than 11.97 EUR; today 3.00 EUR.",
                    "If fewer than 21 of 100 called guests stayed; today 35.",
                ),
            ),
        ),
        right=(
            Figures(
                hero=True,
                figures=(
                    Printed(
                        key="decision.gain",
                        label="What the proposal adds",
                        value="+41",
                        unit="k EUR a year",
                        beside="80 % band +17 – +68 k EUR; 99 % sure to gain",
                        grade="C",
                        receipt="d47be219c0",
                        number=41000.0,
                        bands=((17e3, 68e3), (-3e3, 82e3)),
                    ),
                ),
            ),
            Signatures(
                heading="Two of three have spoken; one objects",
                sub="An objection is kept on the record and scored later.",
                signatures=(
                    Signature(who="manager", when="28 Nov", verdict="Proposed", kind="good"),
                    Signature(
                        who="data scientist",
                        when="29 Nov",
                        verdict="Objects",
                        kind="warn",
                        remark="The gain rests on 35 of 100 called guests staying, and nobody has counted since 2025. "
                        "I would count 400 calls first.",
                    ),
                    Signature(who="executive", when="signs last", verdict="Your turn", kind="info"),
                ),
            ),
        ),
        foot="Figures as frozen at the proposal · record d4·7be2·19c0",
    )


def appendix() -> Section:
    products = (
        ("Card fraud screening", "B backtested", "1.74", "1.52 – 1.95", "7c40·e1a9", 1.74e6),
        ("Cancellation calls", "C assumed", "0.66", "0.49 – 0.86", "d21f·80b4", 0.66e6),
        ("Churn retention", "A causal", "2.32", "2.03 – 2.61", "0be7·35d2", 2.32e6),
        ("Demand forecast", "B backtested", "1.18", "0.98 – 1.38", "a95c·6f10", 1.18e6),
        ("Energy load", "B backtested", "0.41", "0.32 – 0.50", "44d8·b27c", 0.41e6),
        ("Support routing", "D opinion", "–", "no source named", "–", None),
    )
    rows = [row(*texts[:5], numbers={} if texts[5] is None else {2: texts[5]}) for texts in products]
    rows.append(row("Five that count", "A to C", "6.31", "5.8 – 6.8", "5e1d·c308", numbers={2: 6.31e6}))
    assumptions = (
        ("Cost of one call", "3.00 EUR", "2.5 – 3.5", "30 Jun 27"),
        ("Called guests who stay", "35 %", "30 – 40", "31 Mar 27"),
        ("Cancelled rooms unsold", "40 %", "34 – 46", "30 Jun 27"),
        ("Offer made with the call", "5.0 %", "4.2 – 5.8", "31 Dec 27"),
        ("Growth of bookings", "8.0 %", "3.4 – 12.7", "28 Feb 27"),
        ("Dollar, in EUR", "0.921", "rate of 31 Oct", "monthly"),
    )
    return Section(
        key="appendix",
        title="How each figure is known, and how to check it",
        eyebrow="Appendix",
        left=(
            Table(
                name="grades",
                heading="Grades and receipts",
                sub="Fiscal 2027, M EUR, 80 % bands. D is in no total.",
                columns=("Product", "Grade", "Expected", "Band", "Receipt"),
                right=frozenset({2, 3}),
                rows=tuple(rows),
                total=True,
            ),
        ),
        right=(
            Table(
                name="assumptions",
                heading="Assumptions behind the money",
                sub="Each has an owner and a source; after its date it counts as opinion.",
                columns=("Assumption", "Value", "80 % band", "Holds until"),
                right=frozenset({1, 2}),
                rows=tuple(row(*texts) for texts in assumptions),
            ),
        ),
        below=(
            Sentences(
                heading="Left out",
                lines=("Support routing. Nobody has named a source for the cost of a misrouted ticket: shown as –.",),
            ),
            Sentences(
                heading="How sure",
                lines=("Bands come from 2,000 futures drawn together, so that what products share is counted once.",),
            ),
            Sentences(
                heading="Track record", lines=("10 of the last 11 months fell inside the 80 % band; 9 were expected.",)
            ),
        ),
        foot="Check any figure offline: kpi verify pack-2026-11.json",
    )


def board_pack() -> Document:
    """Four sheets like those of the design."""
    parts = (calculation(), calculation("Card fraud screening", "fraud"))
    return Document(
        kind="portfolio",
        of="",
        title="Board pack, November 2026",
        name="portfolio-2026-11",
        period="fiscal 2027",
        known_on=date(2026, 11, 30),
        sections=(cover(), product(), decision(), appendix()),
        calculations=(*parts, of_portfolio(parts)),
        number="",
    )


def long_pack(pages: int = 12) -> Document:
    """As many sheets as asked for, most with two drawings."""
    pack = board_pack()
    more = tuple(replace(product(), key=f"product_{at}", title=f"{product().title} ({at})") for at in range(pages - 4))
    return replace(pack, sections=(*pack.sections[:2], *more, *pack.sections[2:]))
