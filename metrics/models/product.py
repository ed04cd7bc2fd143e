"""People and products: who there is, and who is what where."""

from datetime import date, datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.utils import timezone

from metrics.core.calendar import MOST_MONTHS, day_of, places
from metrics.models.row import Row


class Role(models.TextChoices):
    DATA_SCIENTIST = "data_scientist", "data scientist"
    PROJECT_MANAGER = "project_manager", "manager"
    EXECUTIVE = "executive", "executive"


PERSON = "person "  # begins the mark of a person
THEMES = [("", "as the system"), ("light", "light"), ("dark", "dark")]


class User(AbstractUser):
    """A person. An administrator is a person with is_staff; every other right comes from memberships."""

    theme = models.CharField(max_length=5, blank=True, choices=THEMES)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="when who they were was erased")
    administers_by = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="the group that makes an administrator; empty: a person did",
    )

    def __str__(self) -> str:
        if self.removed_at is not None:
            return f"a removed person ({self.pk})"
        return self.get_full_name() or self.username

    @property
    def mark(self) -> str:
        """What stands for them in what is never changed, such as the audit, and tells no name: “person 12”.

        Whoever runs a command is no person of the platform, and is called as they are.
        """
        return self.username if self.pk is None else f"{PERSON}{self.pk}"

    @property
    def answered(self) -> bool:
        """Whether the person came in, or chose a password to come in with; else they are invited at most."""
        return self.last_login is not None or self.has_usable_password()

    def clean(self) -> None:
        """Raises ValidationError where nobody would be left who administers; of two at once the later one waits."""
        super().clean()
        administrators = User.objects.filter(is_staff=True, is_active=True)
        if (self.is_staff and self.is_active) or self.pk is None or not administrators.filter(pk=self.pk).exists():
            return
        with transaction.atomic():
            held = list(administrators.select_for_update().order_by("pk").values_list("pk", flat=True))
        if held == [self.pk]:
            raise ValidationError("this is the last administrator; make another one first")


def known_time_zone(value: str) -> None:
    if value not in places():
        raise ValidationError(f"“{value}” is no time zone; give one such as Europe/Lisbon or UTC")


currency_code = RegexValidator(r"^[A-Z]{3}$", "a currency has three capital letters, such as EUR")
key_name = RegexValidator(
    r"^[a-z][a-z0-9_]{0,59}$", "a key starts with a small letter and has small letters, digits and _ only, at most 60"
)


class Group(Row):
    """A business unit: a name under which products stand together in the portfolio, with a subtotal."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(Row):
    """A business use case: members, a currency, and everything below. Its seed of draws is fixed when it is made.

    Its days and months are those of its time zone, which is fixed once anything is kept that they cut.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    sentence = models.CharField(max_length=240, blank=True, help_text="what it does, in one sentence")
    currency = models.CharField(max_length=3, validators=[currency_code])
    time_zone = models.CharField(max_length=60, default="UTC", validators=[known_time_zone])
    fiscal_year_start = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)], help_text="month, 1 to 12"
    )
    case_noun = models.CharField(
        max_length=30, default="case", validators=[key_name], help_text="what one row is: booking"
    )
    seed = models.BigIntegerField(editable=False)
    gates = models.JSONField(
        blank=True, default=list, help_text="checks of evidence that grade a KPI D when they fail, such as drift"
    )
    direct_promotion = models.BooleanField(
        default=True, help_text="a manager may name a champion at once, without a decision that others sign"
    )
    keep_rows_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MONTHS)],
        help_text="rows of runs that were logged before so many months are removed; empty: all are kept",
    )
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="products")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def day(self, moment: datetime) -> date:
        """The day that a moment lies in where the product is."""
        return day_of(moment, self.time_zone)

    def today(self) -> date:
        """The day that it is where the product is."""
        return self.day(timezone.now())


class Membership(Row):
    product = models.ForeignKey(Product, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    from_group = models.CharField(
        max_length=200, blank=True, help_text="the group of single sign-on that it comes from; empty: a person gave it"
    )

    class Meta:
        ordering = ["user__username"]
        constraints = [models.UniqueConstraint(fields=["product", "user"], name="one_role_a_product")]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.product}"


