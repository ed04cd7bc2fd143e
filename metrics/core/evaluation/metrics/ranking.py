"""Metrics of results ranked for queries: computed within each query, then averaged, every query counting the same.

A query's results stand in order of score descending; of results with one score every order is as likely, and a figure
is its expectation over them (McSherry, Najork 2008, ECIR), so that it does not depend on how ids are named. Results
that were not judged are left out of the order (condensed lists: Sakai 2007, SIGIR). A relevance above 0 is relevant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.metrics.definition import MetricDefinition, table
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.logarithm import log
from metrics.core.evaluation.statistics.pairs import hashes_of, numbered
from metrics.core.evaluation.statistics.resampling_units import by_query
from metrics.core.evaluation.statistics.scan_terms import Waiting, measured, none_of
from metrics.core.evaluation.statistics.sums import ROWS, Sums
from metrics.core.evaluation.statistics.term_sums import Placed, Terms, TermSums
from metrics.core.evaluation.statistics.weighted import NO_LABELS, evaluation
from metrics.core.late import pa
from metrics.core.rows.groups import WHOLE_COLUMN
from metrics.core.rows.labelled import Labelled, finite
from metrics.core.rows.reading import RowsError, TableRows
from metrics.core.rows.segment_names import Grouping
from metrics.core.rows.sorting import Columns, ordered

QUERIES = "queries"
_DEPTH = 10
_DISCOUNTS = log(np.full(_DEPTH, 2.0)) / log(np.arange(2.0, _DEPTH + 2))  # 1 / log₂(rank + 1)
NO_RELEVANT = "no query has a relevant result"
_JARVELIN = "Järvelin, Kekäläinen 2002, ACM Transactions on Information Systems 20:422–446, gain = relevance"
_TIES = "of equal scores the expectation over their order: McSherry, Najork 2008, ECIR"
_NDCG = f"{_JARVELIN}; ties averaged, as scikit-learn's ndcg_score"
_MANNING = f"Manning, Raghavan, Schütze 2008, Introduction to Information Retrieval, chapter 8; {_TIES}"

_TERMS = (
    ROWS,
    QUERIES,
    "ndcg_10",
    "ndcg_5",
    "map_10",
    "mrr",
    "hit_rate_10",
    "precision_10",
    "recall_10",
)

ORDER = "Order: does what is relevant stand first?"
FIRST_TEN = "The first ten results"


def _metric(*, key: str, formula: str, **words: Any) -> MetricDefinition:
    """The mean over the queries of what the scan computed within each, a term of the sums under the metric's key."""
    return MetricDefinition(
        key=key,
        direction="up",
        range=(0, 1),
        formula=f"mean over queries of {formula}",
        figure=lambda weighted: weighted.ratio(key, QUERIES),
        **words,
    )


DEFINITIONS = table(
    (
        _metric(
            key="ndcg_10",
            name="NDCG at 10",
            asks=ORDER,
            formula="Σ over the first 10 of relevance / log₂(rank + 1), divided by its largest value for the query",
            source=_NDCG,
        ),
        _metric(
            key="ndcg_5",
            name="NDCG at 5",
            asks=ORDER,
            formula="Σ over the first 5 of relevance / log₂(rank + 1), divided by its largest value for the query",
            source=_NDCG,
        ),
        _metric(
            key="map_10",
            name="Mean average precision at 10",
            asks=ORDER,
            formula=(
                "Σ over relevant results among the first 10 of relevant results so far / rank, divided by "
                "min(10, relevant)"
            ),
            source=_MANNING,
        ),
        _metric(
            key="mrr",
            name="Mean reciprocal rank",
            asks=ORDER,
            formula="1 / rank of the first relevant result",
            source=f"Voorhees 1999, TREC-8; {_TIES}",
        ),
        _metric(
            key="hit_rate_10",
            name="Hit rate at 10",
            asks=FIRST_TEN,
            formula="1 where a relevant result is among the first 10",
            source=_MANNING,
        ),
        _metric(
            key="precision_10",
            name="Precision at 10",
            asks=FIRST_TEN,
            formula="relevant results among the first 10 / 10, however few results there are",
            source=_MANNING,
        ),
        _metric(
            key="recall_10",
            name="Recall at 10",
            asks=FIRST_TEN,
            formula="relevant results among the first 10 / relevant results",
            source=_MANNING,
        ),
    )
)


