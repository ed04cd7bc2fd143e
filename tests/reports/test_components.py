"""A component whose words stand between two tags is the component that is included with them."""

from django.template import Context, Template

LOADED = "{% load components %}"


def rendered(source: str, **context: object) -> str:
    return Template(LOADED + source).render(Context(context))


def test_words_between_the_tags_are_the_text_of_the_component() -> None:
    between = rendered(
        '{% component "empty" title="None yet" url="/a/" action="Make" %}Log\n  a run.{% endcomponent %}'
    )
    included = rendered(
        '{% include "components/empty.html" with title="None yet" url="/a/" action="Make" text="Log a run." %}'
    )
    assert between == included


def test_the_words_may_be_passed_under_another_name() -> None:
    between = rendered('{% component "card_head" into="sub" title="Runs" %}Newest first.{% endcomponent %}')
    assert between == rendered('{% include "components/card_head.html" with title="Runs" sub="Newest first." %}')


def test_what_comes_from_outside_is_escaped_once() -> None:
    source = '{% component "empty" title=name %}{{ name }} & more{% endcomponent %}'
    html = rendered(source, name="<i>")
    assert html.count("&lt;i&gt;") == 2
    assert "<i>" not in html
    assert "& more" in html


def test_nothing_of_one_component_stays_for_the_next() -> None:
    assert (
        "Left" not in rendered('{% component "empty" title="A" %}Left{% endcomponent %}{{ text }}').split("</div>")[1]
    )
