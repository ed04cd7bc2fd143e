"""Figures on pages: as many digits as the band allows, never a zero for Unknown, nothing unescaped."""

import datetime as dt
import re

import numpy as np
import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Unknown
from reports.words import dates

NBSP = "\u00a0"


def number(point, low=None, high=None, unit="EUR", level=0.8):
    return {"point": point, "low": low, "high": high, "level": level, "unit": unit}


def spread(point, half, unit="EUR"):
    """An Estimate with draws over ±half, evenly."""
    return Estimate(point, unit, np.linspace(point - half, point + half, 2001))


def words(quantity, **options):
    return str(numerals.word(numerals.read(quantity), **options)).replace(NBSP, " ")


def page(source, **context):
    html = Template("{% load figures %}" + source).render(Context(context))
    return re.sub(r"[ \n]+", " ", html.replace(NBSP, " ").replace("&nbsp;", " "))


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (number(663_669, 500_000, 860_000), "0.66 M EUR"),
        (number(6_300_000, 5_800_000, 6_800_000), "6.30 M EUR"),
        (number(54_300, 27_000, 86_000), "54 k EUR"),
        (number(54_300, 53_000, 55_500), "54.3 k EUR"),
        (number(12_345.678, 12_300, 12_400), "12,346 EUR"),
        (number(8_300, 6_600, 10_000), "8.3 k EUR"),
        (number(8_300, 7_600, 9_000), "8,300 EUR"),
        (number(-21_300), "−21.3 k EUR"),
        (number(663_669.18), "663.7 k EUR"),
        (number(999_970), "1.00 M EUR"),
        (number(2_400_000_000), "2.40 bn EUR"),
        (number(10.71, unit="EUR / booking"), "10.71 EUR / booking"),
        (number(3, unit="EUR/call"), "3 EUR / call"),
        (number(0), "0 EUR"),
        (number(-0.001, -1, 1), "0.0 EUR"),
        (number(0.872, 0.867, 0.877, unit=""), "0.8720"),
        (number(0.4588, unit=""), "0.4588"),
        (number(0.00001234, unit=""), "0.000012"),
        (number(426, 371, 481, unit="booking"), "426 bookings"),
        (number(1, unit="booking"), "1 booking"),
        (number(2, unit="company"), "2 companies"),
        (number(0.123, unit="share"), "12.3 %"),
        (number(0.123, unit="fraction"), "12.3 %"),
        (number(0.4, 0.2, 0.6, unit="probability"), "40 %"),
        (number(1.0, 1.0, 1.0, unit="share"), "100 %"),
        ({**number(1.0, 0.9999, 1.0, unit="share", level=0.95), "bands": {"0.8": [1.0, 1.0]}}, "100 %"),
        ({**number(1.0, 0.9999, 1.0, unit="", level=0.95), "bands": {"0.8": [1.0, 1.0]}}, "1"),
        (number(1.0, 0.99, 1.0, unit=""), "1"),
        (number(0.0, 0.0, 0.00007, unit=""), "0"),
        (number(1.0, 0.9999, 1.0, unit="share"), "100 %"),
        (number(0.99998, 0.99996, 1.0, unit=""), "0.99998"),
        (number(0.9999999, 0.99999, 1.0, unit="share"), "99.99999 %"),
        (number(5.0, 4.98, 5.02, unit=""), "5.000"),
        (number(3, 2.96, 3.04), "3.00 EUR"),
        (number(0.65, 0.55, 0.75, unit="share"), "65 %"),
        (number(19_096, unit="row"), "19,096 rows"),
        (663, "663"),
    ],
)
def test_a_figure_shows_the_digits_its_band_allows(quantity, shown):
    assert words(quantity) == shown


@given(
    point=st.floats(-1e12, 1e12),
    half=st.floats(0, 1e12),
    unit=st.sampled_from(["", "EUR", "EUR / call", "share", "booking"]),
)
def test_any_figure_is_worded_near_its_value(point, half, unit):
    figure = numerals.read({"point": point, "low": point - half, "high": point + half, "level": 0.95, "unit": unit})
    worded = numerals.word(figure)
    back = float(worded.number.replace(",", "").replace("−", "-")) * numerals.SCALES[worded.scale]
    assert abs(back - point) <= 0.5001 * numerals.SCALES[worded.scale] * 10.0**-worded.places + 1e-9 * abs(point)
    assert "-" not in worded.number
    assert not re.fullmatch(r"[−+]0[.0]*", worded.number)


