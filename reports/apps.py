"""What each person sees, as a Django app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Pages, charts and what can be carried away; the work that needs them is known to the workers."""

    name = "reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from metrics import cards, jobs
        from reports import tasks

        jobs.ABOVE.update(tasks.DO)
        cards.ABOVE.update(tasks.CARDS)
