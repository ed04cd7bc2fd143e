"""A service's refusal beside the fields of the form that was sent."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from metrics.services.writing.refusal import Fault, Invalid


def put(
    form: forms.Form, refused: Invalid, *, names: Mapping[str, str] | None = None, other: str | None = None
) -> None:
    """Put each fault beside its field.

    names: the service's field → the form's, where they differ; "cells.tp" is found under "cells" too. other: the form's
    field for every other fault; without it, such faults stand above the form, led by the field that they name.
    """
    for fault in refused.faults:
        field = _field(form, fault.field, names or {})
        if field is None and other:
            form.add_error(other, f"{_place(fault)}{words(fault)}")
        elif field is None:
            form.add_error(None, f"{'' if fault.field == 'detail' else f'{fault.field}: '}{words(fault)}")
        else:
            form.add_error(field, words(fault, with_row=True))


def words(fault: Fault, *, with_row: bool = False) -> str:
    """The fault as one or two sentences: what is wrong, and what to do about it."""
    row = f"Row {fault.row:,}: " if with_row and fault.row is not None else ""
    message = fault.message[:1].upper() + fault.message[1:] if not row else fault.message
    remedy = f" {fault.remedy[:1].upper()}{fault.remedy[1:].rstrip('.')}." if fault.remedy else ""
    end = "" if message.endswith("?") else "."
    return f"{row}{message.rstrip('.')}{end}{remedy}"


def _place(fault: Fault) -> str:
    row = f", row {fault.row:,}" if fault.row is not None else ""
    return f"{fault.field}{row}: "


def _field(form: forms.Form, name: str, names: Mapping[str, str]) -> str | None:
    while name:
        found = names.get(name, name)
        if found in form.fields:
            return found
        name = name.rpartition(".")[0]
    return None
