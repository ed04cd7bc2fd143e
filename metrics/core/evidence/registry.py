"""The checks of evidence, in the order in which they are shown; each says in its own file all that is its own."""

from __future__ import annotations

from metrics.core.evidence.drift import DRIFT
from metrics.core.evidence.foretold import FORETOLD
from metrics.core.evidence.intervals import INTERVALS
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.labelers import LABELERS
from metrics.core.evidence.labels import LABELS
from metrics.core.evidence.maturity import MATURITY
from metrics.core.evidence.quality import QUALITY
from metrics.core.evidence.reproducibility import REPRODUCIBILITY
from metrics.core.evidence.timeliness import TIMELINESS
from metrics.core.evidence.training import TRAINING

CHECKS: dict[str, CheckKind] = {
    kind.key: kind
    for kind in (
        QUALITY,
        LABELS,
        LABELERS,
        TRAINING,
        TIMELINESS,
        MATURITY,
        DRIFT,
        FORETOLD,
        INTERVALS,
        REPRODUCIBILITY,
    )
}
