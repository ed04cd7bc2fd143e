"""Probes: is the process alive, and can it serve and compute.

Liveness of the work loop is the age of the oldest due work, not a ping to a worker: a worker that answers pings
and does no work is not alive.
"""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from metrics import jobs
from reports.views.page import open_to_all


@open_to_all(get="health.live")
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"live": True})


@open_to_all(get="health.live")
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 with the age of the oldest due work in seconds; 503 when the database is away.

    Late work is reported and does not make a web process unready: taking it out of service would not help. What is
    being computed is not late, however long it takes.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        age = max(jobs.oldest_due(now=jobs.clock()).values())
    except Error:
        return JsonResponse({"ready": False, "database": "away"}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"ready": True, "oldest_due_seconds": age.total_seconds(), "work_late": age > jobs.LATE})
