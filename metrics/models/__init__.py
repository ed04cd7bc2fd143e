"""Tables, one file a room. Import from the room; this list is only how Django finds them."""

from metrics.models import (  # noqa: F401
    calibration,
    comment,
    delivery,
    evaluation,
    kpi,
    notice,
    pack,
    product,
    revenue,
    selection,
    session,
    sharing,
    two_factor,
    upload,
    work,
)
