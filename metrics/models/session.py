"""Sessions: where people are signed in. One ends, at once, by its row being deleted."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from metrics.models.product import User
from metrics.models.row import new_id


class Session(AbstractBaseSession):
    """A browser's session. `name` is what pages call it by; its key, which lets somebody in, is shown nowhere.

    last_used_at is coarse: reading pages writes nothing for some minutes.
    """

    user_id: int | None
    name = models.CharField(max_length=12, unique=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions", help_text="empty: not signed in")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True, help_text="as it names itself")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        return self.name