@pytest.mark.parametrize(
    ("ends", "unit", "said"),
    [
        ((451_700, 881_900), "EUR", "0.45 to 0.88 M EUR"),
        ((-59_520_930, 1_390_000), "EUR", "−60 to 1 M EUR"),
        ((-54e6, -41e6), "EUR", "−54 to −41 M EUR"),
        ((0.0, 897_800), "EUR", "0.00 to 0.90 M EUR"),
        ((0.33, 0.47), "share", "33 to 47 %"),
        ((2.36, 3.72), "EUR/booking", "2.4 to 3.7 EUR / booking"),
        ((3.0, 3.0), "", "3 to 3"),
    ],
)
def test_both_ends_of_a_range_have_one_scale_one_precision_and_one_unit(ends, unit, said):
    assert numerals.span(*ends, unit).replace(NBSP, " ") == said


def test_a_range_with_a_sign_is_told_by_to_and_one_without_by_a_dash():
    assert numerals.between(0.5, 0.86, places=2) == f"0.50{NBSP}– 0.86"
    assert numerals.between(-54e6, -41e6, scale="M") == "−54 to −41"
    assert numerals.between(-1, 3) == "−1 to 3"
    assert numerals.between(1, 3, signed=True) == "+1 to +3"


def test_what_somebody_stated_keeps_four_digits_and_a_share_is_a_percent():
    assert numerals.stated(2.4) == "2.4"
    assert numerals.stated(0.00034, "share") == f"0.034{NBSP}%"
    assert numerals.stated(-0.05, "share") == f"−5{NBSP}%"
    assert numerals.stated_ends(0.33, 0.47, "share") == ("33", f"47{NBSP}%")
    assert numerals.stated_ends(1_200, 3_000, "EUR") == ("1,200", "3,000")


def test_a_line_of_a_terminal_names_the_level_of_its_band_or_says_why_there_is_none():
    assert numerals.line(numerals.read(spread(600_000, 200_000))) == "0.60 M EUR (95 % band 0.41 – 0.79 M)"
    assert numerals.line(numerals.read(spread(0.4, 0.1, "share"))) == "40.0 % (95 % band 30.5 – 49.5 %)"
    assert numerals.line(numerals.read(Estimate(3.0, "EUR", None, "one row"))) == "3 EUR (no band: one row)"


def test_digits_come_from_the_widest_band_and_words_from_the_80_percent_band():
    figure = numerals.read(spread(600_000, 200_000))
    assert set(figure.bands) == {0.8, 0.95}
    level, band, scale = numerals.band_text(figure, numerals.word(figure))
    assert (level, band, scale) == (f"80{NBSP}%", f"0.44{NBSP}– 0.76", "M")


def test_all_and_none_of_a_score_need_no_decimals_in_a_band_either():
    near = numerals.Figure(0.99995, "", {0.8: (0.9999, 1.0), 0.95: (0.9998, 1.0)})
    assert numerals.band_words(near, numerals.word(near)) == f"80{NBSP}% band 0.99990{NBSP}– 1"
    assert numerals.span(0.99987, 1.0, "share") == f"99.99 to 100{NBSP}%"
    assert numerals.span(0.0, 0.0031) == "0 to 0.0031"
    assert numerals.percents(0.9996, 1.0) == (f"99.96{NBSP}%", f"100{NBSP}%")


def test_what_is_no_quantity_is_refused_and_what_is_missing_is_unknown():
    with pytest.raises(TypeError, match="not a quantity: str"):
        numerals.read("0.66")
    assert numerals.read(None) == Unknown("not computed yet")
    assert numerals.read(float("nan")) == Unknown("not a finite number")
    assert numerals.read({"unknown": "no labels"}) == Unknown("no labels")


def test_estimate_prints_value_band_target_grade_and_the_way_to_its_receipt():
    html = page(
        "{% estimate q label='Value' hero=True target=600000 grade='C' receipt='/receipts/7c1e/' %}",
        q=spread(663_669, 190_000),
    )
    assert '<dl class="estimate hero">' in html
    assert 'href="/receipts/7c1e/"' in html
    assert 'hx-target="#drawer"' in html
    assert ">0.66</a>" in html
    assert "M EUR</span>" in html
    assert "80 % band <b>0.51 – 0.82</b> M, target 0.60 M" in html
    assert "assumed" in html
    assert 'aria-label="0.66 M EUR, 80 % band 0.51 to 0.82 M, target 0.60 M EUR"' in html


