"""The page of one run: what it measured, what it is worth, whether to believe it, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evidence.check import Check
from metrics.queries.documents import definitions
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money
from metrics.queries.evaluation import catalogue
from metrics.queries.evidence import checks, twins
from metrics.queries.kpi import board, waiting
from metrics.queries.kpi.board import Implied
from metrics.queries.kpi.carried import carried
from reports.addresses import address
from reports.pages.run.evidence import of_run, summary
from reports.pages.run.metrics import metric_groups, receipt_url


def run_page(run: Any, best: Any) -> dict[str, Any]:
    """What the page shows at once; money, curves, segments and the evidence in full come in fragments of their own."""
    task = TASKS[run.task]
    held = [run, *([best] if best is not None and best.pk != run.pk else [])]
    figures = catalogue.metric_figures(held)
    mine = figures.get(run.pk, {})
    theirs = figures.get(best.pk, {}) if best is not None and best.pk != run.pk else {}
    why = catalogue.not_comparable(run, best)
    against = {} if why or best is None or best.task != run.task else theirs
    return {
        "headlines": [
            {
                "key": key,
                "q": mine[key].quantity,
                "receipt": receipt_url(mine[key].receipt),
                "ref": against[key].quantity if key in against else None,
            }
            for key in dict.fromkeys((*task.large, *task.headline, *sorted(run.reported)))
            if key in mine
        ][:3],
        "metric_groups": metric_groups(run.task, mine, against, definitions.of_run(run)),
        "against": best.name if against else "",
        "not_comparable": why,
        "banner": why if best is not None and best.task == run.task else "",
        "evidence": summary(examined(run, best), run.product.gates),
        "manifest": _manifest(run),
        # What is not registered stands in the table, as long as it is not.
        "warnings": [warning for warning in run.warnings if warning.get("code") != "unregistered"],
    }


def local(moment: datetime, product: Any) -> date:
    """The day of a moment where the product is."""
    found: date = product.day(moment)
    return found


def examined(run: Any, best: Any) -> list[Check]:
    """Every check of a run, and what other runs say of it: one list for the side of the page and for its body."""
    return twins.with_twins(run, checks.checks(run, best))


def evidence_page(run: Any, best: Any) -> dict[str, Any]:
    """Every check of a run with its figures; looked for again while it is examined."""
    found = examined(run, best)
    return {
        "panel": of_run(found, run.product.gates),
        "examining": checks.waits(found),
        "evidence_url": reverse("run-evidence", args=[run.product.slug, run.pk]),
    }


def _manifest(run: Any) -> list[dict[str, Any]]:
    """Groups of (label, text, class of the text): all that the run told of itself."""
    given = run.manifest
    pairs = [("Model", f"{run.version.model.name}, version {run.version.name}", "")]
    if run.data_set is not None:
        data = run.data_set
        pairs.append(("Data set", f"{data.name}, {data.n_rows:,} rows", ""))
        if run.first_event and run.last_event:
            first, last = (local(one, run.product) for one in (run.first_event, run.last_event))
            pairs.append(("Rows from", f"{first:%-d %b %Y} to {last:%-d %b %Y}", ""))
        pairs.append(("Data digest", data.digest, "mono"))
    for title, named in (("Training data set", run.training), ("Reference data set", run.reference)):
        if named is not None:
            pairs.append((title, f"{named.name}, version {named.number}", ""))
    if run.rows:
        pairs.append(("Stored rows", run.rows, "mono"))
    labels = {
        "where": "Only rows where",
        "reference": "Reference rows",
        "rename": "Renamed",
        "split": "Split",
        "seed": "Seed",
        "code_commit": "Code commit",
        "trained_on": "Trained on",
        "note": "Note",
    }
    for key, label in labels.items():
        if given.get(key) not in (None, "", {}, []):
            pairs.append((label, _text(given[key]), "mono" if key == "code_commit" else ""))
    groups = [{"title": "", "pairs": pairs}]
    environment = dict(given.get("environment") or {})
    packages = environment.pop("packages", {}) if isinstance(environment.get("packages"), Mapping) else {}
    for title, under in (
        ("Parameters", given.get("parameters") or {}),
        ("Environment", environment),
        ("Packages", packages),
    ):
        found = [(name, _text(value), "") for name, value in sorted(under.items())]
        groups += [{"title": title, "pairs": found}] if found else []
    return groups


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_text(inner)}" for name, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def money_page(run: Any, best: Any) -> dict[str, Any]:
    """The KPIs and the money that a run implies under the mappings in force, paired with the champion's."""
    product = run.product
    known = Known(product)
    why = catalogue.not_comparable(run, best)
    rows = board.implied(run, known, champion=None if why else best)
    shown = [_kpi_row(row, run, known) for row in rows]
    money = in_money(known, run)
    first = money.mapping.kpi.key if money else ""
    return {
        "kpis": shown,
        # A value matrix prices decisions of two outcomes: of other tasks it is only listed, with the reason.
        "value": next((row for row in shown if row["key"] == first and TASKS[run.task].two_outcomes), None),
        "computing": any(not row.figure.receipt for row in rows) and run.state == "scored",
        "money_url": reverse("run-money", args=[product.slug, run.pk]),
        "champion_is_this": best is not None and best.pk == run.pk,
        "why_not_compared": why,
        "mapping_url": reverse("mappings", args=[product.slug]),
    }


def _kpi_row(row: Implied, run: Any, known: Known) -> dict[str, Any]:
    one, version = row.figure, row.figure.version
    carried_by = carried(one, known) if isinstance(one.quantity, Estimate) and one.quantity.no_band is None else ""
    return {
        "key": one.kpi.key,
        "name": one.kpi.name,
        "q": one.quantity,
        "grade": one.grade.letter,
        "grade_why": ", ".join(one.grade.reasons),
        "receipt": receipt_url(one.receipt),
        "mapping": f"{version.mapping.name}, version {version.number}" if version else "",
        "mapping_url": address(waiting.thing(version)) if version else "",
        "champion": row.champion,
        "difference": row.difference,
        "chance": row.chance,
        "total": "; ".join(said for said in (_over_rows(one.quantity, run), carried_by) if said),
    }


def _over_rows(quantity: Any, run: Any) -> str:
    """What a value a case comes to over the rows of the run, in words; "" where the figure is no value a case."""
    if not isinstance(quantity, Estimate) or not run.n_rows:
        return ""
    case = f"/{run.product.case_noun}"
    unit = quantity.unit.replace(" ", "")
    if not unit.endswith(case) or not unit_names.is_money(unit):
        return ""
    bands = {level: tuple(end * run.n_rows for end in band) for level in (0.8, 0.95) if (band := quantity.band(level))}
    figure = numerals.Figure(quantity.point * run.n_rows, unit.removesuffix(case), bands)
    worded = numerals.word(figure)
    band_words = numerals.band_words(figure, worded)
    tail = f" ({band_words})" if band_words else ""
    return f"{worded}{tail} over its {run.n_rows:,} rows"
