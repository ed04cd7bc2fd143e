"""Pages in a real browser: signed in by role, with every complaint of the browser a failure."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import ConsoleMessage, Page, expect

from metrics.management.commands.dispatch import put_periodic

# The browser's driver runs an event loop in this thread, so Django takes the fixtures' queries for asynchronous ones.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Axe need not describe all that is in order.
VIOLATIONS = {"resultTypes": ["violations"]}
expect.set_options(timeout=20_000)  # the default, 5 s, is short beside other tests
REFUSED = "Failed to load resource: the server responded with a status of 4"


class Complaints(list[str]):
    """What the browser complained of: errors, warnings and violations of the content security policy.

    refusals: answers of 4xx were asked for; the browser notes them, and here they are none.
    """

    def __init__(self, *, refusals: bool) -> None:
        super().__init__()
        self.refusals = refusals

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (self.refusals and message.text.startswith(REFUSED)):
            self.append(f"{message.type}: {message.text}")


@pytest.fixture
def browser_page(live_server: Any, new_context: Callable[..., Any]) -> Iterator[Callable[..., Page]]:
    """Open a page as a person: `browser_page(scientist)`; nobody for None; their complaints fail the test at its end.

    theme: "light" or "dark"; width in pixels; refusals: the test provokes answers of 4xx. Addresses are relative.
    """
    from django.conf import settings
    from django.test import Client

    heard: list[Complaints] = []
    pages: list[Page] = []

    def opened(person: Any = None, *, width: int = 1360, theme: str = "light", refusals: bool = False) -> Page:
        context = new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            locale="en-GB",
            reduced_motion="reduce",  # what is still fading in has not the contrast that it will have
        )
        if person is not None:
            client = Client()
            client.force_login(person)
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page: Page = context.new_page()
        page.set_default_timeout(30_000)
        complaints = Complaints(refusals=refusals)
        heard.append(complaints)
        pages.append(page)
        page.on("console", complaints.heard)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        return page

    yield opened
    for page in pages:
        page.close()
    wait_for_requests()
    assert [list(complaints) for complaints in heard if complaints] == []


def wait_for_requests() -> None:
    """What a closed page asked for last may still be answered; the tables are not emptied under it."""
    from django.db import connection

    deadline = time.monotonic() + 10
    while connection.vendor == "postgresql" and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)


@pytest.fixture
def no_serious_fault() -> Callable[[Page], None]:
    """Fail on what axe calls serious or critical; a page must also fit its window."""

    def check(page: Page) -> None:
        found = Axe().run(page, options=VIOLATIONS).response["violations"]
        grave = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        serious = [f"{fault['id']}: {fault['nodes'][0]['html'][:160]}" for fault in grave]
        assert serious == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"{page.url} is too wide"

    return check


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch, compute: Callable[[], int]) -> Callable[[int], date]:
    """Go to so many days after today, and do what is due there; gives the date. The clock goes on from there.

    It is the clock under `timezone.now` that is moved: the defaults of model fields hold that very function.
    """

    def go(days: int) -> date:
        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) + timedelta(days=days)

        monkeypatch.setattr(timezone, "datetime", Later)
        put_periodic(now=timezone.now())
        compute()
        return timezone.localdate()

    return go
