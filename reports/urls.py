"""Routes of the pages: homes per role, and one address for each thing, whoever looks at it."""

from __future__ import annotations

from django.urls import path

from reports.views import (
    account,
    data_scientist,
    data_set,
    executive,
    home,
    mapping,
    members,
    product,
    project_manager,
    receipt,
    run,
    saved_views,
)

P = "p/<slug:slug>/"

urlpatterns = [
    # who one is
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("password/", account.password_change, name="password-change"),
    path("password/done/", account.password_change_done, name="password-change-done"),
    path("password/reset/", account.password_reset, name="password-reset"),
    path("password/reset/sent/", account.password_reset_done, name="password-reset-done"),
    path("password/reset/<uidb64>/<token>/", account.password_reset_confirm, name="password-reset-confirm"),
    path("password/reset/done/", account.password_reset_complete, name="password-reset-complete"),
    path("profile/", account.profile, name="profile"),
    path("tokens/", account.tokens, name="tokens"),
    path("tokens/<str:token>/revoke/", account.revoke_token, name="token-revoke"),
    # homes
    path("", home.home, name="home"),
    path("science/", data_scientist.home, name="science"),
    path("manage/", project_manager.home, name="manage"),
    path("portfolio/", executive.portfolio, name="portfolio"),
    path("search/", home.search, name="search"),
    path("work/", product.work, name="work"),
    path("work/<str:work>/retry/", product.retry, name="work-retry"),
    # a product
    path("products/new/", product.wizard, name="product-new"),
    path(P, executive.outlook, name="outlook"),
    path(P + "what-if/", executive.what_if, name="what-if"),
    path(P + "headline/", executive.headline, name="headline"),
    path(P + "settings/", product.settings, name="product-settings"),
    path(P + "progress/", product.progress, name="progress"),
    path(P + "members/", members.members, name="members"),
    path(P + "members/<str:member>/role/", members.change_role, name="member-role"),
    path(P + "members/<str:member>/remove/", members.remove, name="member-remove"),
    # evaluation
    path(P + "runs/", data_scientist.runs, name="runs"),
    path(P + "runs/new/", data_scientist.log, name="run-log"),
    path(P + "runs/<str:run>/", run.detail, name="run"),
    path(P + "runs/<str:run>/curves/", run.curves, name="run-curves"),
    path(P + "runs/<str:run>/segments/", run.segments, name="run-segments"),
    path(P + "runs/<str:run>/evidence/", run.evidence, name="run-evidence"),
    path(P + "runs/<str:run>/history/", run.history, name="run-history"),
    path(P + "runs/<str:run>/rows/", run.rows, name="run-rows"),
    path(P + "runs/<str:run>/promote/", run.promote, name="run-promote"),
    path(P + "runs/<str:run>/money/", run.money, name="run-money"),
    path(P + "runs/<str:run>/withdraw/", run.withdraw, name="run-withdraw"),
    path(P + "datasets/", data_set.data_sets, name="datasets"),
    path(P + "datasets/<str:dataset>/", data_set.detail, name="dataset"),
    path(P + "datasets/<str:dataset>/evidence/", data_set.evidence, name="dataset-evidence"),
    path(P + "views/", saved_views.views, name="views"),
    path(P + "views/<str:view>/", saved_views.change, name="view-change"),
    path(P + "views/<str:view>/delete/", saved_views.delete, name="view-delete"),
    path(P + "metrics/", data_scientist.metrics, name="metrics"),
    # kpi
    path(P + "kpis/", project_manager.board, name="kpis"),
    path(P + "kpis/new/", project_manager.kpi_new, name="kpi-new"),
    path(P + "kpis/<str:key>/", project_manager.kpi, name="kpi"),
    path(P + "kpis/<str:key>/actuals/", project_manager.actuals, name="kpi-actuals"),
    path(P + "kpis/<str:key>/actuals/<str:actual>/undo/", project_manager.undo_actual, name="actual-undo"),
    path(P + "targets/new/", project_manager.target_new, name="target-new"),
    path(P + "targets/<str:target>/withdraw/", project_manager.target_withdraw, name="target-withdraw"),
    path(P + "assumptions/", project_manager.assumptions, name="assumptions"),
    path(P + "assumptions/new/", project_manager.assumption_new, name="assumption-new"),
    path(P + "assumptions/<str:key>/", project_manager.assumption, name="assumption"),
    path(P + "mappings/", mapping.mappings, name="mappings"),
    path(P + "mappings/new/", mapping.new, name="mapping-new"),
    path(P + "mappings/check/", mapping.check, name="mapping-check"),
    path(P + "mappings/<str:mapping>/<int:number>/", mapping.detail, name="mapping"),
    path(P + "mappings/<str:mapping>/<int:number>/edit/", mapping.edit, name="mapping-edit"),
    path(P + "mappings/<str:mapping>/<int:number>/<str:act>/", mapping.act, name="mapping-act"),
    # revenue
    path(P + "projection/", project_manager.projection, name="projection"),
    path(P + "changes/", executive.changes, name="changes"),
    path("receipts/<str:digest>/", receipt.detail, name="receipt"),
    path("receipts/<str:digest>/verify/", receipt.verify, name="receipt-verify"),
    path("receipts/<str:digest>/export/", receipt.export, name="receipt-export"),
]
