"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from metrics.api import evaluation, kpi, mappings, product, receipts, revenue, runs

IN = "products/<slug:slug>/"
VERSION = "mappings/<str:pk>/versions/<int:version>/"

urlpatterns = [
    path("me/", product.Me.as_view()),
    path("tokens/", product.Tokens.as_view()),
    path("tokens/<str:pk>/", product.OneToken.as_view()),
    path("products/", product.Products.as_view()),
    path(IN, product.OneProduct.as_view()),
    path(IN + "members/", product.Members.as_view()),
    path(IN + "members/<str:pk>/", product.OneMember.as_view()),
    path(IN + "models/", evaluation.Models.as_view()),
    path(IN + "versions/", evaluation.Versions.as_view()),
    path(IN + "versions/<str:pk>/promote/", evaluation.Promotion.as_view()),
    path(IN + "datasets/", evaluation.DataSets.as_view()),
    path(IN + "metrics/", evaluation.Metrics.as_view()),
    path(IN + "runs/", evaluation.Runs.as_view()),
    path("runs/<str:pk>/", runs.OneRun.as_view()),
    path("runs/<str:pk>/withdraw/", evaluation.Withdrawal.as_view()),
    path(IN + "kpis/", kpi.KPIs.as_view()),
    path(IN + "kpis/<str:key>/", kpi.OneKPI.as_view()),
    path(IN + "targets/", kpi.Targets.as_view()),
    path(IN + "assumptions/", kpi.Assumptions.as_view()),
    path(IN + "assumptions/<str:key>/", kpi.OneAssumption.as_view()),
    path(IN + "actuals/", kpi.Actuals.as_view()),
    path(IN + "actuals/<str:pk>/", kpi.OneActual.as_view()),
    path(IN + "mappings/", mappings.Mappings.as_view()),
    path("mappings/<str:pk>/", mappings.OneMapping.as_view()),
    path(VERSION, mappings.OneVersion.as_view()),
    *(path(f"{VERSION}{act}/", mappings.Acts.as_view(act=act)) for act in mappings.ACTS),
    path(IN + "projection/", revenue.OneProjection.as_view()),
    path(IN + "what-if/", revenue.WhatIf.as_view()),
    path(IN + "results/", revenue.Results.as_view()),
    path("receipts/<str:digest>/", receipts.OneReceipt.as_view()),
    path("receipts/<str:digest>/verify/", receipts.Verification.as_view()),
    path("receipts/<str:digest>/export/", receipts.Export.as_view()),
    path("work/<str:pk>/", receipts.OneWork.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]
