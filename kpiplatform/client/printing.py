"""Answers of the server as text for a terminal. Nothing from a server reaches it with control characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kpiplatform.client.errors import one_line

NONE = "–"


def kind(definition: Mapping[str, Any]) -> str:
    """What the kind of a definition is called; "" where it says none."""
    return one_line(str(definition.get("kind") or "")).replace("_", " ")


def text(value: object) -> str:
    """A single value: – where there is none."""
    return NONE if value is None or value == "" else one_line(str(value))


def counted(number: object, noun: str) -> str:
    """A count with its noun: 1 month, 2 months."""
    return f"{text(number)} {noun}{'' if number == 1 else 's'}"


def figure(number: object) -> str:
    """A number of the API in the server's words: "0.872 (95 % band 0.867 – 0.877)", or – and why there is none.

    "0.872 (no band: …)" where there is a number, and a reason why it has no band.
    """
    if not isinstance(number, Mapping):
        return text(number)
    if "unknown" in number:
        return f"{NONE} ({text(number['unknown'])})"
    band = f"no band: {number['no_band']}" if number.get("no_band") else number.get("band_text")
    return text(number.get("text")) + (f" ({text(band)})" if band else "")


def table(rows: Iterable[Sequence[object]], headings: Sequence[str]) -> str:
    """Columns side by side under their headings; "nothing yet" where there are no rows."""
    cells = [[text(value) for value in row] for row in rows]
    if not cells:
        return "nothing yet"
    widths = [max(len(row[at]) for row in [list(headings), *cells]) for at in range(len(headings))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [headings, *cells]
    ]
    return "\n".join(line.rstrip() for line in lines)


def pairs(entries: Iterable[tuple[str, object]]) -> str:
    """Names and values, one a line, leaving out those without a value."""
    kept = [(name, value) for name, value in entries if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{name.ljust(width)}  {text(value)}" for name, value in kept)


def role(found: object) -> str:
    """A role of the API in the words of the pages: "manager", "data scientist"."""
    return text(found).replace("project_", "").replace("_", " ")


def grade(row: Mapping[str, Any]) -> object:
    """The grade of a figure; none of what is not known."""
    value = row.get("value")
    return None if isinstance(value, Mapping) and "unknown" in value else row.get("grade")


def projection(found: Mapping[str, Any]) -> str:
    """The total of the months ahead, its grade, whether it counts, and the chance to meet its target."""
    months = found.get("months") or []
    known = "unknown" not in (found.get("total") or {})
    chance = found.get("chance_text")
    return pairs(
        [
            ("total", figure(found.get("total"))),
            ("months", f"{months[0]['period']} to {months[-1]['period']}" if months else None),
            ("grade", found.get("grade") if known else None),
            ("counts", ("in totals" if found.get("counts") else _no_total(found)) if known else None),
            ("target", found.get("target_text")),
            ("chance", f"{chance} to meet it" if chance is not None else f"– ({found.get('no_chance')})"),
        ]
    )


def _no_total(found: Mapping[str, Any]) -> str:
    why = found.get("no_total")
    return f"in no total: {why}" if why else "in no total"


def run(found: Mapping[str, Any]) -> str:
    """One run: what it is, its metrics, the KPIs that follow, and what to look at."""
    head = pairs(
        [
            ("run", found.get("id")),
            ("name", found.get("name")),
            ("model", f"{text(found.get('model'))} {text(found.get('version'))}" if found.get("model") else None),
            ("data set", found.get("dataset")),
            ("state", found.get("state")),
            ("rows", found.get("n")),
            ("data", found.get("data_digest")),
            ("not comparable", found.get("not_comparable_reason")),
            ("not registered", ", ".join(found.get("unregistered") or ())),
            ("error", found.get("error")),
            ("page", found.get("page")),
        ]
    )
    parts = [head]
    metrics = found.get("metrics") or {}
    if metrics:
        parts.append(table([(key, figure(value), _receipt(value)) for key, value in metrics.items()], METRIC_HEADINGS))
    kpis = found.get("kpis") or []
    if kpis:
        rows = [
            (row.get("kpi"), figure(row.get("value")), grade(row), str(row.get("receipt") or "")[:12]) for row in kpis
        ]
        parts.append(table(rows, KPI_HEADINGS))
    parts.extend(warning(entry) for entry in found.get("warnings") or [])
    return "\n".join(part for part in parts if part)


def imported(found: Mapping[str, Any], product: str) -> str:
    """What came of an import: counts, what was refused, cut or left out, and metrics without a direction."""
    counts = [(name, found[name]) for name in found if isinstance(found[name], int) and name != "told_more"]
    parts = [pairs((name.replace("_", " "), value) for name, value in counts if not isinstance(value, bool))]
    if found.get("more"):
        parts.append("there are more runs than one import takes: import again, and it goes on")
    parts.extend(
        one_line(f"told: {row.get('name') or 'a run without a name'} ({row.get('run')}): {row.get('reason')}")
        for row in found.get("told") or []
    )
    if found.get("told_more"):
        parts.append(f"told: {counted(found['told_more'], 'more thing')} of the kind")
    if new := found.get("new_metrics"):
        parts.append(one_line(f"registered, as their names say which way is better: {', '.join(map(str, new))}"))
    for row in found.get("renamed") or []:
        turned = ", its sign turned back" if row.get("turned") else ""
        parts.append(one_line(f"kept under another name: {row.get('name')} as {row.get('key')}{turned}"))
    if unknown := found.get("unregistered"):
        parts.append(one_line(f"not registered, as which way is better is not known: {', '.join(map(str, unknown))}"))
        parts.append(one_line(f"say it: kpi metric register {product} {unknown[0]} --direction up|down"))
    return "\n".join(part for part in parts if part)


SEAL = 16  # digits of a seal that are printed
METRIC_HEADINGS = ("metric", "value", "receipt")
KPI_HEADINGS = ("kpi", "value", "grade", "receipt")


def _receipt(number: object) -> str:
    return str(number.get("receipt") or "")[:12] if isinstance(number, Mapping) else ""


def warning(entry: Mapping[str, Any]) -> str:
    """One warning of a run on one line."""
    row = f", row {entry['row']}" if entry.get("row") else ""
    return one_line(
        f"warning: {entry.get('field', '')}{row}: {entry.get('message', '')}. {entry.get('remedy', '')}".rstrip(" .")
    )


def comparison(found: Mapping[str, Any]) -> str:
    """Runs against the first of them: a table of differences each, or why there is none."""
    base = found.get("base") or {}
    parts = []
    for other in found.get("runs") or []:
        title = f"{text(other.get('name'))} against {text(base.get('name'))}"
        if not other.get("comparable"):
            parts.append(f"{title}: not comparable, {text(other.get('not_comparable_reason'))}")
            continue
        same = "\nthe same predictions under two names" if other.get("same_predictions") else ""
        rows = [*other.get("metrics", ()), *other.get("kpis", ())]
        parts.append(f"{title}{same}\n{table(map(_difference, rows), DIFFERENCE_HEADINGS)}")
    return "\n\n".join(parts)


DIFFERENCE_HEADINGS = ("what", "run", "base", "difference", "better with", "verdict")


def _difference(row: Mapping[str, Any]) -> tuple[object, ...]:
    points = [figure(_point(row.get(key))) for key in ("run", "base")]
    return (row.get("key"), *points, figure(row.get("difference")), row.get("probability_text"), row.get("verdict"))


def _point(number: object) -> object:
    """A figure without its band: of paired differences, the bands of the two sides say little."""
    return {**number, "band_text": None, "no_band": None} if isinstance(number, Mapping) else number


def reasons(missing: Mapping[str, str]) -> str:
    """Things that are not there: "git commit (not a repository), seed"."""
    return ", ".join(f"{name} ({text(why)})" if why else name for name, why in missing.items())


def dataset(found: Mapping[str, Any]) -> str:
    """One data set, and what to look at."""
    head = pairs(
        [
            ("data set", found.get("name")),
            ("version", found.get("version")),
            ("role", found.get("role")),
            ("rows", found.get("n")),
            ("digest", found.get("digest")),
        ]
    )
    return "\n".join([head, *(warning(entry) for entry in found.get("warnings") or [])])


def kpi(found: Mapping[str, Any]) -> str:
    """One KPI."""
    target, mapping = found.get("target"), found.get("mapping")
    return pairs(
        [
            ("kpi", found.get("key")),
            ("name", found.get("name")),
            ("value", figure(found.get("value"))),
            ("grade", grade(found)),
            ("target", target.get("text") if isinstance(target, Mapping) else target),
            ("run", found.get("run")),
            ("mapping", f"version {text(mapping.get('number'))}" if isinstance(mapping, Mapping) else mapping),
            ("receipt", found.get("receipt")),
        ]
    )


DUE = {"propose": "proposes", "endorse": "endorses", "approve": "approves"}


def mapping(found: Mapping[str, Any]) -> str:
    """A version of a mapping: what it says, what it stands on, who signed and who has to."""
    graded, due = found.get("grade"), found.get("next")
    head = pairs(
        [
            ("mapping", f"{text(found.get('name'))}, version {text(found.get('number'))}"),
            ("state", found.get("state")),
            ("gives", f"{text(found.get('kpi'))}, in {text(found.get('unit_text') or 'numbers')}"),
            ("kind", kind(found.get("definition") or {})),
            ("model", found.get("model")),
            ("grade", "; ".join([graded["letter"], *graded["reasons"]]) if graded else "none, there is no champion"),
            ("next", f"a {' or a '.join(map(role, due['roles']))} {DUE[due['act']]} it" if due else None),
            ("note", found.get("note")),
            ("author", found.get("author")),
            ("digest", found.get("digest")),
        ]
    )
    lines = [(one["label"] or "formula", _formula(one)) for one in found.get("lines") or []]
    parts = [head, pairs([*lines, *((one["what"], one["text"]) for one in found.get("rules") or [])])]
    if assumed := found.get("assumptions"):
        rows = [
            (row["key"], row["text"], row["owner"], row["source"] or "none: grade D", row["valid_until"])
            for row in assumed
        ]
        parts.append(table(rows, ("assumption", "value", "owner", "source", "holds until")))
    if signed := found.get("signatures"):
        rows = [(row["act"], row["by"], role(row["role"]), row["at"][:10], row["reason"]) for row in signed]
        parts.append(table(rows, ("said", "by", "as", "on", "why")))
    return "\n\n".join(filter(None, parts))


def _formula(line: Mapping[str, Any]) -> str:
    """base + (rate) * column, leaving out what is nought."""
    base, column = str(line["base"]).strip(), line["column"]
    if not column:
        return base
    rate = f"({line['rate']}) * {column}"
    return rate if base in ("0", "0.0") else f"{base} + {rate}"


def receipt(found: Mapping[str, Any]) -> str:
    """The chain of a receipt, one link a line."""
    head = pairs(
        [
            ("receipt", found.get("digest")),
            ("value", figure(found.get("value"))),
            ("grade", found.get("grade")),
            ("sealed", f"{text(found.get('seal'))[:SEAL]} on {text(found.get('read_on'))}"),
            *(("note", sentence) for sentence in found.get("standing") or []),
        ]
    )
    rows = [
        (link.get("link"), link.get("title"), _said(link), str(link.get("digest") or "")[:12])
        for link in found.get("links") or []
    ]
    return f"{head}\n{table(rows, ('link', 'what', 'says', 'digest'))}" if rows else head


def _said(link: Mapping[str, Any]) -> str:
    return figure(link["value"]) if link.get("value") else text(link.get("text"))


def verdict(found: Mapping[str, Any]) -> str:
    """What a recomputation found."""
    lines = [text(found.get("verdict"))]
    for entry in found.get("differences") or []:
        digest = str(entry.get("digest") or "")[:12]
        lines.append(one_line(f"{entry.get('link', '')} {digest}: {entry.get('message', '')}"))
    lines += [one_line(text(sentence)) for sentence in found.get("says") or []]
    return "\n".join(lines)
