"""Who may do what, as one table of roles and actions: the whole of it, in no place else. `metrics.access` asks it."""

from __future__ import annotations

from metrics.models.product import Role, Token

SCIENTIST, MANAGER, EXECUTIVE = Role.DATA_SCIENTIST.value, Role.PROJECT_MANAGER.value, Role.EXECUTIVE.value
ADMIN = "admin"
EVERYONE = frozenset({SCIENTIST, MANAGER, EXECUTIVE, ADMIN})
MAKERS = frozenset({SCIENTIST, MANAGER})
ROLES = frozenset({SCIENTIST, MANAGER, EXECUTIVE})
NAMES = {SCIENTIST: "a data scientist", MANAGER: "a manager", EXECUTIVE: "an executive", ADMIN: "an administrator"}

TABLE: dict[str, frozenset[str]] = {
    "product.read": EVERYONE,
    "product.update_settings": frozenset({MANAGER, ADMIN}),
    "product.archive": frozenset({ADMIN}),
    "member.list": EVERYONE,
    "member.add": frozenset({MANAGER, ADMIN}),
    "member.change_role": frozenset({ADMIN}),
    "member.remove": frozenset({MANAGER, ADMIN}),
    "invitation.create": frozenset({MANAGER, ADMIN}),
    "model.list": EVERYONE,
    "model.create": frozenset({SCIENTIST}),
    "model.update": frozenset({SCIENTIST}),
    "version.promote": frozenset({MANAGER}),
    "metric.list": EVERYONE,
    "metric.register": frozenset({SCIENTIST}),
    "metric.update_definition": frozenset({SCIENTIST}),
    "metric.delete": frozenset({SCIENTIST}),
    "upload.send": frozenset({SCIENTIST}),
    "run.list": EVERYONE,
    "run.read": EVERYONE,
    "run.create": frozenset({SCIENTIST}),
    "run.withdraw": frozenset({SCIENTIST, MANAGER}),
    "run.accept": frozenset({MANAGER}),
    "run.download_predictions": frozenset({SCIENTIST}),
    "run.compare": EVERYONE,
    "saved_view.write": EVERYONE,
    "evidence.read": EVERYONE,
    "dataset.list": frozenset({SCIENTIST, MANAGER, ADMIN}),
    "dataset.read": frozenset({SCIENTIST, MANAGER, ADMIN}),
    "dataset.create": frozenset({SCIENTIST}),
    "import.list": frozenset({SCIENTIST}),
    "import.mlflow": frozenset({SCIENTIST}),
    "import.stop": frozenset({SCIENTIST}),
    "mapping.list": EVERYONE,
    "mapping.create_draft": MAKERS,
    "mapping.edit_draft": MAKERS,
    "mapping.preview": MAKERS,
    "mapping.submit": MAKERS,
    "mapping.endorse": frozenset({SCIENTIST}),
    "mapping.approve": frozenset({MANAGER}),
    "mapping.object": MAKERS,
    "mapping.retire": frozenset({MANAGER}),
    "comment.read": EVERYONE,
    "comment.create": ROLES,
    "comment.edit": ROLES,
    "comment.delete": EVERYONE,
    "comment.resolve": ROLES,
    "terms.read": EVERYONE,
    "objective.set": ROLES,
    "guardrail.set": frozenset({MANAGER}),
    "terms.edit_draft": ROLES,
    "terms.submit": ROLES,
    "terms.endorse": frozenset({SCIENTIST}),
    "terms.approve": frozenset({MANAGER}),
    "terms.object": ROLES,
    "decision.read": EVERYONE,
    "decision.open": frozenset({MANAGER}),
    "decision.answer": ROLES,
    "decision.close_round": frozenset({MANAGER}),
    "decision.propose": frozenset({MANAGER}),
    "decision.assent": frozenset({SCIENTIST}),
    "decision.dissent": ROLES,
    "decision.sign": frozenset({EXECUTIVE}),
    "decision.revert": frozenset({MANAGER, EXECUTIVE}),
    "report.export_csv_xlsx_pdf": EVERYONE,
    "report.generate": frozenset({MANAGER, EXECUTIVE}),
    "pack.withdraw": frozenset({MANAGER, EXECUTIVE}),
    "kpi.read": EVERYONE,
    "kpi.create": frozenset({MANAGER}),
    "kpi.update": frozenset({MANAGER}),
    "target.list": EVERYONE,
    "target.set": frozenset({MANAGER}),
    "assumption.list": EVERYONE,
    "assumption.create": frozenset({MANAGER}),
    "assumption.update": frozenset({MANAGER}),
    "actual.list": EVERYONE,
    "actual.import": frozenset({MANAGER}),
    "actual.undo": frozenset({MANAGER}),
    "projection.read": EVERYONE,
    "projection.edit": frozenset({MANAGER}),
    "scenario.read": EVERYONE,
    "scenario.save": frozenset({MANAGER, EXECUTIVE}),
    "receipt.read": EVERYONE,
    "receipt.verify": EVERYONE,
    "receipt.export": EVERYONE,
    "recompute.request": frozenset({SCIENTIST, MANAGER, ADMIN}),
    "task.status": EVERYONE,
    "dashboard.executive": EVERYONE,
    "dashboard.manager": frozenset({SCIENTIST, MANAGER, ADMIN}),
    "dashboard.scientist": frozenset({SCIENTIST, MANAGER, ADMIN}),
    "report.schedule_mail": frozenset({MANAGER, EXECUTIVE}),
    "alert.subscribe": EVERYONE,
    "webhook.create": frozenset({MANAGER, ADMIN}),
    "audit.read": frozenset({MANAGER, ADMIN}),
    "table.read": EVERYONE,
    "share.list": frozenset({MANAGER, EXECUTIVE, ADMIN}),
    "share.make": frozenset({MANAGER, EXECUTIVE}),
    "share.revoke": frozenset({MANAGER, EXECUTIVE, ADMIN}),
}

