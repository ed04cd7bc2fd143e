"""The Celery app: `celery -A kpiplatform.celery worker -Q scan,quick --pool solo`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")

app = Celery("kpiplatform")
app.set_default()  # in every thread, not only in the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def logging_is_as_set(**_: Any) -> None:
    """Celery leaves levels and handlers alone where somebody answers this."""


@worker_process_init.connect
def one_arrow_thread(**_: Any) -> None:
    """Each worker is one of several on the machine, so Arrow gets one thread in each."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
