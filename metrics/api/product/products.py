"""Products, members, tokens, me."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from django.conf import settings
from django.contrib.auth import authenticate
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from metrics import access
from metrics.api.product.gates import GateField, GateKey
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import View
from metrics.core.calendar import MOST_MONTHS
from metrics.models.product import Membership, Product, Role, Token, User
from metrics.queries.evaluation import catalogue
from metrics.queries.product import own
from metrics.services.product import products as services
from metrics.services.product import tokens, two_factor
from metrics.services.product.guesses import WINDOW, Guesses, address
from metrics.services.writing.refusal import invalid

ARCHIVED = OpenApiParameter("archived", bool, description="true: the archived products alone; else those at work")


class TokenInput(serializers.Serializer[Any]):
    username = serializers.CharField(required=False)
    password = serializers.CharField(required=False, trim_whitespace=False)
    code = serializers.CharField(required=False, max_length=40, help_text="of the app, or a recovery code, where asked")
    name = serializers.CharField(max_length=80, default="command line")
    days = serializers.IntegerField(default=90)
    scope = serializers.ChoiceField(Token.Scope.choices, default=Token.Scope.ALL)
    product = serializers.CharField(max_length=60, required=False)


class ProductInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    currency = serializers.CharField(max_length=20)
    sentence = serializers.CharField(max_length=240, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=60, required=False)
    fiscal_year_start = serializers.IntegerField(min_value=1, max_value=12, required=False)
    case_noun = serializers.CharField(max_length=30, required=False)


class ProductChanges(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    sentence = serializers.CharField(max_length=240, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=60, required=False)
    fiscal_year_start = serializers.IntegerField(min_value=1, max_value=12, required=False)
    group = serializers.CharField(max_length=80, required=False, allow_blank=True)
    case_noun = serializers.CharField(max_length=30, required=False)
    gates = serializers.ListField(child=GateField(), max_length=20, required=False)
    direct_promotion = serializers.BooleanField(required=False)
    keep_rows_months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, required=False, allow_null=True)


class MemberInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    role = serializers.CharField(max_length=20)


class RoleInput(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=20)


class ProductOutput(TypedDict):
    """role: one's own in the product; "admin" for an administrator who is no member. archived_at: since when it is read
    only and in no list; null while it is at work. keep_rows_months: for how long rows of runs are kept; null: all are.
    """

    slug: str
    name: str
    sentence: str
    currency: str
    time_zone: str
    fiscal_year_start: int
    case_noun: str
    gates: list[GateKey]
    direct_promotion: bool
    keep_rows_months: int | None
    group: str
    role: Annotated[str, Role] | Literal["admin"] | None
    created_at: datetime
    archived_at: datetime | None


class MemberOutput(TypedDict):
    """invited: whether the person has not chosen a password yet, by the link that was mailed to them."""

    id: str
    username: str
    role: Annotated[str, Role]
    since: datetime
    invited: bool


class TokenOutput(TypedDict):
    """scope: what it may do of what its owner may. product: the slug of the only one that it opens; null: all."""

    id: str
    name: str
    scope: Annotated[str, Token.Scope]
    product: str | None
    expires_at: datetime
    last_used_at: datetime | None
    created_at: datetime


class NewToken(TokenOutput):
    """A token with its secret, which is told this once."""

    token: str
    username: str


class RoleOutput(TypedDict):
    product: str
    role: Annotated[str, Role]


class MeOutput(TypedDict):
    username: str
    administrator: bool
    roles: list[RoleOutput]


def show_product(product: Product, user: User) -> ProductOutput:
    return {
        "slug": product.slug,
        "name": product.name,
        "sentence": product.sentence,
        "currency": product.currency,
        "time_zone": product.time_zone,
        "fiscal_year_start": product.fiscal_year_start,
        "case_noun": product.case_noun,
        "gates": product.gates,
        "direct_promotion": product.direct_promotion,
        "keep_rows_months": product.keep_rows_months,
        "group": product.group.name if product.group_id and product.group else "",
        "role": access.role(user, product),
        "created_at": product.created_at,
        "archived_at": product.archived_at,
    }


def show_member(member: Membership) -> MemberOutput:
    return {
        "id": member.pk,
        "username": member.user.username,
        "role": member.role,
        "since": member.created_at,
        "invited": not member.user.answered,
    }


def show_token(token: Token) -> TokenOutput:
    return {
        "id": token.pk,
        "name": token.name,
        "scope": token.scope,
        "product": token.product.slug if token.product else None,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "created_at": token.created_at,
    }


def signed_in(request: Request, given: dict[str, Any]) -> User:
    """The person of a name and a password, with a code where codes are asked of them.

    Raises Throttled for who guesses too often, Invalid where the code is missing or wrong.
    """
    if not settings.PASSWORD_SIGN_IN:
        why = f"passwords open nothing here: sign in to the pages with {settings.OIDC_NAME}, and make a token there"
        raise access.Denied("me.token_create", why)
    name, password = given.get("username", ""), given.get("password", "")
    guesses = Guesses(name, address(request._request))
    if not guesses.counted():
        raise Throttled(WINDOW)
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        raise AuthenticationFailed("The name or the password is wrong.")
    guesses.right()
    if two_factor.on(user):
        _proved(request, user, given.get("code", ""))
    elif two_factor.required(user):
        why = "administrators set up two-factor authentication first: sign in to the pages, which lead to it"
        raise access.Denied("me.token_create", why)
    return user


def _proved(request: Request, user: User, code: str) -> None:
    if not code:
        remedy = "give the code that your authenticator app shows, or a recovery code"
        raise invalid("code", "a code is asked for after the password", code="needed", remedy=remedy)
    try:
        right = two_factor.proved(user, code, address(request._request))
    except two_factor.TooMany as often:
        raise Throttled(often.wait) from often
    if not right:
        raise invalid(
            "code", "the code is not right, or was used already", code="wrong", remedy="wait for the next one"
        )


class Tokens(View):
    """Make a token with a name and a password, and a code where one is asked for, or, signed in, for oneself; list
    one's own."""

    actions = {"GET": "me.read", "POST": "me.token_create"}

    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get(self, request: Request) -> Answer[Page[TokenOutput]]:
        return self.listed(own.tokens(self.user), show_token)

    @extend_schema(request=TokenInput)
    def post(self, request: Request) -> Created[NewToken]:
        given = self.read(TokenInput)
        user = self.user if request.user.is_authenticated else signed_in(request, given)
        of = catalogue.products(user).filter(slug=given["product"]).first() if "product" in given else None
        if of is None and "product" in given:
            raise invalid("product", "you have no product of this slug", remedy="give one of `kpi product list`")
        token, secret = tokens.create_token(
            user, name=given["name"], days=given["days"], scope=given["scope"], product=of
        )
        return Created({**show_token(token), "token": secret, "username": user.username})


