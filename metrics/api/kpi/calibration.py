"""Pairs of metric and observed KPI, on which calibrated mappings are fitted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.kpis import named
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.pasted import PastedInput, options, pasted
from metrics.api.protocol.view import Number, View
from metrics.models.calibration import Pair
from metrics.queries.documents import calibration
from metrics.queries.kpi import calibration as kpi_calibration
from metrics.queries.kpi import taken_back
from metrics.services.kpi import calibration as services
from metrics.services.kpi.pairs_given import PairRow, read_pairs


class PairInput(serializers.Serializer[Any]):
    x = Number()
    y = Number()
    x_error = Number(required=False, allow_null=True, min_value=0)
    y_error = Number(required=False, allow_null=True, min_value=0)
    covariance = Number(required=False, allow_null=True)
    disjoint = serializers.BooleanField(required=False)
    at = serializers.DateField(required=False, allow_null=True)


class PairsInput(PastedInput):
    """Either `pairs`, or `csv` or `file`: a text whose first line names the columns x, y, x_error, y_error, at."""

    kpi = serializers.CharField(max_length=60)
    metric = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Pair.Kind.choices, default=Pair.Kind.HISTORY)
    pairs = PairInput(many=True, required=False)
    source = serializers.CharField(max_length=240, allow_blank=True, default="")  # type: ignore[assignment]
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


class ReadPair(TypedDict):
    """A pair as it was read. x_error, y_error: standard errors."""

    x: float
    y: float
    x_error: float | None
    y_error: float | None
    covariance: float | None
    disjoint: bool
    at: date | None


class PairOutput(ReadPair):
    """A pair that is kept. batch: shared by all pairs of one import."""

    id: str
    kpi: str
    metric: str
    kind: Annotated[str, Pair.Kind]
    batch: str
    source: str


class PairsPreview(TypedDict):
    """pairs: all of them as they were read. said: sentences on how the text was read."""

    would_write: int
    unchanged: int
    pairs: list[ReadPair]
    said: list[str]


class PairsWritten(TypedDict):
    """batch: by which all are taken back; null where nothing was written. said: sentences on how the text was read."""

    batch: str | None
    written: int
    unchanged: int
    said: list[str]


def show_read(row: PairRow | Pair) -> ReadPair:
    return {
        "x": row.x,
        "y": row.y,
        "x_error": row.x_error,
        "y_error": row.y_error,
        "covariance": row.covariance,
        "disjoint": row.disjoint,
        "at": row.at,
    }


def show(pair: Pair) -> PairOutput:
    return {
        "id": pair.pk,
        "kpi": pair.kpi.key,
        "metric": pair.metric,
        "kind": pair.kind,
        **show_read(pair),
        "batch": pair.batch,
        "source": pair.source,
    }


ASKED = {"kpi": "kpi__key", "metric": "metric", "kind": "kind"}


class Pairs(View):
    actions = {"GET": "actual.list", "POST": "actual.import"}

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in ASKED])
    def get(self, request: Request, slug: str) -> Answer[Page[PairOutput]]:
        rows = calibration.pairs(self.product)
        asked = {field: request.query_params[name] for name, field in ASKED.items() if name in request.query_params}
        return self.listed(rows.filter(**asked), show)

    @extend_schema(request=PairsInput)
    def post(self, request: Request, slug: str) -> Answer[PairsPreview] | Created[PairsWritten]:
        access.require(self.user, "actual.import", self.product)
        given = self.read(PairsInput)
        kpi = named(self.product, given["kpi"])
        rows, said = _rows(given)
        if given["preview"]:
            fresh = services.new_pairs(kpi, metric=given["metric"], kind=given["kind"], rows=rows)
            shown = [show_read(row) for row in rows]
            unchanged = len(rows) - len(fresh)
            return Answer({"would_write": len(fresh), "unchanged": unchanged, "pairs": shown, "said": said})
        named_as = {name: given[name] for name in ("metric", "kind", "source")}
        written = services.import_pairs(self.user, kpi, rows=rows, **named_as)
        batch = written[0].batch if written else None
        unchanged = len(rows) - len(written)
        return Created(PairsWritten(batch=batch, written=len(written), unchanged=unchanged, said=said))


def _rows(given: dict[str, Any]) -> tuple[list[PairRow], list[str]]:
    """The pairs of a body, and sentences on how its text was read."""
    if (text := pasted(given, "pairs")) is None:
        return [PairRow(**row) for row in given["pairs"]], []
    read = read_pairs(text.text, **options(given))
    return read.rows, [*filter(None, (text.said, *read.said))]


class OneBatch(View):
    actions = {"DELETE": "actual.undo"}

    def delete(self, request: Request, slug: str, batch: str) -> Gone:
        services.withdraw_pairs(self.user, kpi_calibration.batch(self.product, batch).kpi, batch)
        return Gone()


class PairsBack(TypedDict):
    """batch: by which they are taken back again."""

    batch: str
    pairs: int


class BatchRestoration(View):
    """Bring back an import of pairs that was taken back."""

    actions = {"POST": "actual.undo"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, batch: str) -> Created[PairsBack]:
        made = services.restore_pairs(self.user, taken_back.pair(self.product, batch))
        return Created({"batch": made[0].batch, "pairs": len(made)})
