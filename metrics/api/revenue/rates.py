"""Exchange rates: everybody signed in reads them, an administrator adds them."""

from __future__ import annotations

import datetime
from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.protocol.answers import Answer, Created, Page
from metrics.api.protocol.view import Exact, View
from metrics.models.revenue import ExchangeRate
from metrics.queries.revenue import rates as queries
from metrics.services.revenue import rates as services


class RateInput(serializers.Serializer[Any]):
    """One `base` was worth `rate` `quote` at the end of a day. Of a pair and day that has a rate it takes the place."""

    base = serializers.CharField(max_length=3)
    quote = serializers.CharField(max_length=3)
    date = serializers.DateField()
    rate = Exact(max_digits=20, decimal_places=10)
    source = serializers.CharField(max_length=240)  # type: ignore[assignment]


class RateOutput(TypedDict):
    """One `base` was worth `rate` `quote`; rate is a decimal number as text, without zeros at its end."""

    id: str
    base: str
    quote: str
    date: datetime.date
    rate: str
    source: str
    created_by: str
    created_at: datetime.datetime


class Rates(View):
    """Rates that totals of several currencies are converted by, as they are read; no stored figure depends on one."""

    actions = {"GET": "rate.list", "POST": "rate.write"}

    @extend_schema(operation_id="rates_list")
    def get(self, request: Request) -> Answer[Page[RateOutput]]:
        return self.listed(queries.listed(), show_rate)

    @extend_schema(request=RateInput)
    def post(self, request: Request) -> Created[RateOutput]:
        given = self.read(RateInput)
        services.save_rates(self.user, [given])
        return Created(show_rate(queries.of_day(given["base"], given["quote"], given["date"])))


def show_rate(row: ExchangeRate) -> RateOutput:
    return {
        "id": row.pk,
        "base": row.base,
        "quote": row.quote,
        "date": row.date,
        "rate": row.exact,
        "source": row.source,
        "created_by": row.created_by.username,
        "created_at": row.created_at,
    }
