"""The tag of a component whose words are longer than a line: they stand between its ends."""

from typing import Any

from django import template
from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from reports import addresses

register = template.Library()


@register.simple_block_tag(takes_context=True)
def component(context: Context, content: SafeString, name: str, *, into: str = "text", **given: Any) -> SafeString:
    """The component of that name, its `text` (or what `into` says) being the content; line breaks in it are spaces."""
    with context.push(**given, **{into: mark_safe(" ".join(content.split()))}):
        return Engine.get_default().get_template(f"components/{name}.html").render(context)


@register.simple_tag(takes_context=True)
def left(context: Context, view: str, slug: str, *args: str) -> str:
    """Where the Cancel of a form leads: where its Save does, `{% left 'kpi' product.slug kpi.key as cancel %}`."""
    return addresses.left(context["request"], view, slug, *args)
