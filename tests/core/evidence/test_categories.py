"""Categories: unseen ones, misspelt ones, and codes that only look alike."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from metrics.core.evidence.categories import misspelt, resembled, slip, unseen


@pytest.mark.parametrize(
    ("text", "known", "meant"),
    [
        ("Germny", ["Germany", "France"], "Germany"),
        ("online  ta", ["Online TA", "Direct"], "Online TA"),
        ("Chile", ["Germany", "France"], None),
        ("agent 241", ["agent 240"], None),
        ("AB", ["AC"], None),
        ("ab", ["AB"], "AB"),
        ("-", ["+"], None),
    ],
)
def test_a_category_resembles_what_it_was_meant_to_be(text, known, meant):
    assert resembled(text, known) == meant


def test_unseen_categories_come_with_their_rows_most_first(rows):
    table = rows(segments=["hotel"], x_c=["new", "old", "new", "rare"], hotel=["City"] * 4)
    found = unseen(table, rows(segments=["hotel"], x_c=["old"], hotel=["City"]))
    assert [(one.text, one.rows, one.meant) for one in found] == [("new", 2, None), ("rare", 1, None)]


def test_identifiers_and_unknown_columns_are_passed_over(rows):
    many = [f"id {at}" for at in range(1001)]
    assert unseen(rows(x_c=many), rows(x_c=["id 0"])) == []
    assert unseen(rows(x_c=["a"]), rows(x_other=["b"])) == []
    assert unseen(rows(x_c=["a"]), rows(x_c=[None])) == []


def test_only_a_rare_spelling_is_a_misspelling(rows):
    assert [(one.text, one.meant) for one in misspelt(rows(x_c=["City"] * 20 + ["city"]))] == [("city", "City")]
    assert misspelt(rows(x_c=["City"] * 20 + ["city"] * 20)) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Citi Hotel", "City Hotel"),
        ("Ciyt Hotel", "City Hotel"),
        ("Cty hotel", "City Hotel"),
        ("Resrt Hotel", "Resort Hotel"),
        ("No Depositt", "No Deposit"),
        ("Recieved", "Received"),
        ("Germny", "Germany"),
        ("Complmentry", "Complementary"),
        ("Hotle", "Hotel"),
    ],
)
def test_a_slip_of_the_pen_is_seen_without_a_reference(rows, text, meant):
    assert slip(text, meant)
    assert slip(meant, text)
    found = misspelt(rows(x_c=[meant] * 400 + ["Something else"] * 300 + [text] * 30))
    assert [(one.text, one.rows, one.meant) for one in found] == [(text, 30, meant)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Iran", "Iraq"),
        ("Austria", "Australia"),
        ("Niger", "Nigeria"),
        ("Slovakia", "Slovenia"),
        ("Group A", "Group B"),
        ("Phase II", "Phase III"),
        ("agent 241", "agent 240"),
        ("Model 3S", "Model 3X"),
        ("Online TA", "Offline TA"),
        ("North", "South"),
        ("June", "July"),
        ("employed", "unemployed"),
        ("Non Refund", "No Refund"),
        ("City Hotel", "City Hostel Hotel"),
        ("City Citi", "Citi City"),
    ],
)
def test_other_words_are_no_slip(rows, one, other):
    assert not slip(one, other)
    assert misspelt(rows(x_c=[one] * 400 + [other] * 30)) == []


def test_a_text_that_might_mean_two_categories_is_left_alone(rows):
    assert misspelt(rows(x_c=["Section"] * 400 + ["Sextion"] * 400 + ["Setion"] * 30)) == []
    assert misspelt(rows(x_c=["Citi Hotel"] * 50 + ["City Hotel"] * 400)) == []


@pytest.mark.shared
def test_every_planted_slip_in_the_hotels_is_found_and_nothing_else(shared):
    """449 rows of City Hotel written Citi Hotel; as it is the data set has no misspelling at all."""
    table = pq.read_table(shared / "data" / "hotel_cancel" / "features.parquet")
    texts = [name for name in table.column_names if pa.types.is_dictionary(table[name].type) or is_text(table[name])]
    given = pa.table({f"feature.{name}": table[name].cast(pa.string()) for name in texts})
    assert "hotel" in texts
    assert misspelt(given) == []
    hotels = np.array(given["feature.hotel"].to_pylist(), dtype=object)
    at = np.random.default_rng(1).choice(np.flatnonzero(hotels == "City Hotel"), 449, replace=False)
    hotels[at] = "Citi Hotel"
    place = given.column_names.index("feature.hotel")
    planted = given.set_column(place, "feature.hotel", pa.array(hotels.tolist()))
    assert [(one.text, one.rows, one.meant) for one in misspelt(planted)] == [("Citi Hotel", 449, "City Hotel")]
    assert pc.sum(pc.equal(planted["feature.hotel"], "Citi Hotel")).as_py() == 449


def is_text(column):
    return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)


def test_a_thousand_long_categories_take_no_time(rows):
    random = np.random.default_rng(1)
    names = ["".join(random.choice(list("abcdefghij"), 24)) + " of the town" for _ in range(1000)]
    start = time.perf_counter()
    assert misspelt(rows(x_c=names * 2)) == []
    assert time.perf_counter() - start < 20
