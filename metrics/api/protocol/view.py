"""What every endpoint has: the action that each method is, and the product that the address names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from metrics import access, rights
from metrics.api.protocol.answers import Answer, Page
from metrics.api.protocol.idempotency import once
from metrics.api.protocol.pagination import SequencePagination
from metrics.core.kpi.months import PLACES
from metrics.core.pasted.numbers import number
from metrics.core.pasted.wrong import NotRead
from metrics.models.product import Product, User
from metrics.queries.evaluation import catalogue

Given = TypeVar("Given", bound=Answer[Any])
Shown = TypeVar("Shown")


class View(APIView):
    """`actions`: method → action of metrics.access, for each method that a view has; HEAD asks what GET asks.

    An address with a slug is there for members only. On one without, what needs a product is asked once it is known.
    idempotent: the methods that take an Idempotency-Key. by_state: those that write nothing, and are refused where the
    thing is not in the state that what is asked of it needs. What a method answers is its return type, and what it
    refuses follows from these; the OpenAPI document is made of both.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # OPTIONS describes a view to everybody
    actions: ClassVar[Mapping[str, str]]
    idempotent: ClassVar[Set[str]] = frozenset()
    by_state: ClassVar[Set[str]] = frozenset()
    product: Product

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        action = self.actions.get("GET" if request.method == "HEAD" else request.method or "")
        if action is not None and self.user.is_authenticated:
            access.require_admitted(self.user, action)
        if "slug" in kwargs:
            self.product = catalogue.product(self.user, kwargs["slug"])
            if action is not None:  # rights come before a body is judged
                access.require_role(self.user, action, self.product)
        elif action in rights.ANYWHERE and self.user.is_authenticated:
            access.require_first(self.user, action)

    @property
    def user(self) -> User:
        return cast("User", self.request.user)  # who is not signed in comes no further than `initial`

    def listed(self, rows: QuerySet[Any] | Sequence[Any], show: Callable[[Any], Shown]) -> Answer[Page[Shown]]:
        in_database = isinstance(rows, QuerySet)
        paginator = self.settings.DEFAULT_PAGINATION_CLASS() if in_database else SequencePagination()
        page = paginator.paginate_queryset(rows, self.request, view=self)
        return Answer(paginator.get_paginated_response([show(row) for row in page]).data)

    def once(self, act: Callable[[], Given]) -> Given:
        """Do `act`, or answer as the same Idempotency-Key was answered before."""
        if self.request.method not in self.idempotent:
            raise TypeError(f"{type(self).__name__} does not say that its {self.request.method} is idempotent")
        return cast("Given", once(self.request, self.user, act))

    def read(self, kind: type[serializers.Serializer[Any]], partial: bool = False) -> dict[str, Any]:
        """The body, checked; raises ValidationError naming each field, the unknown ones too."""
        body = kind(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        if isinstance(self.request.data, dict):
            unknown = set(self.request.data) - set(body.fields)
            if unknown:
                known = ", ".join(sorted(body.fields))
                raise serializers.ValidationError(
                    {name[:60]: f"is no field here; the fields are {known}" for name in sorted(unknown)[:20]}
                )
        found: dict[str, Any] = body.validated_data
        return found


class Number(serializers.FloatField):
    """A JSON number: no text, no truth value."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError("must be a number")
        return float(super().to_internal_value(data))


def written(text: str) -> Decimal:
    """A number in a text: as a program writes it, such as 12.345, else as people do, such as 20 M or 1,200.50."""
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    try:
        found = number(text)
    except NotRead as refused:
        raise serializers.ValidationError(f"{refused}. {refused.wrong[0].remedy}") from refused
    if found is None:
        raise serializers.ValidationError("must be a number")
    return found


class Exact(serializers.DecimalField):
    """A decimal number as JSON number or text, such as 12.50, or as people write one, such as 20 M."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 16 + PLACES, "decimal_places": PLACES} | kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            raise serializers.ValidationError("must be a number")
        return super().to_internal_value(written(data) if isinstance(data, str) else data)


class Month(serializers.DateField):
    """A calendar month, "2016-10"; a full date of that month is read as the month."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m", "%Y-%m-%d"], **kwargs)
