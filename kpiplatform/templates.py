"""Templates are formatted for those who read them, and sent without it: pages would be a third longer."""

import re

from django.template import Origin
from django.template.loaders import filesystem

BREAK = re.compile(r"\s*\n\s*(>?)")


def compact(source: str) -> str:
    r"""Each line break, with the indentation around it, as one space; as none before the `>` of a long tag.

    >>> compact('<a\n  class="b" href="c"\n>Here</a>\n<p>\n  There\n</p>\n')
    '<a class="b" href="c">Here</a> <p> There </p> '
    """
    return BREAK.sub(lambda found: found[1] or " ", source)


class Loader(filesystem.Loader):
    def get_contents(self, origin: Origin) -> str:
        """The compact source of a page; mails and other plain text as they are."""
        source = super().get_contents(origin)
        return compact(source) if origin.name.endswith(".html") else source
