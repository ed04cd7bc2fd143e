"""Lines to be pasted into a shell or a notebook, filled in with this server, this product and this model."""

from __future__ import annotations

import shlex
from typing import Any

from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS


def token_snippet(base: str, secret: str, product: Any = None) -> str:
    """What to do with a new token: keep it in the environment, then ask the server something."""
    lines = [f"export KPI_URL={shlex.quote(base)}", f"export KPI_TOKEN={shlex.quote(secret)}"]
    lines.append(f"kpi run list {product.slug}" if product else "kpi product list")
    return "\n".join(lines)


def shell(
    base: str, product: Any, *, model: str = "my-model", version: str = "1", where: str = "", task: str = DEFAULT
) -> str:
    """Signing in and logging a run from a shell."""
    what = f"--model {shlex.quote(model)} --version {shlex.quote(version)}"
    what += "" if task == DEFAULT else f" --task {task}"
    rows = f"--where {shlex.quote(where)} " if where else ""
    lines = ["kpi run log predictions.parquet", f"--product {product.slug}", what, f"{rows}--wait"]
    return f"kpi login --url {shlex.quote(base)}\n" + " \\\n  ".join(lines)


def data_set(base: str, product: Any, *, name: str = "bookings", role: str = "evaluation") -> str:
    """Signing in and logging a data set from a shell."""
    lines = [f"kpi dataset log {product.slug} rows.parquet", f"--name {shlex.quote(name)} --role {role}"]
    return f"kpi login --url {shlex.quote(base)}\n" + " \\\n  ".join(lines)


def python(base: str, product: Any, *, model: str = "my-model", task: str = DEFAULT) -> str:
    """Logging a run from a notebook in three lines; as they stand they log a few rows, and show what comes back.

    No token is in them, for notebooks are shared: the client finds that of `kpi login` or of KPI_TOKEN.
    """
    named = "" if task == DEFAULT else f" task={task!r},"
    rows = TASKS[task].rows.example
    call = f"run = Client({base!r}).log_run({product.slug!r}, model={model!r},{named} wait=True, {rows})"
    return "\n".join(["from kpiplatform.client import Client", f"{call}  # your own rows", "print(run)"])
