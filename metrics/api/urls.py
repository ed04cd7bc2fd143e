"""Addresses of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from metrics.api.evaluation import data_sets, registry, saved_views
from metrics.api.kpi import actuals, assumptions, calibration, kpis, mappings, threshold
from metrics.api.product import products
from metrics.api.receipts import receipts
from metrics.api.revenue import bridge, drivers, impact, projection, rates, risks, scenarios, track_record
from metrics.api.runs import batches, imports, run, table
from metrics.api.selection import comparison, fidelity, promotion

IN = "products/<slug:slug>/"
VERSION = "mappings/<str:pk>/versions/<int:version>/"

urlpatterns = [
    path("me/", products.Me.as_view()),
    path("tokens/", products.Tokens.as_view()),
    path("tokens/<str:pk>/", products.OneToken.as_view()),
    path("products/", products.Products.as_view()),
    path(IN, products.OneProduct.as_view()),
    path(IN + "archive/", products.Archive.as_view()),
    path(IN + "restore/", products.Restoration.as_view()),
    path(IN + "members/", products.Members.as_view()),
    path(IN + "members/<str:pk>/", products.OneMember.as_view()),
    path(IN + "models/", registry.Models.as_view()),
    path(IN + "models/<str:pk>/", registry.OneModel.as_view()),
    path(IN + "versions/", registry.Versions.as_view()),
    path(IN + "versions/<str:pk>/promote/", promotion.Promotion.as_view()),
    path(IN + "datasets/", data_sets.DataSets.as_view()),
    path(IN + "datasets/<str:pk>/", data_sets.OneDataSet.as_view()),
    path(IN + "metrics/", registry.Metrics.as_view()),
    path(IN + "metrics/<str:key>/", registry.OneMetric.as_view()),
    path(IN + "fidelity/", fidelity.Fidelity.as_view()),
    path(IN + "runs/", table.Runs.as_view()),
    path(IN + "views/", saved_views.Views.as_view()),
    path(IN + "views/<str:pk>/", saved_views.OneView.as_view()),
    path(IN + "runs/batch/", batches.Batch.as_view()),
    path(IN + "imports/", imports.Imports.as_view()),
    path(IN + "imports/<str:pk>/", imports.OneImport.as_view()),
    path(IN + "imports/<str:pk>/run/", imports.Again.as_view()),
    path("rates/", rates.Rates.as_view()),
    path("runs/compare/", comparison.Comparison.as_view()),
    path("runs/<str:pk>/", run.OneRun.as_view()),
    path("runs/<str:pk>/evidence/", run.Evidence.as_view()),
    path("runs/<str:pk>/history/", batches.History.as_view()),
    path("runs/<str:pk>/threshold/", threshold.Threshold.as_view()),
    path("runs/<str:pk>/rows/", run.Predictions.as_view()),
    path("runs/<str:pk>/withdraw/", table.Withdrawal.as_view()),
    path("runs/<str:pk>/accept/", table.Acceptance.as_view()),
    path(IN + "kpis/", kpis.KPIs.as_view()),
    path(IN + "kpis/<str:key>/", kpis.OneKPI.as_view()),
    path(IN + "kpis/<str:key>/observed/", actuals.ObservedOver.as_view()),
    path(IN + "targets/", kpis.Targets.as_view()),
    path(IN + "targets/<str:pk>/", kpis.OneTarget.as_view()),
    path(IN + "targets/<str:pk>/restore/", kpis.TargetRestoration.as_view()),
    path(IN + "assumptions/", assumptions.Assumptions.as_view()),
    path(IN + "assumptions/<str:key>/", assumptions.OneAssumption.as_view()),
    path(IN + "assumptions/<str:key>/impact/", impact.AssumptionImpact.as_view()),
    path(IN + "actuals/", actuals.Actuals.as_view()),
    path(IN + "actuals/<str:pk>/", actuals.OneActual.as_view()),
    path(IN + "actuals/<str:pk>/impact/", impact.ActualImpact.as_view()),
    path(IN + "actuals/<str:pk>/restore/", actuals.ActualRestoration.as_view()),
    path(IN + "pairs/", calibration.Pairs.as_view()),
    path(IN + "pairs/<str:batch>/", calibration.OneBatch.as_view()),
    path(IN + "pairs/<str:batch>/impact/", impact.BatchImpact.as_view()),
    path(IN + "pairs/<str:batch>/restore/", calibration.BatchRestoration.as_view()),
    path(IN + "names/", threshold.Names.as_view()),
    path(IN + "mappings/", mappings.Mappings.as_view()),
    path("mappings/<str:pk>/", mappings.OneMapping.as_view()),
    path(VERSION, mappings.OneVersion.as_view()),
    path(VERSION + "comments/", mappings.Comments.as_view()),
    path(VERSION + "impact/", impact.VersionImpact.as_view()),
    *(path(f"{VERSION}{act}/", mappings.Acts.as_view(act=act)) for act in mappings.ACTS),
    path(IN + "projection/", projection.OneProjection.as_view()),
    path(IN + "what-if/", projection.WhatIf.as_view()),
    path(IN + "scenarios/", scenarios.Scenarios.as_view()),
    path(IN + "scenarios/<str:key>/", scenarios.OneScenario.as_view()),
    path(IN + "bridge/", bridge.LastBridge.as_view()),
    path(IN + "drivers/", drivers.Drivers.as_view()),
    path(IN + "track-record/", track_record.PastProjections.as_view()),
    path(IN + "risks/", risks.RevenueAtRisk.as_view()),
    path(IN + "results/", projection.Results.as_view()),
    path("receipts/<str:digest>/", receipts.OneReceipt.as_view()),
    path("receipts/<str:digest>/verify/", receipts.Verification.as_view()),
    path("receipts/<str:digest>/export/", receipts.Export.as_view()),
    path("work/<str:pk>/", receipts.OneWork.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
