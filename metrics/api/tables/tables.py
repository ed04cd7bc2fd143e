"""Tables for sheets and tools, and a calendar: by a token in the header, or by one of tables only in the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from icalendar import Calendar, Event
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from metrics import access, things
from metrics.api.protocol.answers import Answer, Page
from metrics.api.protocol.authentication import AddressAuthentication, TokenAuthentication
from metrics.api.protocol.view import View
from metrics.api.tables.written import as_csv, as_json
from metrics.models.product import Product
from metrics.queries.evaluation import catalogue as products_of
from metrics.queries.tables import calendar, catalogue
from metrics.queries.tables.table import Table

CSV, ICS = "text/csv; charset=utf-8", "text/calendar; charset=utf-8"
DOORS = [TokenAuthentication, AddressAuthentication, SessionAuthentication]
FORMS = {"csv": (CSV, as_csv), "json": ("application/json", as_json)}


class ColumnOutput(TypedDict):
    name: str
    says: str


class TableOutput(TypedDict):
    """csv, json: where its rows are."""

    name: str
    says: str
    columns: list[ColumnOutput]
    csv: str
    json: str


class _Listed(View):
    def get_of(self, where: str) -> Answer[Page[TableOutput]]:
        base = f"{settings.URL_BASE}/api/v1/{where}tables/"
        return self.listed(list(catalogue.TABLES.values()), lambda one: show(one, base))


def show(one: Table, base: str) -> TableOutput:
    return {
        "name": one.name,
        "says": one.says,
        "columns": [{"name": column.name, "says": column.says} for column in one.columns],
        "csv": f"{base}{one.name}.csv",
        "json": f"{base}{one.name}.json",
    }


class Tables(_Listed):
    """The tables of one product."""

    actions = {"GET": "table.read"}
    authentication_classes = DOORS

    def get(self, request: Request, slug: str) -> Answer[Page[TableOutput]]:
        return self.get_of(f"products/{slug}/")


class AllTables(_Listed):
    """The tables over all products that one may see."""

    actions = {"GET": "me.table_read"}
    authentication_classes = DOORS

    def get(self, request: Request) -> Answer[Page[TableOutput]]:
        return self.get_of("")


def _sent(name: str, form: str, products: Sequence[Product]) -> StreamingHttpResponse:
    table = catalogue.table(name)
    kind, write = access.there(FORMS.get(form))
    answer = StreamingHttpResponse(write(table.columns, catalogue.rows(table, products)), content_type=kind)
    answer["Content-Disposition"] = f'inline; filename="{name}.{form}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


CELL = {"type": ["string", "number", "boolean", "null"]}
LINES = {
    "type": "array",
    "description": "One object a row, with the columns that the list of tables names.",
    "items": {"type": "object", "description": "Column → value.", "additionalProperties": CELL},
}
ROWS = {(200, "text/csv"): OpenApiTypes.STR, (200, "application/json"): LINES}


class OneTable(View):
    """The rows of a table of one product, as CSV or as a JSON list of objects."""

    actions = {"GET": "table.read"}
    authentication_classes = DOORS

    @extend_schema(responses=ROWS)
    def get(self, request: Request, slug: str, name: str, form: str) -> StreamingHttpResponse:
        return _sent(name, form, [self.product])


class OneTableOfAll(View):
    """The rows of a table over all products at work that one may see."""

    actions = {"GET": "me.table_read"}
    authentication_classes = DOORS

    @extend_schema(responses=ROWS)
    def get(self, request: Request, name: str, form: str) -> StreamingHttpResponse:
        return _sent(name, form, list(products_of.products(self.user)))


def _calendar(name: str, products: Sequence[Product]) -> HttpResponse:
    """A calendar of whole days. It changes with what it tells of alone: an entry's stamp is its own day's."""
    made = Calendar()
    made.add("prodid", "-//kpiplatform//calendar//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    for day in calendar.days(products):
        entry, address = Event(), f"{settings.URL_BASE}{things.page(day.of)}"
        entry.add("uid", f"{day.key}@kpiplatform")
        entry.add("summary", day.title)
        entry.add("description", f"{day.says}\n{address}")
        entry.add("dtstart", day.on)
        entry.add("dtend", day.on + timedelta(days=1))
        entry.add("dtstamp", day.made_at)
        entry.add("url", address)
        entry.add("categories", [day.product.name])
        entry.add("transp", "TRANSPARENT")
        made.add_component(entry)
    answer = HttpResponse(made.to_ical(), content_type=ICS)
    answer["Content-Disposition"] = 'inline; filename="kpiplatform.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


class CalendarOfOne(View):
    """Ends of targets, expiries of assumptions and due answers of one product, as iCalendar (RFC 5545)."""

    actions = {"GET": "table.read"}
    authentication_classes = DOORS

    @extend_schema(responses={(200, "text/calendar"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponse:
        return _calendar(self.product.name, [self.product])


class CalendarOfAll(View):
    """The same of all products at work that one may see."""

    actions = {"GET": "me.table_read"}
    authentication_classes = DOORS

    @extend_schema(responses={(200, "text/calendar"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        return _calendar("kpiplatform", list(products_of.products(self.user)))
