"""Actuals: what was observed of a KPI, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.kpis import TogetherOutput, named, show_together
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.pasted import PastedInput, options, pasted
from metrics.api.protocol.view import Exact, Month, View
from metrics.core.calendar import span
from metrics.core.pasted.numbers import trimmed
from metrics.models.kpi import Actual
from metrics.queries.documents.known import HISTORY, Known
from metrics.queries.kpi import catalogue, months, taken_back
from metrics.services.kpi import kpis as services
from metrics.services.kpi import undone
from metrics.services.kpi.actuals import read_actuals
from metrics.services.kpi.months_given import Parts, new_actuals
from metrics.services.writing.refusal import Fault, Invalid, invalid


class ActualValue(serializers.Serializer[Any]):
    """A month with its value, or, of a ratio, with its numerator and denominator, of which the value is made."""

    period = Month()
    value = Exact(required=False)
    numerator = Exact(required=False)
    denominator = Exact(required=False)


class ActualsInput(PastedInput):
    """Either `values`, or `csv` or `file`: a text with a month and a value a line, or, under a first line that names
    them, with month, numerator and denominator. A month that is running is stored as partial; one to come is refused.
    """

    kpi = serializers.CharField(max_length=60)
    values = ActualValue(many=True, required=False)
    source = serializers.CharField(max_length=240, allow_blank=True, default="")  # type: ignore[assignment]
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


class ActualOutput(TypedDict):
    """period: the month, "2016-10". known_at: from when on it was known; a later value of a month restates it.

    numerator, denominator: of a ratio that was given by them; value is then made of them, null where the denominator
    is 0. partial: it was known before the month was over, and counts nowhere as the whole month.
    """

    id: str
    kpi: str
    period: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    partial: bool
    known_at: datetime
    source: str


class ReadMonth(TypedDict):
    """A month as it was read; numerator and denominator of a ratio that was given by them."""

    period: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None


class ActualsPreview(TypedDict):
    """What an import would write.

    restated: how many months of it have another value already, completed: a partial one, now that the month is over.
    partial: the months given that are not over, "2016-10". values: all months as they were read. said: sentences on how
    the text was read.
    """

    would_write: int
    restated: int
    completed: int
    unchanged: int
    partial: list[str]
    values: list[ReadMonth]
    said: list[str]


# import: the value that the whole import is taken back by; partial: the months given that are not over; said: sentences
# on how the text was read
ActualsWritten = TypedDict(
    "ActualsWritten",
    {"import": str | None, "written": int, "unchanged": int, "partial": list[str], "said": list[str]},
)


def show_actual(actual: Actual) -> ActualOutput:
    return {
        "id": actual.pk,
        "kpi": actual.kpi.key,
        "period": f"{actual.period:%Y-%m}",
        "value": trimmed(actual.figure),
        "numerator": trimmed(actual.numerator),
        "denominator": trimmed(actual.denominator),
        "partial": actual.partial,
        "known_at": actual.known_at,
        "source": actual.source,
    }


class Actuals(View):
    actions = {"GET": "actual.list", "POST": "actual.import"}

    @extend_schema(parameters=[OpenApiParameter("kpi", OpenApiTypes.STR)])
    def get(self, request: Request, slug: str) -> Answer[Page[ActualOutput]]:
        rows = catalogue.all_actuals(self.product)
        if key := request.query_params.get("kpi"):
            rows = rows.filter(kpi__key=key)
        return self.listed(rows, show_actual)

    @extend_schema(request=ActualsInput)
    def post(self, request: Request, slug: str) -> Answer[ActualsPreview] | Created[ActualsWritten]:
        access.require(self.user, "actual.import", self.product)
        given = self.read(ActualsInput)
        kpi = named(self.product, given["kpi"])
        said: list[str] = []
        if (text := pasted(given, "values")) is not None:
            read = read_actuals(text.text, unit=kpi.unit, **options(given))
            values, said = read.values, [*filter(None, (text.said, *read.said))]
        else:
            values = [(row["period"], _value(row, number)) for number, row in enumerate(given["values"], 1)]
        new = new_actuals(kpi, values)
        partial = [f"{period:%Y-%m}" for period in new.partial]
        if given["preview"]:
            return Answer(
                {
                    "would_write": len(new.values),
                    "restated": new.restated,
                    "completed": new.completed,
                    "unchanged": new.unchanged,
                    "partial": partial,
                    "values": [_shown(period, value) for period, value in values],
                    "said": said,
                }
            )
        written = services.import_actuals(self.user, kpi, values=values, source=given["source"])
        first = written[0].pk if written else None
        shown: ActualsWritten = {
            "import": first,
            "written": len(written),
            "unchanged": len(values) - len(written),
            "partial": partial,
            "said": said,
        }
        return Created(shown)


def _shown(period: date, value: Decimal | Parts) -> ReadMonth:
    one, numerator, denominator = (value.ratio, *value) if isinstance(value, Parts) else (value, None, None)
    return {
        "period": f"{period:%Y-%m}",
        "value": trimmed(one),
        "numerator": trimmed(numerator),
        "denominator": trimmed(denominator),
    }


def _value(row: Mapping[str, Any], number: int) -> Decimal | Parts:
    """What a body gives for a month: its value, or both parts of a ratio."""
    given = {"value", "numerator", "denominator"} & set(row)
    if given == {"value"}:
        value: Decimal = row["value"]
        return value
    if given == {"numerator", "denominator"}:
        return Parts(row["numerator"], row["denominator"])
    message = f"{row['period']:%Y-%m} has {' and '.join(sorted(given)) or 'no value'}"
    remedy = "give its value; or, of a ratio, numerator and denominator without it"
    raise Invalid(Fault(field="values.value", row=number, message=message, remedy=remedy))


class ObservedOver(View):
    """What was observed of a KPI over several months: added, divided, or the last of them, as the KPI says."""

    actions = {"GET": "actual.list"}

    @extend_schema(
        parameters=[
            OpenApiParameter("from_period", OpenApiTypes.STR, required=True, description="the first month, 2016-10"),
            OpenApiParameter("until_period", OpenApiTypes.STR, required=True, description="the last month"),
        ]
    )
    def get(self, request: Request, slug: str, key: str) -> Answer[TogetherOutput]:
        kpi = catalogue.kpi(self.product, key)
        first, last = (_month(request, name) for name in ("from_period", "until_period"))
        if last < first:
            raise invalid("until_period", "lies before the start", remedy="give a month on or after the start")
        asked = span(first, last)
        if len(asked) > HISTORY:
            raise invalid("until_period", f"these are {len(asked)} months", remedy=f"ask for at most {HISTORY}")
        return Answer(show_together(months.over(Known(self.product), kpi, asked)))


def _month(request: Request, name: str) -> str:
    """A month of the query; raises Invalid where it is none."""
    text = request.query_params.get(name, "")
    try:
        return f"{Month().to_internal_value(text):%Y-%m}"
    except serializers.ValidationError as error:
        message = f"“{text[:20]}” is no month" if text else "is missing"
        raise invalid(name, message, remedy="write it as 2016-10") from error


WHOLE = OpenApiParameter("whole", OpenApiTypes.BOOL, description="the whole import that the value came with")


def is_whole(request: Request) -> bool:
    """Whether the whole import is meant that a value came with."""
    return request.query_params.get("whole") in ("1", "true")


class OneActual(View):
    """Take an imported value back; with `?whole=1` the whole import that it came with."""

    actions = {"DELETE": "actual.undo"}

    @extend_schema(parameters=[WHOLE])
    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        actual = catalogue.actual(self.product, pk)
        if is_whole(request):
            undone.withdraw_import(self.user, actual.kpi, known_at=actual.known_at)
        else:
            undone.withdraw_actual(self.user, actual)
        return Gone()


# import: the value that what is back is taken back by, as a whole; months: those that are back, "2016-10"
MonthsBack = TypedDict("MonthsBack", {"import": str, "months": list[str]})


class ActualRestoration(View):
    """Bring back a value with all that was taken back together with it; where a newer value stands, that one stays."""

    actions = {"POST": "actual.undo"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Created[MonthsBack]:
        made = undone.restore_actuals(self.user, taken_back.actual(self.product, pk))
        return Created({"import": made[0].pk, "months": [f"{row.period:%Y-%m}" for row in made]})
