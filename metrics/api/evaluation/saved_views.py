"""Saved views of the runs table: one's own, in a product."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import things
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import View
from metrics.models.product import SavedView
from metrics.queries.runs import saved_views
from metrics.services.evaluation import saved_views as services
from metrics.things import Thing


class ViewInput(serializers.Serializer[Any]):
    """query: that of the runs table's address, such as "where=roc_auc > 0.8&sort=-roc_auc"."""

    name = serializers.CharField(max_length=80)
    query = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    default = serializers.BooleanField(required=False)


class ViewOutput(TypedDict):
    """query: that of the runs table's address. page: where the table is, so filtered."""

    id: str
    name: str
    query: str
    default: bool
    page: str
    created_at: datetime


def show_view(view: SavedView) -> ViewOutput:
    address = things.page(Thing("runs", (view.product.slug,)))
    return {
        "id": view.pk,
        "name": view.name,
        "query": view.query,
        "default": view.default,
        "page": f"{address}?{view.query}" if view.query else address,
        "created_at": view.created_at,
    }


class Views(View):
    actions = {"GET": "run.list", "POST": "saved_view.write"}

    def get(self, request: Request, slug: str) -> Answer[Page[ViewOutput]]:
        return self.listed(saved_views.views(self.user, self.product).select_related("product"), show_view)

    @extend_schema(request=ViewInput)
    def post(self, request: Request, slug: str) -> Created[ViewOutput]:
        view = services.save_view(self.user, self.product, **self.read(ViewInput))
        return Created(show_view(view))


class OneView(View):
    actions = {"PATCH": "saved_view.write", "DELETE": "saved_view.write"}

    @extend_schema(request=ViewInput)
    def patch(self, request: Request, slug: str, pk: str) -> Answer[ViewOutput]:
        view = saved_views.view(self.user, self.product, pk)
        return Answer(show_view(services.change_view(self.user, view, **self.read(ViewInput, partial=True))))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.delete_view(self.user, saved_views.view(self.user, self.product, pk))
        return Gone()
