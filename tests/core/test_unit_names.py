"""Units and nouns as text."""

import pytest

from metrics.core.unit_names import one_of

AN = ("arrival", "order", "offer", "hour", "honest", "item", "upload", "umbrella", "employee", "uninstall")
A = ("booking", "user", "unit", "union", "utility", "euro", "use", "one-off", "kWh", "MWh", "half_hour")


@pytest.mark.parametrize(("article", "noun"), [*(("an", noun) for noun in AN), *(("a", noun) for noun in A)])
def test_a_noun_has_the_article_that_it_is_said_with(article, noun):
    assert one_of(noun) == f"{article} {noun}"
