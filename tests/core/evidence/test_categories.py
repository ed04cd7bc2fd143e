"""Categories: unseen ones, misspelt ones, and codes that only look alike."""

import pytest

from metrics.core.evidence.categories import misspelt, resembled, unseen


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
