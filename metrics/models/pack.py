"""Packs: the issued, frozen paper of a product, of a decision or of a portfolio."""

from django.db import models
from django.db.models import Q

from metrics.models.product import Product, User
from metrics.models.row import Row


class Pack(Row):
    """A pack. Its number is one of the product's, or of the portfolio of whoever issued it.

    Once issued it never changes: `digest` is that of its document in the store, `files` are those of what was written
    from it, by kind. products are those that are in it: who may read all of them may read it. A correction is a pack of
    its own, which says what it changes.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "product"
        DECISION = "decision", "decision"
        PORTFOLIO = "portfolio", "portfolio"

    class State(models.TextChoices):
        MAKING = "making", "being made"
        ISSUED = "issued", "issued"
        WITHDRAWN = "withdrawn", "withdrawn"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="packs")
    products = models.ManyToManyField(Product, blank=True, related_name="+")
    number = models.PositiveIntegerField()
    decision = models.PositiveIntegerField(null=True, blank=True, help_text="the number of the decision that it is of")
    asked = models.JSONField(blank=True, default=dict, help_text="currency and period, as it was asked for")
    comments = models.BooleanField(default=False, help_text="what was said of what stands in it goes with it")
    state = models.CharField(max_length=9, choices=State.choices, default=State.MAKING)
    step = models.CharField(max_length=60, blank=True, help_text="what is being done while it is made")
    title = models.CharField(max_length=240, blank=True)
    period = models.CharField(max_length=60, blank=True)
    known_on = models.DateField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="of the document, by which the store has it")
    files = models.JSONField(blank=True, default=dict, help_text="kind of file → its digest")
    pages = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True, blank=True)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")
    reason = models.CharField(max_length=300, blank=True, help_text="why it corrects the other")
    changed = models.JSONField(blank=True, default=list, help_text="what a correction changes, a sentence each")
    compared_at = models.DateTimeField(null=True, blank=True, help_text="when it was written again, and compared")
    differs = models.JSONField(blank=True, default=list, help_text="kinds of file that were then not the same bytes")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number"], condition=Q(product__isnull=False), name="one_pack_a_number"
            ),
            models.UniqueConstraint(
                fields=["made_by", "number"], condition=Q(product=None), name="one_portfolio_pack_a_number"
            ),
            models.CheckConstraint(
                name="an_issued_pack_is_frozen",
                condition=Q(state="making") | (Q(issued_at__isnull=False) & ~Q(digest="")),
            ),
            models.CheckConstraint(
                name="a_portfolio_is_of_no_one_product", condition=Q(kind="portfolio") ^ Q(product__isnull=False)
            ),
            models.CheckConstraint(
                name="who_withdraws_a_pack_says_why", condition=~Q(state="withdrawn") | ~Q(withdrawn_why="")
            ),
        ]

    def __str__(self) -> str:
        return f"pack {self.number}"
