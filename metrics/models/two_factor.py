"""Two-factor authentication: the app that shows a person's codes, and codes for the day when it is lost."""

from django.db import models

from metrics.models.product import User
from metrics.models.row import Row


class TwoFactor(Row):
    """An app of a person that shows another code every half minute, made from a secret that it shares with us.

    It is in force from the first code on that the person gave. What is kept of the secret is sealed by SECRET_KEY.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="two_factor")
    secret = models.CharField(max_length=200, help_text="sealed: the database alone makes no code")
    last_step = models.BigIntegerField(help_text="half minute of the newest code taken: it and all before are used")

    def __str__(self) -> str:
        return f"the app of {self.user}"


class RecoveryCode(Row):
    """A code that opens once, without the app: shown when it was made, and kept as a fingerprint."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "hash"], name="one_recovery_code_a_person")]

    def __str__(self) -> str:
        return f"a recovery code of {self.user}"