def test_an_unknown_shows_its_reason_where_the_number_would_be():
    html = page("{% estimate q label='Value' hero=True grade='D' %}", q=Unknown("no labelled examples"))
    assert "Unknown" in html
    assert "no labelled examples" in html
    assert not re.search(r">\s*0", html)
    assert page("{{ q|money }} {{ q|number }} {{ q|share }} {{ q|chance }}", q=None) == "Unknown Unknown Unknown –"
    assert "not comparable" in page("{% whisker q %}", q=Unknown("not comparable"))


def test_an_estimate_without_draws_has_no_whisker_and_no_band():
    html = page("{% estimate q label='Realised' hero=True %}", q=Estimate(580_000.0, "EUR"))
    assert "<svg" not in html
    assert "band" not in html
    assert ">580<" in html.replace(" ", "")


def test_whisker_marks_lie_on_the_given_axis_and_are_cut_at_its_ends():
    html = page("{% whisker q 0 100 50 ref_is='champion' %}", q=number(20, -10, 40, unit=""))
    assert 'cx="20.0%"' in html
    assert 'x1="0.0%" x2="40.0%"' in html
    assert 'x1="50.0%" x2="50.0%"' in html
    assert "champion 50" in html
    assert "style=" not in html
    assert 'class="whisker outside"' in page("{% whisker q 0 10 %}", q=number(20, 15, 40))


def test_whisker_draws_two_bands_of_an_estimate_and_one_of_its_json_form():
    two = page("{% whisker q %}", q=spread(10, 2))
    assert 'class="thick"' in two
    assert 'class="thin"' in two
    one = page("{% whisker q %}", q=number(10, 8, 12, level=0.95))
    assert 'class="thick"' not in one
    assert 'class="thin"' in one
    both = {**number(10, 8, 12, level=0.95), "bands": {"0.8": [9, 11]}}
    assert 'class="thick"' in page("{% whisker q %}", q=both)


@pytest.mark.parametrize("point", [0.0, 5.0])
def test_whisker_of_a_point_without_spread_stands_in_the_middle(point):
    assert 'cx="50.0%"' in page("{% whisker q %}", q=number(point))


def test_figure_in_a_cell_follows_the_head_of_its_column():
    assert page("{% figure q scale='k' unit=False %}", q=number(638_767, 470_000, 800_000)).strip() == "639"
    assert "±0.009" in page("{% figure q pm=True %}", q=number(0.43, 0.421, 0.439, unit="", level=0.95))
    tight = page("{% figure q pm=True %}", q=number(1.0, 0.99993, 1.0, unit="", level=0.95))
    assert tight.startswith("1 <")
    assert "±&lt;0.0001" in tight
    assert "±0.010" in page("{% figure q pm=True %}", q=number(0.43, 0.42004, 0.43996, unit="", level=0.95))
    assert '<span class="bad">−29.56 EUR a case</span>' in page(
        "{% figure q signed=True tone='sign' after=' a case' %}", q=number(-29.56)
    )
    assert '<span class="good">+52.68 EUR</span>' in page("{% figure q signed=True tone='sign' %}", q=number(52.68))
    assert page("{% figure q signed=True tone='sign' %}", q=number(0)).strip() == "0 EUR"


