"""Pages are sent without the line breaks and the indentation of their templates; mails keep theirs."""

import pytest
from django.template.loader import get_template

from kpiplatform.templates import compact


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("<p>\n  one\n  two\n</p>\n", "<p> one two </p> "),
        ('<a\n  class="b" href="c"\n>Here</a>', '<a class="b" href="c">Here</a>'),
        ("<b>a</b>{% if x %}<i\n>b</i>{% endif %}", "<b>a</b>{% if x %}<i>b</i>{% endif %}"),
        ("a  b", "a  b"),
    ],
)
def test_a_line_break_is_one_space_and_none_at_the_end_of_a_tag(written: str, sent: str) -> None:
    assert compact(written) == sent


def test_a_page_is_sent_on_few_lines_and_a_mail_as_it_was_written() -> None:
    assert "\n" not in get_template("components/confirm.html").render({"id": "a", "title": "b"})
    assert "\n" in get_template("account/password_reset_email.txt").render(
        {"protocol": "https", "uid": "1", "token": "2"}
    )
