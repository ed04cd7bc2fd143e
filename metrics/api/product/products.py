"""Products, members, tokens, me."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import View
from metrics.models.product import Membership, Product, Token, User
from metrics.queries.evaluation import catalogue
from metrics.services.product import products as services
from metrics.services.product.guesses import WINDOW, Guesses, address


class TokenInput(serializers.Serializer[Any]):
    username = serializers.CharField(required=False)
    password = serializers.CharField(required=False, trim_whitespace=False)
    name = serializers.CharField(max_length=80, default="command line")
    days = serializers.IntegerField(default=90)


class ProductInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    currency = serializers.CharField(max_length=3)
    sentence = serializers.CharField(max_length=240, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=60, required=False)
    fiscal_year_start = serializers.IntegerField(min_value=1, max_value=12, required=False)
    case_noun = serializers.CharField(max_length=30, required=False)


class ProductChanges(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    sentence = serializers.CharField(max_length=240, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=60, required=False)
    fiscal_year_start = serializers.IntegerField(min_value=1, max_value=12, required=False)
    case_noun = serializers.CharField(max_length=30, required=False)
    gates = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)


class MemberInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    role = serializers.CharField(max_length=20)


class RoleInput(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=20)


def show_product(product: Product, user: User) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "name": product.name,
        "sentence": product.sentence,
        "currency": product.currency,
        "time_zone": product.time_zone,
        "fiscal_year_start": product.fiscal_year_start,
        "case_noun": product.case_noun,
        "gates": product.gates,
        "role": access.role(user, product),
        "created_at": product.created_at,
    }


def show_member(member: Membership) -> dict[str, Any]:
    return {"id": member.pk, "username": member.user.username, "role": member.role, "since": member.created_at}


def show_token(token: Token) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "created_at": token.created_at,
    }


def signed_in(request: Request, given: dict[str, Any]) -> User:
    """The person of a name and a password. Raises Throttled for who guesses."""
    name, password = given.get("username", ""), given.get("password", "")
    guesses = Guesses(name, address(request._request))
    if guesses.too_many():
        raise Throttled(WINDOW)
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        guesses.wrong()
        raise AuthenticationFailed("The name or the password is wrong.")
    return user


class Tokens(View):
    """Make a token with a name and a password, or, signed in, for oneself; list one's own."""

    actions = {"GET": "me.read", "POST": "me.token_create"}

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return self.listed(
            Token.objects.filter(user=self.user, revoked_at=None, expires_at__gt=timezone.now()), show_token
        )

    @extend_schema(request=TokenInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        given = self.read(TokenInput)
        user = self.user if request.user.is_authenticated else signed_in(request, given)
        token, secret = services.create_token(user, name=given["name"], days=given["days"])
        return Response(show_token(token) | {"token": secret, "username": user.username}, status=201)


class OneToken(View):
    actions = {"DELETE": "me.token_revoke"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        token = Token.objects.filter(pk=pk, user=self.user).first()
        if token is None:
            raise access.Hidden
        services.revoke_token(self.user, token)
        return Response(status=204)


class Me(View):
    actions = {"GET": "me.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        held = Membership.objects.filter(user=self.user).select_related("product")
        roles = [{"product": row.product.slug, "role": row.role} for row in held]
        return Response({"username": self.user.username, "administrator": self.user.is_staff, "roles": roles})


class Products(View):
    actions = {"GET": "product.list", "POST": "product.create"}

    @extend_schema(operation_id="products_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return self.listed(catalogue.products(self.user), lambda row: show_product(row, self.user))

    @extend_schema(request=ProductInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        product = services.create_product(self.user, **self.read(ProductInput))
        return Response(show_product(product, self.user), status=201)


class OneProduct(View):
    actions = {"GET": "product.read", "PATCH": "product.update_settings"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return Response(show_product(self.product, self.user))

    @extend_schema(request=ProductChanges, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, slug: str) -> Response:
        changed = services.update_product(self.user, self.product, **self.read(ProductChanges, partial=True))
        return Response(show_product(changed, self.user))


class Members(View):
    actions = {"GET": "member.list", "POST": "member.add"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.members(self.product), show_member)

    @extend_schema(request=MemberInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        member = services.add_member(self.user, self.product, **self.read(MemberInput))
        return Response(show_member(member), status=201)


class OneMember(View):
    actions = {"PATCH": "member.change_role", "DELETE": "member.remove"}

    def found(self, pk: str) -> Membership:
        member = catalogue.members(self.product).filter(pk=pk).first()
        if member is None:
            raise access.Hidden
        return member

    @extend_schema(request=RoleInput, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, slug: str, pk: str) -> Response:
        return Response(show_member(services.change_role(self.user, self.found(pk), **self.read(RoleInput))))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: str) -> Response:
        services.remove_member(self.user, self.found(pk))
        return Response(status=204)