class OneToken(View):
    actions = {"DELETE": "me.token_revoke"}

    def delete(self, request: Request, pk: str) -> Gone:
        tokens.revoke_token(self.user, own.any_token(self.user, pk))
        return Gone()


class Me(View):
    actions = {"GET": "me.read"}

    def get(self, request: Request) -> Answer[MeOutput]:
        rows = own.memberships(self.user)
        roles: list[RoleOutput] = [{"product": row.product.slug, "role": row.role} for row in rows]
        return Answer({"username": self.user.username, "administrator": self.user.is_staff, "roles": roles})


class Products(View):
    actions = {"GET": "product.list", "POST": "product.create"}

    @extend_schema(operation_id="products_list", parameters=[ARCHIVED])
    def get(self, request: Request) -> Answer[Page[ProductOutput]]:
        rows = catalogue.archived if request.query_params.get("archived") == "true" else catalogue.products
        return self.listed(rows(self.user).select_related("group"), lambda row: show_product(row, self.user))

    @extend_schema(request=ProductInput)
    def post(self, request: Request) -> Created[ProductOutput]:
        product = services.create_product(self.user, **self.read(ProductInput))
        return Created(show_product(product, self.user))


class OneProduct(View):
    actions = {"GET": "product.read", "PATCH": "product.update_settings"}

    def get(self, request: Request, slug: str) -> Answer[ProductOutput]:
        return Answer(show_product(self.product, self.user))

    @extend_schema(request=ProductChanges)
    def patch(self, request: Request, slug: str) -> Answer[ProductOutput]:
        changed = services.update_product(self.user, self.product, **self.read(ProductChanges, partial=True))
        return Answer(show_product(changed, self.user))


class Archive(View):
    """Take a product out of work: read only, in no list, total, notice or import."""

    actions = {"POST": "product.archive"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str) -> Answer[ProductOutput]:
        return Answer(show_product(services.archive(self.user, self.product), self.user))


class Restoration(View):
    """Bring an archived product back."""

    actions = {"POST": "product.archive"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str) -> Answer[ProductOutput]:
        return Answer(show_product(services.restore(self.user, self.product), self.user))


class Members(View):
    actions = {"GET": "member.list", "POST": "member.add"}

    def get(self, request: Request, slug: str) -> Answer[Page[MemberOutput]]:
        return self.listed(catalogue.members(self.product), show_member)

    @extend_schema(request=MemberInput)
    def post(self, request: Request, slug: str) -> Created[MemberOutput]:
        member = services.add_member(self.user, self.product, **self.read(MemberInput))
        return Created(show_member(member))


class OneMember(View):
    actions = {"PATCH": "member.change_role", "DELETE": "member.remove"}

    @extend_schema(request=RoleInput)
    def patch(self, request: Request, slug: str, pk: str) -> Answer[MemberOutput]:
        return Answer(
            show_member(services.change_role(self.user, own.member(self.product, pk), **self.read(RoleInput)))
        )

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.remove_member(self.user, own.member(self.product, pk))
        return Gone()
