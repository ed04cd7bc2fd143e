"""Who may do what: one table of roles and actions, asked by every door.

A right comes from a person's role in the product, or from being an administrator. Conditions on the object (own
drafts, roles that one may grant) are passed in as facts. Who is no member is answered as if nothing were there.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from metrics.models.product import Membership, Product, Role, Token, User

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
    "user.create_or_disable": frozenset({ADMIN}),
    "rate.list": EVERYONE,
    "rate.write": frozenset({ADMIN}),
    "me.read": EVERYONE,
    "me.update_profile": EVERYONE,
    "me.token_create": EVERYONE,
    "me.token_revoke": EVERYONE,
    "me.notice_read": EVERYONE,
    "me.table_read": EVERYONE,
    "me.answer": EVERYONE,
    "portfolio.share": frozenset({EXECUTIVE}),
    "portfolio.share_list": frozenset({EXECUTIVE, ADMIN}),
    "me.delivery_read": EVERYONE,
    "me.delivery_write": EVERYONE,
}
# Those that need no role: being signed in is enough, for what is one's own or everybody's.
SIGNED_IN = frozenset({"product.list", "rate.list", *(action for action in ANYWHERE if action.startswith("me."))})
# Those that need nobody: what stands before signing in, and the probes.
OPEN = frozenset(
    {"share.open", "auth.login", "auth.logout", "auth.reset", "invitation.accept", "delivery.stop", "health.live"}
)

# What a token admits, by its scope: of what its owner may do, these alone. No token makes another.
TABLES = frozenset({"table.read", "me.table_read"})
READING = TABLES | (WHILE_ARCHIVED - {"product.archive", "share.revoke"}) | {"product.list", "rate.list", "me.read"}
LOGGING = READING | {"run.create", "run.withdraw", "dataset.create", "model.create", "metric.register"}
ALL = frozenset(TABLE) | (frozenset(ANYWHERE) - {"me.token_create"})
SCOPES: dict[str, frozenset[str]] = {
    Token.Scope.ALL.value: ALL,
    Token.Scope.LOG.value: LOGGING,
    Token.Scope.READ.value: READING,
    Token.Scope.TABLES.value: TABLES,
}

# What others do with their own drafts only, a manager with all.
OWN_DRAFTS = frozenset({"mapping.edit_draft", "mapping.submit", "terms.edit_draft", "terms.submit"})
GRANTED_BY_MANAGERS = frozenset({SCIENTIST, EXECUTIVE})

Thing = TypeVar("Thing")


class Denied(Exception):
    """The person is known here, and may not do this."""

    def __init__(self, action: str, why: str = "") -> None:
        self.action = action
        super().__init__(why or "your role here does not allow this; ask a manager of the product or an administrator")


class Hidden(Exception):
    """For this person the thing is not there."""


def fingerprint(secret: str) -> str:
    """What is kept of a secret by which somebody comes in: of a token, of a link. 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def there(thing: Thing | None) -> Thing:
    """What was looked for. Raises Hidden where nothing was found."""
    if thing is None:
        raise Hidden
    return thing


def bind(user: User, token: Token) -> None:
    """Who comes with a token may do what the person may and the token admits, in its product alone if it has one."""
    vars(user)["token"] = token


def token_of(user: User) -> Token | None:
    """The token that the person came with; None for one who signed in."""
    found: Token | None = vars(user).get("token")
    return found


def narrowed_to(user: User) -> str | None:
    """The product that the person's token is for, where it is for one."""
    token = token_of(user)
    return token.product_id if token else None


def admitted(user: User, action: str) -> bool:
    """Whether the token that the person came with admits an action; all are to one who signed in."""
    token = token_of(user)
    return token is None or action in SCOPES[token.scope]


def role(user: User, product: Product) -> str | None:
    """The person's role in the product; "admin" for an administrator who is no member; None for everyone else."""
    if narrowed_to(user) not in (None, product.pk):
        return None
    asked: dict[str, str] = vars(user).get("asked_roles", {})
    if product.pk in asked:
        return asked[product.pk]
    if "all_roles" in vars(user):
        return roles(user).get(product.pk) or (ADMIN if user.is_staff else None)
    found = Membership.objects.filter(user=user, product=product).values_list("role", flat=True).first()
    return found or (ADMIN if user.is_staff else None)


def remember(user: User, product: Product, held: str) -> None:
    """Keep on the person, who is read anew with each request, the role that was read with the product."""
    vars(user).setdefault("asked_roles", {})[product.pk] = held


