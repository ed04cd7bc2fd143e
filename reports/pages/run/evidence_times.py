"""The figures behind the checks along time: delays, labels coming in, drift, and the intervals of a forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reports.charts import series
from reports.pages.run.blocks import (
    Block,
    Cell,
    Drawing,
    Facts,
    Line,
    count,
    decimal,
    left_over,
    number,
    percent,
    share,
    table,
)
from reports.pages.run.evidence_rows import shown
from reports.words.dates import period
from reports.words.numerals import NBSP

WARNING, FAILS = 0.1, 0.25  # PSI; see the rule of the check
MOST_COLUMNS = 30
MOST_RANKED = 12
MOST_MONTHS = 36
LEAST_MONTHS = 2
WORDS = {"y_score": "score", "y_pred": "prediction", "y_true": "label", "y_low": "lower end", "y_high": "upper end"}
Numbers = Mapping[str, Any]


def timeliness(found: Numbers) -> list[Block]:
    delays, by_month = found["delays"], found["by_month"][-MOST_MONTHS:]
    quantiles = [
        (f"{key.removeprefix('p')}{NBSP}% of the rows within", days(value))
        for key, value in delays["quantiles"].items()
    ]
    quantiles[0] = ("Half of the rows within", quantiles[0][1])
    quantiles += [("On average", days(delays["mean"])), ("The longest", days(delays["longest"]))]
    within = [
        (f"Within {name} day{'' if name == '1' else 's'}", percent(part, 1)) for name, part in delays["within"].items()
    ]
    blocks: list[Block] = [
        Facts("From event to storage", tuple(quantiles)),
        Facts("Stored", (*within, ("Before their event", f"{delays['negative']:,}"), ("Rows", f"{delays['n']:,}"))),
    ]
    if len(by_month) >= LEAST_MONTHS:
        months = [one["month"] for one in by_month]
        half, most = ([one[key] for one in by_month] for key in ("p50", "p95"))
        said = "; ".join(f"{period(m)}: {days(a)} and {days(b)}" for m, a, b in zip(months, half, most, strict=True))
        chart = series.delays(
            months=months, half=half, most=most, says=f"Delay of half and of 95 % of the rows. {said}."
        )
        blocks.append(Drawing("Delay by month of the event", chart))
    return blocks


def maturity(found: Numbers) -> list[Block]:
    cohorts = found["cohorts"][-MOST_MONTHS:]
    curve = [part for part in found["curve"] if part is not None]
    blocks: list[Block] = []
    if len(curve) > 1:
        said = ", ".join(f"{percent(part)} after {age}" for age, part in enumerate(curve[:12]))
        chart = series.maturity(
            shares=curve, level=found["mature_from"], says=f"Share of the labels that are in, by age in months: {said}."
        )
        blocks.append(Drawing("How labels come in", chart))
    completed = any(one["completed"] is not None for one in cohorts)
    heads = ("Month", "Rows", "Labels", "Labels in", *(("Mean so far", "Mean, completed") if completed else ()))
    lines = [
        Line(
            period(one["month"]),
            (
                count(one["rows"]),
                count(one["labels"]),
                share(one["share"], "" if one["share"] >= found["mature_from"] else "heat-warn"),
                *((_mean(one["mean"]), _mean(one["completed"])) if completed else ()),
            ),
            marked=one["share"] < found["mature_from"],
        )
        for one in reversed(cohorts)
    ]
    note = f"Looked at until the end of {period(found['until'], 'long')}; completed by chain ladder."
    return [*blocks, *table("Months, the newest first", heads, lines, note=note)]


def drift(found: Numbers) -> list[Block]:
    columns, months = found["columns"], found["months"]
    names = [one["column"] for one in columns]
    # Scores and labels are few, and what is asked for first.
    ordered = sorted(names, key=lambda name: name not in WORDS)[:MOST_COLUMNS]
    ordered.sort(key=names.index)
    periods = sorted({one["period"] for one in months})[-MOST_MONTHS:]
    held = {(one["column"], one["period"]): one for one in (*columns, *months)}
    moved = Counter(one["period"] for one in months if one["shifted"])
    worst = worst_month(months)
    cells = [
        Line(word(name), tuple(_psi(held.get((name, at))) for at in ("", *periods)), mono=name not in WORDS)
        for name in ordered
    ]
    note = "Amber: above 0.1; red: above 0.25; deep red: above 1. Uncoloured: smaller, or not significant."
    if more := left_over(len(names), MOST_COLUMNS, "columns"):
        note = f"{note} {more[0].upper()}{more[1:]} moved less."
    title = f"PSI against {found['reference']}"
    if worst is not None:
        at, size = worst["period"], psi(worst["psi"])
        title += (
            f": {period(at, 'long')} stands out ({word(worst['column'])} {size}; {moved[at]} of {len(names)} moved)"
        )
    blocks = table(
        title,
        ("Column", "All rows", *(period(at) for at in periods)),
        cells,
        note=note,
        heat=True,
        loud=frozenset({period(worst["period"])} if worst is not None else ()),
    )
    blocks += table(
        "Columns over all rows, the most moved first",
        ("Column", "PSI", "Kolmogorov–Smirnov", "Jensen–Shannon", "Wasserstein", "Adjusted p"),
        (_ranked(one) for one in columns[:MOST_RANKED]),
        note=left_over(len(columns), MOST_RANKED, "columns, which moved less"),
    )
    return [*blocks, *_expected(found["expected"])]


def intervals(found: Numbers) -> list[Block]:
    n, nominal = found["n"], found["nominal"]
    inside, independence = found["coverage"], found["independence"]
    few = inside < nominal
    kupiec = (
        f"{percent(inside, 1)} is too {'few' if few else 'many'} for chance (p {p(found['kupiec']['p'])})"
        if found["kupiec"]["p"] < 0.05
        else f"{percent(inside, 1)} may be chance (p {p(found['kupiec']['p'])})"
    )
    runs = "cannot be told: no row has an earlier one in its series"
    if independence is not None:
        many = independence["p"] < 0.05
        runs = f"misses {'come in runs' if many else 'do not come in runs'} (p {p(independence['p'])})"
    pairs = (
        ("Truths", f"{n:,}"),
        ("Promised inside", percent(nominal, 1)),
        ("Found inside", percent(inside, 1)),
        ("Below the interval", f"{found['below']:,} ({percent(found['below'] / n, 1)})"),
        ("Above it", f"{found['above']:,} ({percent(found['above'] / n, 1)})"),
        ("Kupiec’s test", kupiec),
        ("Christoffersen’s test", runs),
    )
    return [
        Facts("Inside and outside", pairs),
        *table(
            "By month",
            ("Month", "Truths", "Inside", "Below", "Above", "Kupiec’s p"),
            (
                Line(
                    period(one["month"]),
                    (
                        count(one["n"]),
                        share(one["coverage"], "heat-bad" if one["kupiec"]["p"] < 0.05 else "", places=1),
                        count(one["below"]),
                        count(one["above"]),
                        Cell(p(one["kupiec"]["p"])),
                    ),
                    marked=one["kupiec"]["p"] < 0.05,
                )
                for one in found["months"][-MOST_MONTHS:]
            ),
        ),
    ]


def worst_month(months: Sequence[Numbers]) -> Numbers | None:
    """The greatest shift of a month, of equal ones that of the month in which most columns moved; None for none."""
    shifted = [one for one in months if one["shifted"]]
    moved = Counter(one["period"] for one in shifted)
    return max(shifted, key=lambda one: (one["psi"], moved[one["period"]]), default=None)


def word(column: str) -> str:
    return WORDS.get(column, shown(column))


def days(value: float) -> str:
    """Days in words: 40 days, 1 day, 2.5 hours."""
    if abs(value) < 1:
        return f"{decimal(value * 24, 1)}{NBSP}hours" if value else "at once"
    if value == 1:
        return f"1{NBSP}day"
    return f"{decimal(value, 0 if abs(value) >= 10 or float(value).is_integer() else 1)}{NBSP}days"


def psi(value: float) -> str:
    return decimal(value, 3 if value < 1 else 2)


def p(value: float) -> str:
    return f"under{NBSP}0.001" if value < 0.001 else decimal(value, 3)


def _psi(one: Numbers | None) -> Cell:
    if one is None:
        return Cell("–", "muted")
    tone = "muted"
    if one["shifted"]:
        tone = "heat-worst" if one["psi"] > 1 else "heat-bad" if one["psi"] > FAILS else "heat-warn"
    return Cell(psi(one["psi"]), tone)


def _ranked(one: Numbers) -> Line:
    cells = (
        _psi(one),
        number(one["ks"], 3),
        number(one["jensen_shannon"], 3),
        Cell("–" if one["wasserstein"] is None else f"{one['wasserstein']:.4g}"),
        Cell(p(one["adjusted"])),
    )
    return Line(word(one["column"]), cells, marked=one["shifted"], mono=one["column"] not in WORDS)


def _expected(found: Sequence[Numbers]) -> list[Block]:
    """What the scores foretell beside what came, over all rows and by month."""
    return table(
        "Performance that the scores foretell, without labels",
        ("Month", "Rows", "Labelled", "AUC expected", "AUC found", "Accuracy expected", "Accuracy found"),
        (
            Line(
                period(one["period"]) if one["period"] else "All rows",
                (
                    count(one["n"]),
                    count(one["labelled"]),
                    number(one["roc_auc"], 3),
                    number(one["realised_roc_auc"], 3),
                    share(one["accuracy"], places=1),
                    share(one["realised_accuracy"], places=1),
                ),
            )
            for one in found[: MOST_MONTHS + 1]
        ),
        note="Assumed: the score means what it meant in the reference. A shift of the rows is seen, of that it is not.",
    )


def _mean(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:#.4g}")