# What may be done with a product that is archived: it is read, its receipts verify, and it can be brought back.
WHILE_ARCHIVED = frozenset(
    {
        "product.read",
        "product.archive",
        "member.list",
        "model.list",
        "metric.list",
        "run.list",
        "run.read",
        "run.download_predictions",
        "run.compare",
        "evidence.read",
        "dataset.list",
        "dataset.read",
        "import.list",
        "mapping.list",
        "mapping.preview",
        "terms.read",
        "decision.read",
        "kpi.read",
        "target.list",
        "assumption.list",
        "actual.list",
        "projection.read",
        "scenario.read",
        "report.export_csv_xlsx_pdf",
        "comment.read",
        "receipt.read",
        "receipt.verify",
        "receipt.export",
        "task.status",
        "dashboard.executive",
        "dashboard.manager",
        "dashboard.scientist",
        "audit.read",
        "table.read",
        "share.list",
        "share.revoke",
    }
)

# Actions on no product: who may do them at all.
ANYWHERE: dict[str, frozenset[str]] = {
    "product.list": EVERYONE,
    "product.create": frozenset({MANAGER, ADMIN}),
    "portfolio.issue": frozenset({MANAGER, EXECUTIVE}),
    "work.retry": frozenset({ADMIN}),
    "metrics.read": frozenset({ADMIN}),
    "user.create_or_disable": frozenset({ADMIN}),
    "user.end_sessions": frozenset({ADMIN}),
    "user.export": frozenset({ADMIN}),
    "user.remove": frozenset({ADMIN}),
    "user.mfa_reset": frozenset({ADMIN}),
    "mfa.setup": EVERYONE,
    "audit.read_all": frozenset({ADMIN}),
    "rate.list": EVERYONE,
    "rate.write": frozenset({ADMIN}),
    "me.read": EVERYONE,
    "me.update_profile": EVERYONE,
    "me.token_create": EVERYONE,
    "me.token_revoke": EVERYONE,
    "me.session_end": EVERYONE,
    "me.export": EVERYONE,
    "me.notice_read": EVERYONE,
    "me.table_read": EVERYONE,
    "me.answer": EVERYONE,
    "portfolio.share": frozenset({EXECUTIVE}),
    "portfolio.share_list": frozenset({EXECUTIVE, ADMIN}),
    "me.delivery_read": EVERYONE,
    "me.delivery_write": EVERYONE,
}
# Those that need no role: being signed in is enough, for what is one's own or everybody's.
OWN = ("me.", "mfa.")
SIGNED_IN = frozenset({"product.list", "rate.list", *(action for action in ANYWHERE if action.startswith(OWN))})
# Those that need nobody: what stands before signing in, and the probes.
OPEN = frozenset(
    {
        "share.open",
        "auth.login",
        "auth.logout",
        "auth.reset",
        "auth.way_in",
        "invitation.accept",
        "delivery.stop",
        "health.live",
    }
)

# What a token admits, by its scope: of what its owner may do, these alone. No token makes another, or another app.
TABLES = frozenset({"table.read", "me.table_read"})
READING = TABLES | (WHILE_ARCHIVED - {"product.archive", "share.revoke"}) | {"product.list", "rate.list", "me.read"}
LOGGING = READING | {"upload.send", "run.create", "run.withdraw", "dataset.create", "model.create", "metric.register"}
ALL = frozenset(TABLE) | (frozenset(ANYWHERE) - {"me.token_create", "mfa.setup"})
SCOPES: dict[str, frozenset[str]] = {
    Token.Scope.ALL.value: ALL,
    Token.Scope.LOG.value: LOGGING,
    Token.Scope.READ.value: READING,
    Token.Scope.TABLES.value: TABLES,
}

# What others do with their own drafts only, a manager with all.
OWN_DRAFTS = frozenset({"mapping.edit_draft", "mapping.submit", "terms.edit_draft", "terms.submit"})
GRANTED_BY_MANAGERS = frozenset({SCIENTIST, EXECUTIVE})