class GroupRole(Row):
    """What being in a group gives, as the provider of sign-in names groups: a role in a product; without one, that of
    an administrator."""

    group = models.CharField(max_length=200)
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)

    class Meta:
        ordering = ["group", "product__name"]
        constraints = [
            models.UniqueConstraint(fields=["group", "product"], name="one_role_a_group_and_product"),
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(product=None), name="one_administration_a_group"
            ),
            models.CheckConstraint(
                name="role_with_product",
                condition=models.Q(product=None, role="") | (models.Q(product__isnull=False) & ~models.Q(role="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.what}"

    @property
    def what(self) -> str:
        return f"{self.get_role_display()} of {self.product}" if self.product else "administrator"


class Token(Row):
    """A key to the API: stored hashed, shown once, expiring, revocable. It opens no more than its scope says."""

    class Scope(models.TextChoices):
        ALL = "all", "all that you may do"
        LOG = "log", "reading, and logging runs"
        READ = "read", "reading"
        TABLES = "tables", "tables and calendar, for sheets"

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=6, choices=Scope.choices, default=Scope.ALL)
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="+", help_text="the only one that it opens"
    )
    hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SavedView(Row):
    """A table as somebody filtered and sorted it, under a name: the query of its address."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True)
    default = models.BooleanField(default=False, help_text="the table opens with it")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "product", "name"], name="one_view_a_name"),
            models.UniqueConstraint(
                fields=["user", "product"], condition=models.Q(default=True), name="one_default_view"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Reading(Row):
    """How a person reads totals, wherever they sign in: the period and what it is held against, as addresses name them;
    and when they looked at the portfolio.

    looked_at: last. before_at: the end of the visit before this one; what is new to them came since.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="reading")
    period = models.CharField(max_length=80, blank=True)
    against = models.CharField(max_length=20, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    before_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"how {self.user} reads"


class IdempotencyKey(Row):
    """What was answered to a keyed post, so that the same post again is answered alike and done once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "endpoint", "key"], name="one_answer_a_key")]


class Guess(Row):
    """A password, pass phrase or code that was tried and not found right, or a reset asked for; a sweep forgets it."""

    class Door(models.TextChoices):
        PASSWORD = "password", "a password"
        RESET = "reset", "a reset"
        PHRASE = "phrase", "the pass phrase of a link"
        CODE = "code", "a code after the password"

    door = models.CharField(max_length=8, choices=Door.choices)
    name = models.CharField(max_length=64, help_text="sha256 of what was typed: at times it is the password")
    address = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="guesses_lately")]  # each guess counts those of a minute


class AuditEntry(Row):
    """Who did what to which thing. Append-only: the database itself refuses to change or delete one. Ids are text.

    People stand in it by their marks, never by their names, so that these can be erased.
    """

    actor = models.CharField(max_length=150)
    product = models.CharField(max_length=60, blank=True, help_text="its slug")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    detail = models.JSONField(blank=True, default=dict)
    seal = models.CharField(max_length=64, blank=True, help_text="of the platform, by its secret key: it wrote this")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # the page of a product's audit, and that of all
            models.Index(fields=["product", "-created_at"], name="audit_of_a_product"),
            models.Index(fields=["-created_at"], name="audit_of_all"),
            # whether a product moved, asked of each of a portfolio: nearly all entries are of new runs
            models.Index(
                fields=["product", "created_at"], condition=~models.Q(action="run.create"), name="audit_but_new_runs"
            ),
        ]


class AuditLink(models.Model):
    """The place of an entry in the chain of the audit; as append-only as that. No entry is ever touched for it."""

    number = models.PositiveBigIntegerField(primary_key=True, help_text="from 1, without a gap")
    entry = models.CharField(max_length=12, unique=True, help_text="the entry's id")
    previous = models.CharField(max_length=64, blank=True, help_text="digest of the link before; empty for the first")
    digest = models.CharField(max_length=64, help_text="sha256 of number, previous and all that the entry says")
    objects: ClassVar[models.Manager["AuditLink"]] = models.Manager()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
