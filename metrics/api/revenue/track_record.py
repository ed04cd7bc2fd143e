"""How past projections turned out."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from rest_framework.request import Request

from metrics.api.protocol.answers import Answer, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue.track_record import track_record


class ScoreOutput(TypedDict):
    """A month that was projected so many months before, with its 80 % band, and what came."""

    month: str
    horizon: int
    projected: NumberOutput
    actual: float


class InsideOutput(TypedDict):
    """How many of the months lay inside the band of this level.

    independent: those of them that share no surprise. p: how likely a number of these inside as far off is where the
    band is right (Kupiec's ratio, its exact p-value).
    """

    level: float
    inside: int
    of: int
    independent: int
    p: float


class AheadOutput(TypedDict):
    """The bias of the projections made so many months before, and how many months it is of."""

    horizon: int
    scores: int
    bias: NumberOutput


class CorrectionOutput(TypedDict):
    factor: float
    scores: int
    p: float


class TrackRecordOutput(TypedDict):
    """bias: mean of projected over actual, less 1, over every month and horizon; horizons: the same for each alone.

    independent_scores: scores that share no surprise; p: how likely their bias is where there is none. mase: error over
    that of the month a year before.
    """

    scores: list[ScoreOutput]
    bias: NumberOutput
    horizons: NotRequired[list[AheadOutput]]
    p: NotRequired[float | None]
    independent_scores: NotRequired[int]
    mase: NotRequired[NumberOutput]
    inside: NotRequired[list[InsideOutput]]
    correction: CorrectionOutput | None


class PastProjections(View):
    """One score a month and horizon of the mapping in force, and the correction where a bias is proven."""

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[TrackRecordOutput]:
        found = track_record(Known(self.product))
        if found is None:
            return Answer({"scores": [], "bias": number(Unknown("no projection is set up")), "correction": None})
        record, correction = found.record, found.correction
        return Answer(
            {
                "scores": [
                    {
                        "month": past.month,
                        "horizon": past.horizon,
                        "projected": number(past.projected, 0.8),
                        "actual": past.actual,
                    }
                    for past in record.scores
                ],
                "bias": number(record.bias),
                "horizons": [
                    {"horizon": one.horizon, "scores": one.scores, "bias": number(one.bias)} for one in record.ahead
                ],
                "p": record.p,
                "independent_scores": record.apart,
                "mase": number(record.mase),
                "inside": [
                    {
                        "level": level,
                        "inside": counted.inside,
                        "of": counted.of,
                        "independent": counted.apart,
                        "p": counted.test.p,
                    }
                    for level, counted in record.inside.items()
                ],
                "correction": {"factor": correction.factor, "scores": correction.scores, "p": correction.p}
                if correction
                else None,
            }
        )
