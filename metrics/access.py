"""Who may do what: `metrics.rights` asked of a person, by every door and every write.

A right comes from a person's role in the product, or from being an administrator. Conditions on the object (own
drafts, roles that one may grant) are passed in as facts. Who is no member is answered as if nothing were there.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from django.db import transaction

from metrics.models.product import Membership, Product, Token, User
from metrics.prepared import Prepared
from metrics.rights import (
    ADMIN,
    ANYWHERE,
    EXECUTIVE,
    GRANTED_BY_MANAGERS,
    MANAGER,
    NAMES,
    OWN_DRAFTS,
    SCIENTIST,
    SCOPES,
    SIGNED_IN,
    TABLE,
    WHILE_ARCHIVED,
)

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
    asked = _asked(user)
    if product.pk in asked:
        return asked[product.pk]
    if (every := vars(user).get("all_roles")) is not None:
        return every.get(product.pk) or (ADMIN if user.is_staff else None)
    found = Membership.objects.filter(user=user, product=product).values_list("role", flat=True).first()
    return found or (ADMIN if user.is_staff else None)


def remember(user: User, product: Product, held: str | None) -> None:
    """Keep on the person, who is read anew with each request, the role that was read with the product."""
    vars(user).setdefault("asked_roles", {})[product.pk] = held


def _asked(user: User) -> dict[str, str | None]:
    """Product id → the role that was read with it."""
    found: dict[str, str | None] = vars(user).get("asked_roles", {})
    return found


def roles(user: User) -> dict[str, str]:
    """Product id → role, over all memberships; read once for the person, who is read anew with each request."""
    known: dict[str, str] | None = vars(user).get("all_roles")
    if known is None:
        only = narrowed_to(user)
        known = {product: role for product, role in ROLES(user.pk) if only in (None, product)}
        vars(user)["all_roles"] = known
    return dict(known)


ROLES = Prepared(lambda user: Membership.objects.filter(user=user).order_by().values_list("product_id", "role"), int)


def remember_all(user: User, held: dict[str, str]) -> None:
    """Keep on the person the roles that were read with all of their products."""
    vars(user)["all_roles"] = held


def forget(user: User) -> None:
    """What is remembered of a person's roles is read again: they have changed."""
    for name in ("asked_roles", "all_roles"):
        vars(user).pop(name, None)


def _read_anew(user: User) -> None:
    if user.pk is None:  # nobody, or who runs a command
        return
    whole = "all_roles" in vars(user)
    forget(user)
    if whole:  # once again, and not product by product
        roles(user)
    now = User.objects.filter(pk=user.pk).values_list("is_active", "is_staff").first()
    user.is_active, user.is_staff = now or (False, False)


def require_still(user: User) -> None:
    """Raise Denied where a right that a write was begun by was taken away since: while it waited for a lock.

    Asked as the last thing of a write, when it holds every lock that it needs.
    """
    asked, staff = dict(_asked(user)), user.is_staff
    _read_anew(user)
    held = dict(Membership.objects.filter(user=user.pk, product__in=asked).values_list("product_id", "role"))
    for product, before in asked.items():
        if before is not None and held.get(product, ADMIN if user.is_staff else None) != before:
            raise Denied("", "your role changed while this waited, so nothing was done; read the page again")
    if (staff and not user.is_staff) or not (user.is_active or user.pk is None):
        raise Denied("", "your account changed while this waited, so nothing was done; sign in again")


def operator() -> User:
    """Whoever runs a command on the server: reads all as an administrator, and is a member of nothing."""
    user = User(username="operator", is_staff=True)
    vars(user)["all_roles"] = {}
    return user


def directory() -> User:
    """Whoever the company's provider of sign-in vouches for: makes accounts and memberships as it tells."""
    return User(username="single sign-on")  # which nobody is called, for its blank


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
    """Raise Hidden for somebody who may not know of the product, Denied for one who may not do this.

    Inside a transaction as things are now: account and role are read anew, so that a write is judged by what holds in
    it. What waits for a lock after this asks `require_still`.
    """
    if transaction.get_connection().in_atomic_block:
        _read_anew(user)
    _require(user, action, product, **facts)


def _require(user: User, action: str, product: Product | None = None, **facts: Any) -> None:
    if product is not None:
        remember(user, product, role(user, product))
    if may(user, action, product, **facts):
        return
    if product is not None and role(user, product) is None:
        raise Hidden
    require_admitted(user, action)
    if product is not None and closed(action, product):
        raise Denied(action, _archived(product))
    raise Denied(action, _anywhere(action) if product is None else _for_whom(action, role(user, product)))


def require_admitted(user: User, action: str) -> None:
    """Raise Denied where the person came with a token that does not admit the action."""
    token = token_of(user)
    if token is None or admitted(user, action):
        return
    if action == "me.token_create":
        raise Denied(action, "no token makes another one; sign in with name and password")
    raise Denied(action, f"this token is for {token.get_scope_display()} only; make one that may do more under Tokens")


def _anywhere(action: str) -> str:
    """Who may do what is of no product, by their role in any; "" where it hangs on more than the role."""
    rights = ANYWHERE.get(action, frozenset())
    able = [f"{name} of any product" if one != ADMIN else name for one, name in NAMES.items() if one in rights]
    return f"you have no role that allows this; {' or '.join(able)} may" if able else ""


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
        _require(user, action)
    else:
        require_somewhere(user, action)
