"""Assumptions and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.kpi.distributions import DistributionField, DistributionOutput
from metrics.api.protocol.answers import Answer, Created, Gone, Page, unit_text
from metrics.api.protocol.view import View
from metrics.core import distributions, numerals, unit_names
from metrics.models.kpi import Assumption, AssumptionVersion
from metrics.queries.documents.known import Known
from metrics.queries.kpi import catalogue
from metrics.queries.product import owners
from metrics.services.kpi import kpis as services
from metrics.services.kpi import unsigned


class AssumptionChanges(serializers.Serializer[Any]):
    distribution = DistributionField()
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)  # type: ignore[assignment]
    valid_until = serializers.DateField(required=False, allow_null=True)
    after = serializers.IntegerField(required=False, allow_null=True)


class AssumptionInput(AssumptionChanges):
    key = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="default: from the name")
    name = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    after = None  # type: ignore[assignment]


class Correction(serializers.Serializer[Any]):
    """unit: only while nothing stands on the assumption."""

    name = serializers.CharField(max_length=120, required=False)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)


class AssumptionOutput(TypedDict):
    """The newest version of an assumption, or the one that a list of versions speaks of.

    owner_left: whether the owner is a person who is no member of the product any more. text: its value in words, "90 %
    sure between 20 and 40 %", "exactly 3 EUR".
    """

    id: str
    key: str
    name: str
    unit: str
    unit_text: str
    version: int
    distribution: DistributionOutput
    text: str
    owner: str
    owner_left: bool
    source: str
    valid_until: date | None
    since: datetime


class WholeAssumption(AssumptionOutput):
    """versions: all of them, the newest first."""

    versions: list[AssumptionOutput]


def _said(document: Mapping[str, Any], unit: str) -> str:
    words = "" if unit_names.is_share(unit) else unit_text(unit)
    return f"{numerals.plain(distributions.parse(document).describe(unit))} {words}".rstrip()


def show_assumption(assumption: Assumption, version: AssumptionVersion, left: frozenset[str]) -> AssumptionOutput:
    return {
        "id": assumption.pk,
        "key": assumption.key,
        "name": assumption.name,
        "unit": assumption.unit,
        "unit_text": unit_text(assumption.unit),
        "version": version.number,
        "distribution": version.distribution,
        "text": _said(version.distribution, assumption.unit),
        "owner": version.owner,
        "owner_left": version.owner in left,
        "source": version.source,
        "valid_until": version.valid_until,
        "since": version.created_at,
    }


class Assumptions(View):
    actions = {"GET": "assumption.list", "POST": "assumption.create"}

    @extend_schema(operation_id="products_assumptions_list")
    def get(self, request: Request, slug: str) -> Answer[Page[AssumptionOutput]]:
        rows = catalogue.assumptions(self.product)
        left = owners.left(Known(self.product))
        return self.listed(rows, lambda row: show_assumption(row, row.versions.all()[0], left))

    @extend_schema(request=AssumptionInput)
    def post(self, request: Request, slug: str) -> Created[AssumptionOutput]:
        version = services.create_assumption(self.user, self.product, **self.read(AssumptionInput))
        return Created(show_assumption(version.assumption, version, owners.gone(self.product, [version.owner])))


class OneAssumption(View):
    """An assumption with its versions; corrected or deleted while nothing stands on it."""

    actions = {
        "GET": "assumption.list",
        "POST": "assumption.update",
        "PATCH": "assumption.update",
        "DELETE": "assumption.update",
    }

    def get(self, request: Request, slug: str, key: str) -> Answer[WholeAssumption]:
        row = catalogue.assumption(self.product, key)
        left = owners.left(Known(self.product))
        versions = [show_assumption(row, version, left) for version in row.versions.all()]
        return Answer({**versions[0], "versions": versions})

    @extend_schema(operation_id="products_assumptions_versions_create", request=AssumptionChanges)
    def post(self, request: Request, slug: str, key: str) -> Created[AssumptionOutput]:
        row = catalogue.assumption(self.product, key)
        version = services.update_assumption(self.user, row, **self.read(AssumptionChanges))
        return Created(show_assumption(version.assumption, version, owners.gone(self.product, [version.owner])))

    @extend_schema(request=Correction)
    def patch(self, request: Request, slug: str, key: str) -> Answer[AssumptionOutput]:
        row = catalogue.assumption(self.product, key)
        given = {"name": row.name, "unit": row.unit} | self.read(Correction, partial=True)
        corrected = unsigned.correct_assumption(self.user, row, **given)
        left = owners.left(Known(self.product))
        return Answer(show_assumption(corrected, row.versions.all()[0], left))

    def delete(self, request: Request, slug: str, key: str) -> Gone:
        unsigned.delete_assumption(self.user, catalogue.assumption(self.product, key))
        return Gone()
