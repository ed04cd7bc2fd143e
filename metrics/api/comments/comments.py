"""Comments on whatever has an address, with answers; who is mentioned by @username is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import View
from metrics.models.comment import Comment
from metrics.queries.comments import threads
from metrics.queries.comments.subjects import subject
from metrics.queries.comments.threads import State, Thread
from metrics.services.delivery import comments as services
from metrics.services.writing.refusal import invalid

STATES: tuple[State, ...] = ("open", "resolved", "all")
THING = "such as kpi/<product>/<key> or mapping/<product>/<id>/<number>; of a run, decision, receipt or product too"


class CommentInput(serializers.Serializer[Any]):
    """answers: the id of a comment in whose thread it is an answer."""

    thing = serializers.CharField(max_length=240, help_text=THING)
    text = serializers.CharField(max_length=2000, allow_blank=True)
    answers = serializers.CharField(max_length=12, required=False, allow_null=True)


class WordsInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=2000, allow_blank=True)


class CommentOutput(TypedDict):
    """text: null of one that was withdrawn. mentioned: usernames of those who were told."""

    id: str
    thing: str
    answers: str | None
    by: str
    at: datetime
    text: str | None
    mentioned: list[str]
    edited_at: datetime | None
    withdrawn_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None


class ThreadOutput(TypedDict):
    """about: what the thing is called. open: whether it is not resolved."""

    about: str
    open: bool
    first: CommentOutput
    answers: list[CommentOutput]


def show(row: Comment) -> CommentOutput:
    there = row.withdrawn_at is None
    return {
        "id": row.pk,
        "thing": row.thing,
        "answers": row.answers_id,
        "by": row.user.username,
        "at": row.created_at,
        "text": row.text if there else None,
        "mentioned": [user.username for user in row.mentioned.all()] if there else [],
        "edited_at": row.edited_at,
        "withdrawn_at": row.withdrawn_at,
        "resolved_at": row.resolved_at,
        "resolved_by": row.resolved_by.username if row.resolved_by else None,
    }


def show_thread(one: Thread) -> ThreadOutput:
    return {
        "about": one.of.called,
        "open": one.open,
        "first": show(one.first),
        "answers": [show(row) for row in one.answers],
    }


class Comments(View):
    """Threads, of one thing the oldest first, of all of a product the newest first; or say something."""

    actions = {"GET": "comment.read", "POST": "comment.create"}

    @extend_schema(
        parameters=[
            OpenApiParameter("thing", OpenApiTypes.STR, description=THING),
            OpenApiParameter("state", OpenApiTypes.STR, description="open, resolved or all; all without it"),
        ]
    )
    def get(self, request: Request, slug: str) -> Answer[Page[ThreadOutput]]:
        asked, thing = request.query_params.get("state", "all"), request.query_params.get("thing", "")
        state = next((one for one in STATES if one == asked), None)
        if state is None:
            raise invalid("state", "is none of these", code="unknown", remedy=f"one of {', '.join(STATES)}")
        if thing:
            of = subject(self.user, self.product, thing)
            return self.listed(threads.of(self.product, of.thing, state=state), show_thread)
        rows = threads.of_product(self.user, self.product, state)
        return self.listed(threads.shown(self.user, self.product, rows), show_thread)

    @extend_schema(request=CommentInput)
    def post(self, request: Request, slug: str) -> Created[CommentOutput]:
        access.require(self.user, "comment.create", self.product)
        given = self.read(CommentInput)
        answers = given.pop("answers", None)
        first = threads.comment(self.user, self.product, answers)[0] if answers else None
        return Created(show(services.say(self.user, self.product, answers=first, **given)))


class OneComment(View):
    """Read one; change its words within 15 minutes; withdraw it."""

    actions = {"GET": "comment.read", "PATCH": "comment.edit", "DELETE": "comment.delete"}

    @extend_schema(operation_id="products_comment_retrieve")
    def get(self, request: Request, slug: str, pk: str) -> Answer[CommentOutput]:
        return Answer(show(threads.comment(self.user, self.product, pk)[0]))

    @extend_schema(request=WordsInput)
    def patch(self, request: Request, slug: str, pk: str) -> Answer[CommentOutput]:
        row, _ = threads.comment(self.user, self.product, pk)
        access.require(self.user, "comment.edit", self.product, own=row.user_id == self.user.pk)
        return Answer(show(services.edit(self.user, row, **self.read(WordsInput))))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.withdraw(self.user, threads.comment(self.user, self.product, pk)[0])
        return Gone()


class Settling(View):
    """Say of a thread that nothing is left to do about it, or that something is."""

    actions = {"POST": "comment.resolve"}
    acts: ClassVar[dict[str, Callable[..., Comment]]] = {"resolve": services.resolve, "reopen": services.reopen}
    by_state = frozenset({"POST"})
    act = "resolve"

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Answer[CommentOutput]:
        row, _ = threads.comment(self.user, self.product, pk)
        return Answer(show(self.acts[self.act](self.user, row)))
