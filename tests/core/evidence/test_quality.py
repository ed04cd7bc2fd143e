"""Quality: what is found in rows with one fault each, and that sound rows hold."""

import numpy as np
import pytest

from metrics.core.evidence.quality import QUALITY, balance
from tests.examined import examined

N = 400


@pytest.fixture
def sound(rows):
    """sound(**changes) → rows with nothing wrong, some columns changed."""

    def build(**changes):
        generator = np.random.default_rng(changes.pop("seed", 1))
        columns = {
            "y_true": [0.0, 1.0] * (N // 2),
            "y_score": generator.random(N).tolist(),
            "x_price": generator.gamma(4, 25, N).tolist(),
            "x_country": [["PT", "Spain", "France", "Germany"][at % 4] for at in range(N)],
            "hotel": [["City", "Resort"][at % 2] for at in range(N)],
        }
        return rows(segments=["hotel"], **columns | changes)

    return build


def quality(rows, **given):
    return examined(QUALITY, rows, **given)


def test_sound_rows_hold_alone_and_against_a_reference(sound):
    assert quality(sound(), task="binary").verdict == "holds"
    check = quality(sound(), task="binary", reference=sound())
    assert (check.verdict, check.remedy) == ("holds", "")
    assert check.numbers["classes"] == {"0": 0.5, "1": 0.5}


def test_missing_cells_are_counted_and_many_are_a_warning(sound):
    few = quality(sound(x_price=[None] * 10 + [float(at) for at in range(N - 10)]), task="binary")
    assert (few.verdict, few.numbers["missing"]) == ("holds", {"feature.price": 10})
    many = quality(sound(x_price=[None] * 40 + [float(at) for at in range(N - 40)]), task="binary")
    assert many.verdict == "warning"
    assert "Many cells are missing: price (10 %)." in many.text


def test_an_id_twice_fails(sound):
    check = quality(sound(example_id=["same", "same", *[f"e{at}" for at in range(N - 2)]]), task="binary")
    assert (check.verdict, check.text) == ("fails", f"1 of {N} rows repeat an id that occurred before.")


def test_copies_of_rows_that_features_tell_apart_are_a_warning(sound):
    prices = [float(at) for at in range(N - 40)] + [0.0] * 40
    check = quality(
        sound(x_price=prices, x_country=["PT"] * N, y_true=[0.0, 1.0] * (N // 2 - 20) + [0.0] * 40), task="binary"
    )
    assert check.verdict == "warning"
    assert "10 % of the rows copy the features and the label of another." in check.text


def test_coarse_features_make_no_copies(sound):
    table = sound().drop_columns(["feature.price"])
    check = quality(table, task="binary")
    assert check.numbers["repeats"]["distinct"] == 4
    assert check.verdict == "holds"


def test_contradicting_labels_of_identical_rows_are_a_warning(sound):
    prices = [float(at // 2) for at in range(60)] + [1000.0 + at for at in range(N - 60)]
    check = quality(sound(x_price=prices, x_country=["PT"] * N), task="binary")
    assert check.verdict == "warning"
    assert "15 % of the labelled rows share their features with a row of another label." in check.text
    assert (check.numbers["repeats"]["conflicting"], check.numbers["repeats"]["lost"]) == (60, 30)


def test_a_month_in_cents_fails(sound):
    prices = np.random.default_rng(2).gamma(4, 25, N)
    prices[:100] *= 100
    months = ["2025-03-05"] * 100 + ["2025-01-05"] * 150 + ["2025-02-05"] * 150
    check = quality(sound(x_price=prices.tolist(), event_time=months), task="binary")
    assert check.verdict == "fails"
    assert "price is 100 times what it is elsewhere, in month 2025-03." in check.text


def test_all_rows_in_another_unit_than_the_reference_fail(sound):
    prices = np.random.default_rng(2).gamma(4, 25, N)
    check = quality(sound(x_price=(prices / 1000).tolist()), task="binary", reference=sound())
    assert check.verdict == "fails"
    assert "price is a 1,000th of what it is elsewhere, against the reference." in check.text


def test_values_beyond_the_reference_or_far_from_all_are_a_warning(sound):
    prices = np.random.default_rng(2).uniform(10, 90, N)
    reference = sound(x_price=np.linspace(0, 100, N).tolist())
    far = prices.copy()
    far[0] = 1e5
    assert quality(sound(x_price=prices.tolist()), task="binary", reference=reference).verdict == "holds"
    check = quality(sound(x_price=far.tolist()), task="binary")
    assert (check.verdict, check.text) == ("warning", "Some values lie far from all others: price (1).")
    beyond = prices.copy()
    beyond[:20] += 100
    check = quality(sound(x_price=beyond.tolist()), task="binary", reference=reference)
    assert check.text == "Values lie beyond the reference's range: price (5.0 %)."


def test_unseen_and_misspelt_categories_are_named(sound):
    countries = ["PT", "Spain", "France", "Germany"] * (N // 4)
    countries[:2] = ["Germny", "Chile"]
    check = quality(sound(x_country=countries), task="binary", reference=sound())
    assert check.verdict == "warning"
    assert "“Germny” for “Germany” in country" in check.text
    assert "The reference has no “Chile” in country (1)." in check.text


def test_a_misspelling_is_found_without_a_reference(sound):
    countries = ["PT", "Spain", "France", "Germany"] * (N // 4)
    countries[0] = " germany"
    check = quality(sound(x_country=countries), task="binary")
    assert "“ germany” for “Germany” in country" in check.text


def test_one_class_fails_and_a_rare_one_is_a_warning(sound):
    assert "Every labelled row has the label 0" in quality(sound(y_true=[0.0] * N), task="binary").text
    rare = quality(sound(y_true=[1.0] * 2 + [0.0] * (N - 2)), task="binary")
    assert (rare.verdict, rare.text) == ("warning", "Few rows have the label 1 (0.5 %).")
    constant = quality(sound(y_true=[3.0] * N), task="regression")
    assert (constant.verdict, constant.numbers["classes"]) == ("fails", None)


def test_shares_of_classes_leave_out_rows_without_a_label(rows):
    assert balance(rows(y_true=["b", "a", "b", None]), "multiclass") == pytest.approx({"b": 2 / 3, "a": 1 / 3})
    assert balance(rows(y_true=[None, None]), "binary") is None


def test_remarks_of_the_upload_count_and_its_notes_do_not(sound):
    remarks = [
        {"field": "y_score", "code": "dropped", "message": "12 rows have no score", "remedy": "Score them."},
        {"field": "noise", "code": "unknown_column", "message": "the column is ignored"},
        {"field": "y_true", "code": "unlabelled", "message": "3 rows have no label"},
    ]
    check = quality(sound(), task="binary", warnings=remarks)
    assert (check.verdict, check.text, check.remedy) == ("warning", "y_score: 12 rows have no score.", "Score them.")


def test_no_rows_are_not_checked(sound):
    assert quality(sound().slice(0, 0), task="binary").verdict == "not checked"