def test_verdict_and_grade_carry_a_word_beside_the_colour():
    assert page("{% verdict 'good' 'On track' %}") == '<span class="verdict good">On track</span>'
    assert page("{% verdict 'odd' 'Unknown' %}") == '<span class="verdict unknown">Unknown</span>'
    assert "Grade </span>B</b>backtested" in page("{% grade 'B' %}")
    assert "not graded" in page("{% grade none %}")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ q|money }}", "0.66 M EUR"),
        ("{{ q|money:'k' }}", "664 k EUR"),
        ("{{ 54300|money:'EUR' }}", "54.3 k EUR"),
        ("{{ 54300|money:'k EUR' }}", "54.3 k EUR"),
        ("{{ q|money|signed }}", "+0.66 M EUR"),
        ("{{ 0.123|share }}", "12.3 %"),
        ("{{ 0.5|share }}", "50 %"),
        ("{{ 0.9995|chance }} {{ 1|chance }} {{ 0|chance }}", ">99.9 % >99.9 % <0.1 %"),
        ("{{ 0.66|chance }} {{ 0.997|chance }} {{ 0.004|chance }}", "66 % 99.7 % 0.4 %"),
        ("{{ 0.0288|signed }} {{ zero|signed }}", "+0.0288 0"),
        ("{{ 3.14159|number:2 }}", "3.14"),
        ("{{ q|band }}", "0.50 – 0.86 M"),
        ("{{ '2016-10'|period }} {{ '2016-10'|period:'long' }}", "Oct 2016 October 2016"),
        ("{{ 'soon'|period }}", "soon"),
        ("{{ digest|digest }}", "fa98·82ea"),
    ],
)
def test_filters_word_figures(source, shown):
    html = page("{% autoescape off %}" + source + "{% endautoescape %}", q=number(663_669, 5e5, 8.6e5), zero=0,
                digest="sha256:fa9882ea" + "0" * 56)  # fmt: skip
    assert html == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (5, "just now"),
        (180, "3 min ago"),
        (5 * 3600, "5 h ago"),
        (2 * 86400, "2 days ago"),
        (-26 * 86400, "in 26 days"),
    ],
)
def test_ago_says_how_long(seconds, shown):
    assert dates.ago(timezone.now() - dt.timedelta(seconds=seconds)).replace(NBSP, " ") == shown


def test_ago_of_a_day_beyond_two_months_is_the_day_itself():
    assert dates.ago(dt.date(2017, 9, 4)).replace(NBSP, " ") == "4 Sep 2017"
    assert dates.ago(timezone.localdate()) == "today"


def test_text_from_outside_is_escaped_everywhere():
    evil = "<script>alert(1)</script>\"'"
    html = page(
        "{% estimate q label=evil note=evil against=evil receipt=evil %}{% estimate u label=evil %}"
        "{% verdict 'good' evil %}{% grade evil %}{% whisker u %}{% whisker q ref=1 ref_is=evil %}"
        "{% figure q receipt=evil after=evil %}{{ q|money }}",
        evil=evil, q={**number(1, 0, 2), "unit": "EUR" + evil}, u={"unknown": evil},
    )  # fmt: skip
    assert "<script" not in html
    assert "\"'" not in html


def test_a_misspelt_option_fails_when_the_page_is_compiled():
    with pytest.raises(TemplateSyntaxError):
        Template("{% load figures %}{% estimate q labl='x' %}")


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("half_hour", "half hours"),
        ("EUR/half_hour", "EUR / half hour"),
        ("kg", "kg"),
        ("share", "share"),
        ("dimensionless", ""),
        ("", ""),
    ],
)
def test_a_unit_by_itself_is_read_and_not_spelt(unit, words):
    assert unit_names.unit_words(unit).replace(NBSP, " ") == words


def test_a_column_has_the_decimals_that_most_of_its_figures_have_alone():
    alone = [numerals.Figure(0.589, "", {"0.95": (0.572, 0.606)}), numerals.Figure(5.56, "", {"0.95": (5.38, 5.74)})]
    assert numerals.column_places([alone[0], *alone]) == 3
    assert numerals.column_places([]) is None


def test_a_mail_address_breaks_behind_its_at_and_stays_escaped():
    assert page("{{ name|mail_breaks }}", name="ada@example.org") == "ada@<wbr>example.org"
    assert page("{{ name|mail_breaks }}", name="<ada>") == "&lt;ada&gt;"


def test_a_reason_becomes_a_sentence_and_a_key_stays_a_key():
    assert page("{{ why|sentence }}", why="no volume of 2016-10 is known") == "No volume of Oct 2016 is known."
    assert page("{{ why|sentence }}", why="hit_rate_10: the run reported none") == "hit_rate_10: the run reported none."


def test_a_symbol_of_a_unit_has_no_plural():
    assert str(numerals.word(numerals.Figure(88, "ms"))) == "88\u00a0ms"
    assert str(numerals.word(numerals.Figure(88, "booking"))) == "88\u00a0bookings"
