"""Calculations as packs carry them: the money of a product, and that of a portfolio."""

from datetime import date

from reports.exports.document import Calculation, Computed, Input

MONTHS = (
    *("Sep 2026", "Oct 2026", "Nov 2026", "Dec 2026"),
    *("Jan 2027", "Feb 2027", "Mar 2027", "Apr 2027", "May 2027", "Jun 2027", "Jul 2027", "Aug 2027"),
)


def calculation(name: str = "Cancellation calls", prefix: str = "calls") -> Calculation:
    """Twelve months of calls: bookings × share called × (guests who stay × value − cost of a call)."""

    def of(part: str) -> str:
        return f"{prefix}_{part}"

    inputs = [
        Input(
            name=of("cost"),
            label="Cost of one call",
            value=3.0,
            unit="EUR",
            assumed=True,
            band="2.5 – 3.5 EUR",
            grade="C",
            source="call centre's contract",
            holds_until=date(2027, 6, 30),
        ),
        Input(
            name=of("stay"),
            label="Called guests who stay",
            value=0.35,
            unit="%",
            assumed=True,
            band="30 – 40 %",
            grade="C",
            source="=trial of 2025",
        ),
        Input(name=of("value"), label="Value of a booking kept", value=96.5, unit="EUR", assumed=True),
        *(
            Input(
                name=of(f"n{at}"),
                label=f"Bookings called, {month}",
                value=900.0 + 25 * at,
                unit="bookings",
                assumed=False,
            )
            for at, month in enumerate(MONTHS)
        ),
    ]
    each = 0.35 * 96.5 - 3.0
    lines = [
        Computed(
            name=of("each"),
            label="Value of one call",
            expression=f"{of('stay')} * {of('value')} - {of('cost')}",
            value=each,
            unit="EUR",
        ),
        *(
            Computed(
                name=of(f"m{at}"),
                label="Value of the calls",
                month=month,
                expression=f"{of(f'n{at}')} * max({of('each')}, 0 - {of('cost')})",
                value=(900.0 + 25 * at) * each,
                unit="EUR",
                band="from 0.7 to 1.3 times",
            )
            for at, month in enumerate(MONTHS)
        ),
    ]
    total = sum(line.value for line in lines[1:])
    lines.append(
        Computed(
            name=of("total"),
            label="Total, fiscal 2027",
            expression=" + ".join(of(f"m{at}") for at in range(12)),
            value=total,
            unit="EUR",
            total=True,
            band="0.49 – 0.86 M EUR",
        )
    )
    return Calculation(
        product=name, inputs=tuple(inputs), lines=tuple(lines), fixed=("Bands do not move with the cells.",)
    )


def of_portfolio(parts: tuple[Calculation, ...]) -> Calculation:
    totals = [part.lines[-1] for part in parts]
    return Calculation(
        product="Portfolio",
        inputs=(),
        lines=(
            Computed(
                name="portfolio_total",
                label="Total of all products",
                expression=" + ".join(one.name for one in totals),
                value=sum(one.value for one in totals),
                unit="EUR",
                total=True,
            ),
        ),
    )