def scan(table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """The sums, by query, of canonical rows: example_id, query_id, y_true with null = not judged, y_score.

    In a group only its own results are ranked. Queries without a relevant result are in no sum; the facts
    "queries_left_out" and "rows_left_out" count them. A query is resampled whole, or the cluster it lies in. Weights
    are not used. A query must not be split over tables whose sums are to add. Raises RowsError.
    """
    return scan_on(InProcess(TableRows(table)), segments=segments, time_zone=time_zone)


def scan_on(engine: Engine, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """`scan` of the rows of an engine."""
    needs = ("query_id", "y_score")
    reading = measured(engine, needs=needs, segments=segments, time_zone=time_zone, weighted=False)
    none = none_of(reading, engine.schema)
    waiting = Waiting(none)
    queries = Queries(reading.groupings, by_query(none.table).name)
    engine.ranges(reading, _ByQuery(), [waiting]).over(queries)
    queries.sums.unlabelled = waiting.unlabelled
    left_out, rows_left_out = queries.left_out
    return queries.sums.sums({"task": "ranking", "queries_left_out": left_out, "rows_left_out": rows_left_out})


class _ByQuery:
    """Results as numbers, those of one query together: query, score, relevance, bucket, place of each group."""

    apart = 0

    def run(self, block: Labelled) -> Columns:
        table = block.table
        relevance, score = finite(table, "y_true"), finite(table, "y_score")
        if not bool((relevance >= 0).all()):
            raise RowsError("column y_true holds values below 0")
        bucket = by_query(table).bucket
        return ordered((hashes_of(table, "query_id"), score + 0.0, relevance + 0.0, bucket, *block.columns.values()))


@dataclass(frozen=True, eq=False)
class _Ready:
    """What a range of queries adds."""

    terms: list[Placed]
    left_out: tuple[int, int]


class Queries:
    """A part of ranges of whole queries: what their results give, by group."""

    def __init__(self, groupings: Mapping[str, Grouping], unit: str) -> None:
        self.columns: list[str] = []
        self._columns = [WHOLE_COLUMN, *groupings]
        like = Terms(unit, np.zeros(0, dtype=np.int64), dict.fromkeys(_TERMS, np.zeros(0)))
        self.sums = TermSums(groupings, like, each=False)
        self.left_out = (0, 0)

    def prepare(self, columns: Columns) -> _Ready:
        query, score, relevance, bucket, *codes = columns
        # By relevance too, so that results of one score are added in one order.
        order = np.lexsort((relevance, -score, query))
        query = numbered(query[order])
        score, relevance, bucket = score[order], relevance[order], bucket[order]
        made, left_out = [], (0, 0)
        for column, unordered in zip(self._columns, codes, strict=True):
            code = unordered[order]
            key = query * (int(code.max(initial=0)) + 1) + code
            # A stable sort: within a query and a group the results keep their order.
            at = np.argsort(key, kind="stable")
            ranked = _Ranked.of(key[at], relevance[at], score[at])
            first, counted = at[ranked.starts], ranked.counted
            if column == WHOLE_COLUMN:
                left_out = ranked.left_out
                _refuse_split(bucket, ranked)
            terms = {name: np.asarray(term[counted], dtype=np.float64) for name, term in ranked.terms().items()}
            group = self.sums.start(column) + code[first][counted]
            made.append(Placed(Terms(self.sums.unit, bucket[first][counted], terms), [group]))
        return _Ready(made, left_out)

    def add(self, ready: _Ready) -> None:
        for terms in ready.terms:
            self.sums.add(terms)
        self.left_out = (self.left_out[0] + ready.left_out[0], self.left_out[1] + ready.left_out[1])

    def state(self) -> bytes:
        return packed(
            {"kind": "queries", "left_out": self.left_out}, [np.frombuffer(self.sums.state(), dtype=np.uint8)]
        )

    def merge_state(self, content: bytes) -> None:
        header, (sums,) = unpacked(content)
        self.sums.merge_state(sums.astype(np.uint8).tobytes())
        self.add(_Ready([], tuple(header["left_out"])))


def _none(sums: Sums) -> str:
    return NO_RELEVANT if sums.facts["queries_left_out"] else NO_LABELS


evaluate = evaluation(DEFINITIONS, none=_none)


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Results in their order, queries one after another; results of one score in one query are a tie.

    starts, lengths, relevant: (q,) of each query; relevant: how many of its results are. All others are (n,). rank:
    from 1; place: from 1 within its tie. tied, found: results in its tie, and the relevant ones among them. hits:
    relevant results above its tie. mean: of the relevance in its tie; ideal: the relevance in the query's best order.
    """

    starts: Ints
    lengths: Ints
    relevant: Ints
    rank: Ints
    place: Ints
    tied: Ints
    found: Ints
    hits: Ints
    mean: Floats
    ideal: Floats

    @classmethod
    def of(cls, key: Ints, relevance: Floats, score: Floats) -> _Ranked:
        """key: (n,) ascending, the query of each result; score: (n,) descending within it."""
        begins = np.diff(key, prepend=-1) != 0
        starts = np.flatnonzero(begins).astype(np.int64)
        ties = np.flatnonzero(begins | (np.diff(score, prepend=np.nan) != 0)).astype(np.int64)
        lengths, sizes = (np.diff(of, append=len(key)).astype(np.int64) for of in (starts, ties))
        is_relevant = relevance > 0
        above: Ints = np.cumsum(is_relevant) - is_relevant
        number = np.arange(1, len(key) + 1)
        return cls(
            starts=starts,
            lengths=lengths,
            relevant=np.add.reduceat(is_relevant, starts, dtype=np.int64),
            rank=number - np.repeat(starts, lengths),
            place=number - np.repeat(ties, sizes),
            tied=np.repeat(sizes, sizes),
            found=np.repeat(np.add.reduceat(is_relevant, ties, dtype=np.int64), sizes),
            hits=np.repeat(above[ties], sizes) - np.repeat(above[starts], lengths),
            mean=np.repeat(np.add.reduceat(relevance, ties, dtype=np.float64) / sizes, sizes),
            ideal=relevance[np.lexsort((-relevance, key))],
        )

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(q,) the queries with a relevant result."""
        return self.relevant > 0

    @property
    def left_out(self) -> tuple[int, int]:
        """Queries without a relevant result, and their results."""
        out = ~self.counted
        return int(np.count_nonzero(out)), int(self.lengths[out].sum())

    def terms(self) -> dict[str, NDArray[Any]]:
        """(q,) each, by name; not finite where a query has no relevant result."""
        first_ten, chance = self.rank <= 10, self.found / self.tied
        hits, first = self._sum(chance * first_ten), self._first()
        # Where a relevant result stands here, those of its tie that stand above it are spread evenly over the others.
        so_far = self.hits + 1 + (self.place - 1) * (self.found - 1) / np.maximum(self.tied - 1, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                ROWS: self.lengths,
                QUERIES: np.ones(len(self.starts)),
                "ndcg_10": self._ndcg(10),
                "ndcg_5": self._ndcg(5),
                "map_10": self._sum(chance * so_far / self.rank * first_ten) / np.minimum(self.relevant, 10),
                "mrr": self._sum(first / self.rank),
                "hit_rate_10": self._sum(first * first_ten),
                "precision_10": hits / 10,
                "recall_10": hits / self.relevant,
            }

    def _first(self) -> Floats:
        """(n,) the probability that the first relevant result of the query stands at this rank.

        It lies in the topmost tie with a relevant result: of its m results, r relevant, that the first stands at place
        j is as likely as C(m − j, r − 1), the ways to place the others below: r / m at the first place, and at each
        next one (m − j − r + 1) / (m − j) times as likely as at the place j before it.
        """
        may = (self.hits == 0) & (self.found > 0) & (self.place <= self.tied - self.found + 1)
        chance = np.where(may & (self.place == 1), self.found / self.tied, 0.0)
        at = np.flatnonzero(may & (self.place == 1))
        for place in range(1, int(self.place.max(initial=1))):
            at = at[self.tied[at] - self.found[at] >= place]
            if not len(at):
                break
            below = self.tied[at] - place
            chance[at + place] = chance[at + place - 1] * (below - self.found[at] + 1) / below
        return chance

    def _ndcg(self, first: int) -> Floats:
        discount = np.where(self.rank <= first, _DISCOUNTS[np.minimum(self.rank, _DEPTH) - 1], 0.0)
        return self._sum(self.mean * discount) / self._sum(self.ideal * discount)

    def _sum(self, values: NDArray[Any]) -> Floats:
        """(q,) sum over the results of each query."""
        return np.asarray(np.add.reduceat(values, self.starts, dtype=np.float64))


def _refuse_split(bucket: Ints, ranked: _Ranked) -> None:
    if (np.maximum.reduceat(bucket, ranked.starts) != np.minimum.reduceat(bucket, ranked.starts)).any():
        raise RowsError("column cluster_id puts the results of one query into two clusters")
