"""Lines to be pasted into a shell or a notebook, filled in with this server, this product and this model."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS

NOTHING: Mapping[str, Any] = MappingProxyType({})


def token_snippet(base: str, secret: str, product: Any = None) -> str:
    """What to do with a new token: keep it in the environment, then ask the server something."""
    lines = [f"export KPI_URL={shlex.quote(base)}", f"export KPI_TOKEN={shlex.quote(secret)}"]
    lines.append(f"kpi run list {product.slug}" if product else "kpi product list")
    return "\n".join(lines)


def shell(
    base: str,
    product: Any,
    *,
    model: str = "my-model",
    version: str = "1",
    task: str = DEFAULT,
    like: Mapping[str, Any] = NOTHING,
) -> str:
    """Signing in and logging a run from a shell. like: the manifest of a run whose rows it takes alike."""
    of = "" if task == DEFAULT else f" --task {task}"
    what = (f"--model {shlex.quote(model)}", f"--version {shlex.quote(version)}{of}")
    rows = [f"--where {shlex.quote(f'{name}={value}')}" for name, value in like.get("where", {}).items()]
    zone = [f"--time-zone {shlex.quote(like['time_zone'])}"] if like.get("time_zone") else []
    last = " ".join([*rows, *zone, "--wait"])
    lines = ["kpi run log predictions.parquet", f"--product {product.slug}", *what, last]
    return f"kpi login --url {shlex.quote(base)}\n" + " \\\n  ".join(lines)


def data_set(base: str, product: Any, *, name: str = "bookings", role: str = "evaluation") -> str:
    """Signing in and logging a data set from a shell."""
    lines = [f"kpi dataset log {product.slug} rows.parquet", f"--name {shlex.quote(name)} --role {role}"]
    return f"kpi login --url {shlex.quote(base)}\n" + " \\\n  ".join(lines)


def python(base: str, product: Any, *, model: str = "my-model", task: str = DEFAULT) -> str:
    """Logging a run from a notebook by one call; as it stands it logs a few rows, and shows what comes back.

    The version is named: outside a folder of git nothing else tells one from another. No token is in them, for
    notebooks are shared: the client finds that of `kpi login` or of KPI_TOKEN.
    """
    named = [f"model={model!r}", "version='1'", *([] if task == DEFAULT else [f"task={task!r}"]), "wait=True"]
    rows = re.split(r", (?=\w+=)", TASKS[task].rows.example)
    given = [*(f"{one}," for one in (repr(product.slug), *named)), "# your own rows:", *(f"{one}," for one in rows)]
    call = [f"run = Client({base!r}).log_run(", *(f"    {one}" for one in given), ")"]
    return "\n".join(["from kpiplatform.client import Client", *call, "print(run)"])
