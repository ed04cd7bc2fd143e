"""Comments: what members say of a thing that has an address, and what became of each."""

from django.db import models
from django.db.models import Q

from metrics.models.product import Product, User
from metrics.models.row import Row


class Comment(Row):
    """What somebody says of a thing; it signs nothing and stops nothing.

    `thing` is what it is of ("mapping/…", as `metrics.things` writes it). An answer belongs to the first of its thread,
    which alone is resolved.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="comments")
    thing = models.CharField(max_length=240)
    answers = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="answered")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(max_length=2000)
    mentioned = models.ManyToManyField(User, blank=True, related_name="+", help_text="those who are told")
    edited_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(name="an_answer_is_not_resolved", condition=Q(answers=None) | Q(resolved_at=None)),
        ]
        indexes = [
            models.Index(fields=["product", "thing"], name="comments_of_a_thing"),  # the card on its page
            models.Index(fields=["product", "-created_at"], condition=Q(answers=None), name="threads_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.thing}"


class CommentAct(Row):
    """What was done with a comment after it was written, by whom and when; its words before, where these changed."""

    class Act(models.TextChoices):
        EDITED = "edited", "edited"
        WITHDRAWN = "withdrawn", "withdrawn"
        RESOLVED = "resolved", "resolved"
        REOPENED = "reopened", "reopened"

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="acts")
    act = models.CharField(max_length=9, choices=Act.choices)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    before = models.CharField(max_length=2000, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.comment} {self.act}"
