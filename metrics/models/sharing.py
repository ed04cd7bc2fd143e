"""Links by which somebody without an account reads one thing: who made each, how long it holds, who opened it."""

from django.db import models

from metrics.models.pack import Pack
from metrics.models.product import Product, User
from metrics.models.row import Row


class Share(Row):
    """A link to one page, read only. Its secret is kept as a hash alone, as is its pass phrase where it has one.

    It shows what its maker may see when it is opened; who may not see the thing any more shares nothing of it.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "the outlook, as it is when it is read"
        PORTFOLIO = "portfolio", "the portfolio, as it is when it is read"
        PACK = "pack", "an issued pack, which never changes"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="shares", help_text="empty: of several products"
    )
    pack = models.ForeignKey(Pack, models.CASCADE, null=True, blank=True, related_name="shares")
    name = models.CharField(max_length=80, help_text="whom it is for, or what")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="shares")
    hash = models.CharField(max_length=64, unique=True)
    phrase = models.CharField(max_length=128, blank=True, help_text="as passwords are kept; empty: none is asked")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="a_share_says_what_it_is_of",
                condition=models.Q(kind="portfolio", product=None, pack=None)
                | models.Q(kind="product", product__isnull=False, pack=None)
                | models.Q(kind="pack", pack__isnull=False),
            ),
            models.CheckConstraint(
                name="who_revokes_is_known", condition=models.Q(revoked_at=None) ^ models.Q(revoked_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Opening(Row):
    """One time that a link was followed, and what came of it."""

    class Came(models.TextChoices):
        READ = "read", "read"
        WRONG = "wrong", "wrong pass phrase"
        ENDED = "ended", "it had ended"
        NO_RIGHT = "no_right", "its maker may not see it any more"

    share = models.ForeignKey(Share, models.CASCADE, related_name="openings")
    came = models.CharField(max_length=8, choices=Came.choices)
    address = models.CharField(max_length=64)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["share", "-created_at"], name="openings_of_a_link")]

    def __str__(self) -> str:
        return f"{self.share}: {self.came}"
