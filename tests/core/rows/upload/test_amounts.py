"""Amounts of money as people write them: read by what the column says, or by what the sender says of it."""

import numpy as np
import pandas as pd
import pytest

from metrics.core.rows.upload.table import UploadError


def refused(read, content, **options) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(content, **options)
    return caught.value


def frame(n, **columns) -> pd.DataFrame:
    scores = np.linspace(0.01, 0.99, n)
    ids = [f"e{i:04d}" for i in range(n)]
    return pd.DataFrame({"example_id": ids, "y_true": (scores > 0.4).astype(int), "y_score": scores} | columns)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,250.00", "2,251.50", "(3.00)"], [1250, 2251.5, -3]),
        (["1.250,00", "2.251,50", "-3,00"], [1250, 2251.5, -3]),
        (["€ 1 250", "€ 2", "€ 0.5"], [1250, 2, 0.5]),
    ],
)
def test_amounts_as_people_write_them_are_read_and_told(read, cells, values):
    upload = read(frame(3, order_value=cells))
    assert upload.table.column("order_value").to_pylist() == values
    (warning,) = [one for one in upload.warnings if one.code == "amounts_read"]
    assert (warning.field, warning.row) == ("order_value", 1)
    assert warning.message.startswith(f"“{cells[0]}” is read as {values[0]}")


@pytest.mark.parametrize(
    ("cells", "row", "says"),
    [
        (["5", "1,250", "2,000"], 2, "is 1250 with a decimal point and 1.25 with a decimal comma"),
        (["5", "1,250.5", "lots"], 3, "“lots” is no number"),
        (["5", "1,5", "2.5"], 3, "“1,5” has a decimal comma and “2.5” a decimal point"),
    ],
)
def test_amounts_without_one_reading_are_refused_with_a_remedy(read, cells, row, says):
    error = refused(read, frame(3, order_value=cells))
    assert (error.field, error.row) == ("order_value", row)
    assert says in error.message
    assert "--rename order_value=other" in error.remedy
    assert ("--decimal , or --decimal ." in error.remedy) == (error.code == "ambiguous_decimal")


@pytest.mark.parametrize(
    ("decimal", "cells", "values", "told"),
    [
        (".", ["5", "1,250", "2,000"], [5, 1250, 2000], "“1,250” is read as 1250"),
        (",", ["5", "1,250", "2,000"], [5, 1.25, 2], "“1,250” is read as 1.25"),
        (",", ["5", "1.250", "2.000"], [5, 1250, 2000], "“1.250” is read as 1250"),
        (".", ["5", "1.250", "2.000"], [5, 1.25, 2], ""),
        (",", ["5", "6", "7"], [5, 6, 7], ""),
    ],
)
def test_what_amounts_leave_open_the_sender_says(read, decimal, cells, values, told):
    upload = read(frame(3, order_value=cells), decimal=decimal)
    assert upload.table.column("order_value").to_pylist() == values
    assert [one.message for one in upload.warnings if one.code == "amounts_read"] == ([told] if told else [])


def test_what_is_certain_is_read_as_it_stands_whatever_the_sender_says(read):
    upload = read(frame(2, order_value=["5", "1250.5"], fee_amount=["1,250", "2,000"]), decimal=",")
    assert upload.table.column("order_value").to_pylist() == [5, 1250.5]
    assert upload.table.column("fee_amount").to_pylist() == [1.25, 2]


def test_a_sign_that_stands_before_no_decimals_is_refused(read):
    error = refused(read, frame(3), decimal=";")
    assert (error.field, error.remedy) == ("decimal", "Say “,” or “.”.")


def test_an_amount_left_empty_is_refused_rather_than_taken_as_nothing(read):
    amounts = np.ones(200)
    amounts[4] = np.nan
    error = refused(read, frame(200, fn_cost=amounts))
    assert (error.field, error.code, error.row) == ("fn_cost", "missing_value", 5)
