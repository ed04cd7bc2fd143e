"""The API's page: what programs may ask, for people who write them."""

from __future__ import annotations

from django.http import HttpResponse

from reports.pages.reference.page import reference as read
from reports.views.page import PersonRequest, page, shown


@page(get="me.read")
def reference(request: PersonRequest) -> HttpResponse:
    groups, shapes = read()
    base = f"{request.scheme}://{request.get_host()}"
    return shown(request, "reference/page.html", {"groups": groups, "shapes": shapes, "base": base})