def roles(user: User) -> dict[str, str]:
    """Product id → role, over all memberships; read once for the person, who is read anew with each request."""
    known: dict[str, str] | None = vars(user).get("all_roles")
    if known is None:
        rows, only = Membership.objects.filter(user=user), narrowed_to(user)
        rows = rows if only is None else rows.filter(product=only)
        known = vars(user)["all_roles"] = dict(rows.values_list("product_id", "role"))
    return dict(known)


def forget(user: User) -> None:
    """What is remembered of a person's roles is read again: they have changed."""
    for name in ("asked_roles", "all_roles"):
        vars(user).pop(name, None)


def operator() -> User:
    """Whoever runs a command on the server: reads all as an administrator, and is a member of nothing."""
    user = User(username="operator", is_staff=True)
    vars(user)["all_roles"] = {}
    return user


def allows(action: str, held: str | None, **facts: Any) -> bool:
    """Whether a role may do an action, given the facts of the object. The one place where rights are decided."""
    if held is None or held not in TABLE[action]:
        return False
    if action == "run.withdraw" and held == SCIENTIST:
        return bool(facts.get("own", False))
    if action == "report.schedule_mail" and held == EXECUTIVE:
        return bool(facts.get("own", False))
    if action == "comment.edit" or (action == "comment.delete" and held != ADMIN):
        return bool(facts.get("own", False))
    if action in OWN_DRAFTS and held != MANAGER:
        return bool(facts.get("own", False))
    if action == "share.revoke" and held == EXECUTIVE:
        return bool(facts.get("own", False))
    if action in ("member.add", "member.remove", "invitation.create") and held == MANAGER:
        return facts.get("granted") in GRANTED_BY_MANAGERS
    return not (action == "member.change_role" and facts.get("own", False))


def closed(action: str, product: Product) -> bool:
    """Whether an action is one that nobody does in this product, for it is archived."""
    return product.archived_at is not None and action not in WHILE_ARCHIVED


def may(user: User, action: str, product: Product | None = None, **facts: Any) -> bool:
    if not user.is_authenticated or not user.is_active or not admitted(user, action):
        return False
    if product is not None and closed(action, product):
        return False
    if product is None:
        held = set(roles(user).values()) | ({ADMIN} if user.is_staff else set())
        return action in SIGNED_IN or bool(held & ANYWHERE[action])
    held_here = role(user, product)
    if user.is_staff and allows(action, ADMIN, **facts):
        return True
    return allows(action, held_here, **facts)


def require(user: User, action: str, product: Product | None = None, **facts: Any) -> None:
    """Raise Hidden for somebody who may not know of the product, Denied for one who may not do this."""
    if may(user, action, product, **facts):
        return
    if product is not None and role(user, product) is None:
        raise Hidden
    require_admitted(user, action)
    if product is not None and closed(action, product):
        raise Denied(action, _archived(product))
    raise Denied(action, _for_whom(action, None if product is None else role(user, product)))


def require_admitted(user: User, action: str) -> None:
    """Raise Denied where the person came with a token that does not admit the action."""
    token = token_of(user)
    if token is None or admitted(user, action):
        return
    if action == "me.token_create":
        raise Denied(action, "no token makes another one; sign in with name and password")
    raise Denied(action, f"this token is for {token.get_scope_display()} only; make one that may do more under Tokens")


def _for_whom(action: str, held: str | None) -> str:
    """Who may, where it is others than who asks; "" where it hangs on more than the role."""
    rights = TABLE.get(action, frozenset())
    able = " or ".join(name for one, name in NAMES.items() if one in rights)
    return f"your role here does not allow this; {able} may" if able and held not in rights else ""


def _archived(product: Product) -> str:
    since = f"{product.day(product.archived_at):%-d %b %Y}" if product.archived_at else ""
    return f"{product.name} is archived since {since}: it is read only, until an administrator brings it back"


def require_role(user: User, action: str, product: Product) -> None:
    """As `require`, before the object is known: refuse whose role may never do this here."""
    held = role(user, product)
    if held is None:
        raise Hidden
    require_admitted(user, action)
    if closed(action, product):
        raise Denied(action, _archived(product))
    if held not in TABLE[action] and not (user.is_staff and ADMIN in TABLE[action]):
        raise Denied(action, _for_whom(action, held))


def require_somewhere(user: User, action: str) -> None:
    """As `require_role`, on a page of no one product: refuse whose roles may never do this in any product."""
    held = set(roles(user).values()) | ({ADMIN} if user.is_staff else set())
    if not held:
        raise Hidden
    if not held & TABLE[action]:
        raise Denied(action)


def require_first(user: User, action: str, product: Product | None = None) -> None:
    """What a page asks before it looks for the object: in its product, or, of no one product, whether it may be at all.

    Raises as `require`.
    """
    if product is not None:
        require_role(user, action, product)
    elif action in ANYWHERE:
        require(user, action)
    else:
        require_somewhere(user, action)
