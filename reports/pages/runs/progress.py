"""Work in progress, as components/progress.html shows it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from metrics.queries.product import work as work_queries


def run_progress(run: Any, scan: Any) -> dict[str, Any]:
    """How far the scan of a run is: in line, running, or being tried again after an error."""
    status = f"{reverse('progress', args=[run.product.slug])}?run={run.pk}"
    rows = f"{run.n_rows:,} rows" if run.n_rows is not None else "reported metrics"
    words, state = f"{rows}, received. The page fills by itself.", "due"
    if scan is not None and work_queries.state(scan) == "running":
        words, state = f"Reading {rows}. The page fills by itself.", "running"
    if scan is not None and scan.attempts and scan.error:
        words = f"Attempt {scan.attempts} of 5 stopped; it is tried again by itself."
    error = scan.error.splitlines()[-1][:200] if scan is not None and scan.error else ""
    return {"label": "Being computed", "state": state, "words": words, "error": error, "status_url": status}
