"""The live check of an assumption that is being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.distributions import DistributionError
from metrics.core.supports import Support, check
from reports.forms.assumption import FIELDS, AssumptionForm


@dataclass(frozen=True)
class AssumptionSoFar:
    """distribution: where it can be drawn; errors: each field of it → what is wrong, "" where nothing."""

    distribution: Mapping[str, Any] | None
    errors: Mapping[str, str]
    waits: bool = False


def checked(form: AssumptionForm, lies: Support) -> AssumptionSoFar:
    """The distribution typed so far, or its errors by field; `waits` while fields of it are still empty.

    lies: where the quantity lies.
    """
    form.is_valid()
    fields = form.drawn
    missing = [name for name, _ in FIELDS[form.kind] if not str(form.data.get(name, "")).strip()]
    errors = {name: "" if name in missing else " ".join(map(str, form.errors.get(name, []))) for name in fields}
    if missing or any(errors.values()):
        return AssumptionSoFar(None, errors, waits=bool(missing) and not any(errors.values()))
    distribution = form.distribution()
    try:
        check(distribution, lies)
    except DistributionError as wrong:
        field = wrong.field if wrong.field in errors else fields[0]
        return AssumptionSoFar(None, errors | {field: f"{wrong.message[:1].upper()}{wrong.message[1:].rstrip('.')}."})
    return AssumptionSoFar(distribution, errors)
