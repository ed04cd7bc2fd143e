"""Lists by cursor: stable while rows arrive. A cursor is signed, for one address: nobody makes one up."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as Cursors
from rest_framework.utils.urls import replace_query_param


class CursorPagination(Cursors):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-created_at", "-pk")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except ValidationError as error:  # of a list that is ordered otherwise since
            raise NotFound(self.invalid_cursor_message) from error

    def encode_cursor(self, cursor: Cursor) -> str:
        name, here = self.cursor_query_param, self.base_url or ""
        (plain,) = parse_qs(urlsplit(super().encode_cursor(cursor)).query)[name]
        return replace_query_param(here, name, _signer(here).sign(plain))

    def decode_cursor(self, request: Any) -> Cursor | None:
        """Raises NotFound for a cursor that this address did not give."""
        given = request.query_params.get(self.cursor_query_param)
        if given is None:
            return None
        try:
            plain = _signer(request.build_absolute_uri()).unsign(given)
        except BadSignature as error:
            raise NotFound(self.invalid_cursor_message) from error
        asked: Any = SimpleNamespace(query_params={self.cursor_query_param: plain})
        return super().decode_cursor(asked)


def _signer(address: str) -> Signer:
    return Signer(salt=f"cursor of {urlsplit(address).path}")


class SequencePagination(CursorPagination):
    """A list that is in memory whole; its cursor is the place of the next."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        self.request, self.base_url = request, request.build_absolute_uri()
        cursor, size = self.decode_cursor(request), int(self.get_page_size(request) or self.page_size)
        place = str(cursor.position or 0) if cursor else "0"
        if not (place.isdecimal() and len(place) < 10):
            raise NotFound(self.invalid_cursor_message)
        self.start, self.size, self.count = int(place), size, len(queryset)
        return list(queryset[self.start : self.start + size])

    def get_next_link(self) -> str | None:
        return self._link(self.start + self.size) if self.start + self.size < self.count else None

    def get_previous_link(self) -> str | None:
        return self._link(max(0, self.start - self.size)) if self.start else None

    def _link(self, place: int) -> str:
        link: str = self.encode_cursor(Cursor(offset=0, reverse=False, position=place))
        return link
