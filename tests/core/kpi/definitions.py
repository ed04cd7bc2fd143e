"""Definitions of mappings as tests write them down."""

from collections.abc import Mapping
from typing import Any

from metrics.core.kpi.kind import Vocabulary
from metrics.core.kpi.kinds import kind_of


def parsed(definition: Mapping[str, Any], assumptions: Mapping[str, str], currency: str, *, case: str = "") -> Any:
    """What the kind of a definition reads of it; assumptions: name → unit."""
    return kind_of(definition).read(definition, Vocabulary(currency=currency, case=case, assumptions=assumptions))
