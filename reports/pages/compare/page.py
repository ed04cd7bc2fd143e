"""The page of a comparison: the answer, what is refused, and one number in three readings for two runs or more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.numerals import Figure
from metrics.core.selection.compare import Difference
from metrics.core.selection.delong import UnpairedAucs
from metrics.queries.documents import definitions
from metrics.queries.documents.definitions import Definition
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money
from metrics.queries.selection import comparison
from metrics.queries.selection.comparison import Against, Comparison
from reports.pages.compare.address import Asked
from reports.pages.compare.evidence import evidence_card
from reports.pages.compare.rows import Row, line, named
from reports.pages.compare.several import several
from reports.pages.compare.words import labels, pair_title, several_title
from reports.words.phrases import sentence


def compare_page(held: Sequence[Any], found: Comparison, asked: Asked) -> dict[str, Any]:
    """All of the page but its groups, which come in a fragment of their own."""
    product, base = found.base.product, found.base
    called, known = labels(held), definitions.of_run(base)
    ready = [one for one in found.against if not one.refused]
    value = _value(product, ready)
    keys = [*TASKS[base.task].compared, *sorted(_own(ready, known))]
    of = _looked_at(asked.of, ready, value, keys[0])
    context: dict[str, Any] = {
        "product": product,
        "asked": asked,
        "runs": [_head(run, base, called) for run in held],
        "base": _head(base, base, called),
        "refused": [_refused(one, found.base, called) for one in found.against if one.refused],
        "same": [called[one.run.pk] for one in ready if one.same],
        "hidden": asked.hidden("base"),
        "least": _least(ready, keys, asked),
        "least_hidden": asked.hidden("least"),
        "least_open": bool(asked.least or asked.faults),
        "n_rows": base.n_rows,
        "groups_url": asked.at(product, "compare-groups", base=base.pk, of=of) if found.columns and ready else "",
        "evidence": evidence_card([base, *(one.run for one in ready)], base, called) if ready else None,
        "peers": _peers(base, len(held), asked) if ready else None,
    }
    if len(held) == 2:
        return context | _pair(found.against[0], found, called, known, value, keys, asked)
    rows = {one.run.pk: one.rows[of] for one in ready if of in one.rows}
    name = _small(_kpi_name(ready, of)) or named(of, known)
    return context | {
        "title": several_title(rows, found, called, name) if ready else "None of these runs can be compared",
        "several": several(ready, found, called, of, name, value.key if value else "") if ready else None,
        "choices": _choices(ready, keys, of),
        "choices_hidden": asked.hidden("of"),
        "chosen": of,
    }


def _head(run: Any, base: Any, called: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": run.pk,
        "name": run.name,
        "label": called[run.pk],
        "state": run.version.state,
        "url": reverse("run", args=[run.product.slug, run.pk]),
        "is_base": run.pk == base.pk,
    }


def _refused(one: Against, base: Any, called: Mapping[str, str]) -> dict[str, str]:
    url = reverse("run", args=[one.run.product.slug, one.run.pk])
    why, tested = sentence(one.refused), comparison.told_apart(one.run, base)
    if isinstance(tested, UnpairedAucs):
        why += (
            f" As independent samples their AUCs are {tested.a.auc:.3f} and {tested.b.auc:.3f}: DeLong’s unpaired test "
            f"has p {_p(tested.p)}."
        )
    return {"name": called[one.run.pk], "why": why, "url": url}


def _p(p: float) -> str:
    return f"< {10**-4:g}" if p < 1e-4 else f"= {p:.2g}"


def _value(product: Any, ready: Sequence[Against]) -> Any:
    """The KPI in money by which a comparison is headed: that of the projection, else the first in a currency."""
    version = in_money(Known(product))
    money = [row for one in ready[:1] for row in one.money if unit_names.is_money(_unit(row.difference))]
    first = version.mapping.kpi.key if version else ""
    return next((row for row in money if row.key == first), money[0] if money else None)


def _unit(row: Difference) -> str:
    return next((one.unit for one in (row.a, row.b) if isinstance(one, Estimate)), "")


def _own(ready: Sequence[Against], known: Mapping[str, Definition]) -> set[str]:
    return {row.key for one in ready for row in one.metrics if row.key in known and known[row.key].kind != "built_in"}


def _looked_at(asked: str, ready: Sequence[Against], value: Any, first: str) -> str:
    """The metric or KPI that several runs are ranked by: the one asked for, else the value, else the first metric."""
    there = {key for one in ready for key in one.rows}
    return asked if asked in there else value.key if value is not None else first


def _kpi_name(ready: Sequence[Against], key: str) -> str:
    return next((row.name for one in ready for row in one.money if row.key == key), "")


def _pair(
    one: Against,
    found: Comparison,
    called: Mapping[str, str],
    known: Mapping[str, Definition],
    value: Any,
    keys: Sequence[str],
    asked: Asked,
) -> dict[str, Any]:
    """Two runs: figures in large, the table, the rest of the metrics."""
    base, mine = called[found.base.pk], called[one.run.pk]
    metrics = {row.key: _metric_line(row, one, found, known) for row in one.metrics}
    first = next((row for row in one.metrics if row.key == keys[0]), None)
    money = value.difference if value is not None else None
    shown = [metrics[key] for key in keys if key in metrics]
    business = [(unit_names.is_money(_unit(row.difference)), _kpi_line(row, one)) for row in one.money]
    tables: list[dict[str, Any]] = [
        {"title": "Metrics", "rows": shown},
        {"title": "KPI", "rows": [made for is_money, made in business if not is_money]},
        {"title": "Money", "rows": [made for is_money, made in business if is_money]},
    ]
    return {
        "title": pair_title(one, base, mine, first, named(keys[0], known), money),
        "pair": None if one.refused else {"a": mine, "b": base, "a_state": one.run.version.state},
        "heroes": [] if one.refused or one.same else _heroes(one, value, known, keys),
        "tables": [table | {"grade": _shared_grade(table["rows"])} for table in tables if table["rows"]],
        "rest": [row for key, row in metrics.items() if key not in keys],
        "swap_url": "" if one.refused else asked.at(found.base.product, base=one.run.pk),
    }


def _metric_line(row: Difference, one: Against, found: Comparison, known: Mapping[str, Definition]) -> Row:
    checked = comparison.cross_checked(one.run, found.base) if row.key == comparison.CROSS_CHECKED else None
    under: tuple[str, ...] = ()
    if isinstance(checked, Unknown):
        under = (f"no DeLong test: {checked.reason}",)
    elif checked is not None:
        under = (f"DeLong p {_p(checked.p)}",)
    own = known[row.key].name if row.key in known and known[row.key].kind != "built_in" else ""
    receipts = (one.receipts.get(row.key, ""), found.receipts.get(row.key, ""))
    return line(row, receipts=receipts, under=(*([own] if own and own != row.key else []), *under))


def _shared_grade(rows: Sequence[Row]) -> str:
    """The grade that all rows have; then it stands once, in the head."""
    grades = {row.grade for row in rows}
    return grades.pop() if len(grades) == 1 else ""


def _kpi_line(row: comparison.Money, one: Against) -> Row:
    return line(
        row.difference,
        name=row.name,
        under=_over(row.difference, one.run),
        receipts=(row.receipt, row.base_receipt),
        grade=row.grade.letter,
    )


def _over(row: Difference, run: Any) -> tuple[str, ...]:
    """What a difference a case comes to over the rows of both runs, in words."""
    figure, case = numerals.read(row.difference), f"/{run.product.case_noun}"
    if not isinstance(figure, Figure) or not run.n_rows or not figure.unit.replace(" ", "").endswith(case):
        return ()
    unit = figure.unit.replace(" ", "").removesuffix(case)
    if not unit_names.is_money(unit):
        return ()
    bands = {level: (low * run.n_rows, high * run.n_rows) for level, (low, high) in figure.bands.items()}
    total = numerals.word(Figure(figure.point * run.n_rows, unit, bands, figure.no_band), signed=True)
    return (f"{total} over the {run.n_rows:,} rows",)


def _heroes(one: Against, value: Any, known: Mapping[str, Definition], keys: Sequence[str]) -> list[dict[str, Any]]:
    """At most four figures: the money and the chance to earn more, then the differences of two metrics."""
    rows, found = one.rows, []
    if value is not None and isinstance(value.difference.difference, Estimate):
        found.append(
            {
                "label": f"Difference in {_small(value.name)}",
                "q": value.difference.difference,
                "hero": True,
                "grade": value.grade.letter,
                "note": "".join(_over(value.difference, one.run)),
            }
        )
        if value.difference.probability is not None and value.difference.verdict != "alike":
            found.append({"label": "Chance to earn more", "chance": value.difference.probability})
    headline = TASKS[one.run.task].headline
    for key in headline[: 4 - len(found)]:
        row = rows.get(key)
        if row is not None:
            note = ""
            if row.verdict == "cannot tell" and row.probability is not None:
                note = f"not surely worth having: {row.smallest:g}" if row.smallest else "too small to tell"
            label = f"Difference in {named(key, known)}"
            found.append({"label": label, "q": row.difference, "note": note, "hero": not found})
    return found


def _small(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}" if name[1:2].islower() else name


def _least(ready: Sequence[Against], keys: Sequence[str], asked: Asked) -> list[dict[str, str]]:
    """A field a metric or KPI for the smallest difference worth having."""
    first = ready[0].rows if ready else {}
    names = [key for key in keys if key in first] + [row.key for one in ready[:1] for row in one.money]
    return [
        {
            "key": key,
            "name": _kpi_name(ready, key) or key,
            "unit": numerals.word(Figure(2.0, unit)).unit if (unit := _unit(first[key])) else "",
            "value": asked.given.get(key, ""),
            "fault": asked.faults.get(key, ""),
        }
        for key in names
    ]


def _choices(ready: Sequence[Against], keys: Sequence[str], of: str) -> list[tuple[str, str]]:
    """(key, name) of all that several runs can be ranked by: KPIs, the first metrics, the rest."""
    rows = ready[0].rows if ready else {}
    names = {row.key: row.name for one in ready[:1] for row in one.money}
    order = [*names, *keys, *sorted(key for key in rows if key not in names and key not in keys)]
    return [(key, names.get(key, key)) for key in order if key in rows or key == of]


def _peers(base: Any, shown: int, asked: Asked) -> dict[str, Any] | None:
    """How many other runs on the same rows are not here: who chose among them should have them corrected for."""
    more = comparison.alike(base).exclude(pk__in=asked.runs)
    total = more.count()
    if not total or shown >= comparison.MOST:
        return None
    keys = (*asked.runs, *more.values_list("pk", flat=True)[: comparison.MOST - shown])
    return {"total": total, "among": total + shown, "added": len(keys), "url": asked.at(base.product, runs=keys)}
