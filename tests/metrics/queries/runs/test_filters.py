"""What a reader asks of the runs table: the query of an address, read and written."""

from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.queries.runs.filters import FIELDS, LOOKUPS, STATES, TASKS, Range, Wanted, read

KEYS = ("roc_auc", "log_loss", "latency_p95", "a", "b", "c", "d")


def asked(text: str) -> tuple[Wanted, dict[str, str]]:
    return read(QueryDict(text), KEYS)


def test_a_full_address_is_read_field_by_field() -> None:
    wanted, faults = asked(
        "q=boosted+tree&task=binary&model=gbm&state=candidate&data=winter@2&comparable=1&since=2017-01-01"
        "&until=2017-01-31&where=roc_auc+%3E+0.8,+log_loss<=.4&sort=-roc_auc&columns=roc_auc,latency_p95&page=3"
    )
    assert faults == {}
    assert wanted == Wanted(
        text="boosted tree",
        task="binary",
        model="gbm",
        state="candidate",
        data="winter@2",
        comparable=True,
        since=date(2017, 1, 1),
        until=date(2017, 1, 31),
        ranges=(Range("roc_auc", ">", 0.8), Range("log_loss", "<=", 0.4)),
        sort="-roc_auc",
        columns=("roc_auc", "latency_p95"),
        page=3,
    )


def test_an_empty_address_asks_for_everything() -> None:
    for text in ("", "all=1", "q=&model=&state=&since=&where=&sort=&columns=", "unheard=of"):
        wanted, faults = asked(text)
        assert (wanted, faults) == (Wanted(), {})
        assert not wanted.narrows
        assert wanted.query() == ""


def test_order_and_columns_leave_no_run_out() -> None:
    assert not asked("sort=-roc_auc&columns=a,b&page=4")[0].narrows
    assert asked("q=x")[0].narrows
    assert asked("where=a=1")[0].narrows


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("where=roc_auc+is+high", "where", "roc_auc > 0.8"),
        ("where=latency+>+3", "where", "“latency” is no metric of this product"),
        ("where=roc_auc+>+nan", "where", "no condition"),
        ("where=roc_auc+>+1e999", "where", "no condition"),
        ("where=roc_auc+>+1.2.3", "where", "no condition"),
        ("where=a>1,b>1,c>1,d>1,a>2,b>2,c>2", "where", "at most 6"),
        ("since=31.1.2017", "since", "2017-01-31"),
        ("since=2017-02-30", "since", "no day"),
        ("until=0001-01-01", "until", "1970"),
        ("since=2017-03-01&until=2017-02-01", "until", "before the first day"),
        ("state=lost", "state", "champion"),
        ("task=guessing", "task", "regression"),
        ("sort=-latency", "sort", "neither a metric"),
        ("columns=roc_auc,latency", "columns", "“latency”"),
        ("columns=roc_auc,log_loss,latency_p95,a,b,c,d", "columns", "at most 6"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field_and_asks_nothing(text: str, field: str, words: str) -> None:
    wanted, faults = asked(text)
    assert set(faults) == {field}
    assert words in faults[field]
    assert read(QueryDict(wanted.query()), KEYS) == (wanted, {})


def test_one_bad_condition_leaves_the_good_ones_in_force() -> None:
    wanted, faults = asked("where=roc_auc>0.8 and latency>3; log_loss<0.5")
    assert [str(one) for one in wanted.ranges] == ["roc_auc > 0.8", "log_loss < 0.5"]
    assert set(faults) == {"where"}


def test_columns_come_once_from_a_list_or_from_boxes() -> None:
    assert asked("columns=a,b,a")[0].columns == ("a", "b")
    assert asked("columns=a&columns=b&columns=a")[0].columns == ("a", "b")


@pytest.mark.parametrize("page", ["", "0", "-3", "x", "1.5", "²", "99999999999"])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert asked(f"page={page}")[0].page == 1


def test_text_with_a_nul_is_text_without_it() -> None:
    assert asked("q=a%00b&model=%00")[0] == Wanted(text="ab")


ONE_LINE = st.text("aZ09%&=+,;#@_-/\\'\"<>?“éß中", max_size=20)
RANGES = st.builds(
    Range, st.sampled_from(KEYS), st.sampled_from(list(LOOKUPS)), st.floats(allow_nan=False, allow_infinity=False)
)
DAYS = st.dates(date(1970, 1, 1), date(9998, 12, 31))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.lists(ONE_LINE.filter(bool), max_size=3).map(" ".join),
    task=st.sampled_from(["", *TASKS]),
    model=ONE_LINE,
    state=st.sampled_from(["", *STATES]),
    data=ONE_LINE,
    comparable=st.booleans(),
    days=st.lists(DAYS, min_size=2, max_size=2).map(sorted),
    ranges=st.lists(RANGES, max_size=6, unique_by=str).map(tuple),
    sort=st.sampled_from(["", "created", "-created", "name", "-value", "roc_auc", "-roc_auc"]),
    columns=st.lists(st.sampled_from(KEYS), max_size=6, unique=True).map(tuple),
    page=st.integers(1, 999_999),
)
def test_what_is_written_into_an_address_is_read_from_it_again(days, **fields) -> None:
    wanted = Wanted(**fields, since=days[0], until=days[1])
    assert read(QueryDict(wanted.query()), KEYS) == (wanted, {})


def test_equal_tables_are_equal_texts_and_the_page_can_be_left_out() -> None:
    one, other = asked("sort=-a&q=x+y&page=2")[0], asked("q=++x++y&sort=-a")[0]
    assert one.query(page=1) == other.query() == "q=x+y&sort=-a"
    assert set(FIELDS) >= {part.split("=")[0] for part in one.query().split("&")}
