"""The web application for a WSGI server (granian)."""

import os
import sys
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")

# Threads take turns this often, in seconds. With the default of 0.005 each of a page's queries, once it was answered,
# waits that long for every other thread that computes: a logged run, which computes little, takes many times as long.
sys.setswitchinterval(0.0005)


def keep_plans(connection: Any, **_: Any) -> None:
    """Let PostgreSQL plan a statement of a page once, where a plan without its values is as good.

    Making plans is half of its time for a page. Connections of the web live for a minute, and so do these plans; a
    worker's, which lives for days, would keep those of tables that were small once.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = auto")


connection_created.connect(keep_plans)
application = get_wsgi_application()
