"""Tables, one file a room. Import from the room; this list is only how Django finds them."""

from metrics.models import evaluation, kpi, product, revenue, work  # noqa: F401
