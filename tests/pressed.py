"""Pages as a person uses them, without a browser: links are followed, forms sent as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

EMPTY = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass
class Form:
    """A form as it stands: where it goes, what is filled in, the words of its buttons."""

    action: str
    method: str
    filled: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    words: str = ""


@dataclass
class Link:
    url: str
    words: str
    classes: str


class Page(HTMLParser):
    """What stands on a page."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address, self.forms, self.links = address, [], []
        self.errors: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._link: Link | None = None
        self._button = self._select = self._area = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag not in EMPTY:
            self._open.append((tag, has.get("class", "")))
        if tag == "form":
            action = urljoin(self.address, has.get("action") or self.address)
            self._form = Form(action, has.get("method", "get"))
            self.forms.append(self._form)
        elif tag == "a" and has.get("href"):
            self._link = Link(urljoin(self.address, has["href"]), "", has.get("class", ""))
            self.links.append(self._link)
        elif tag == "button":
            self._button = has
            if self._form is not None and has.get("name"):
                self._form.filled[has["name"]] = has.get("value", "")
        elif self._form is not None and has.get("name") and "disabled" not in has:
            self._field(tag, has)
        elif tag == "option" and self._select and self._form is not None:
            first = self._select not in self._form.filled
            self._form.filled |= {self._select: has.get("value", "")} if first or "selected" in has else {}

    def _field(self, tag: str, has: dict[str, str]) -> None:
        assert self._form is not None
        name, kind = has["name"], has.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, self._form.filled[name] = name, ""
        elif tag == "input" and kind == "file":
            self._form.files.append(name)
        elif tag == "input" and (kind not in ("radio", "checkbox") or "checked" in has):
            self._form.filled[name] = has.get("value", "on" if kind == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1][0] != tag:
            self._open.pop()
        if self._open:
            self._open.pop()
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._area and self._form is not None:
            self._form.filled[self._area] += data.removeprefix("\n")
        if not text:
            return
        if self._link is not None:
            self._link.words = f"{self._link.words} {text}".strip()
        if self._button is not None and self._form is not None:
            self._form.words = f"{self._form.words} {text}".strip()
        if any(classes in ("error", "banner bad") for _, classes in self._open):
            self.errors.append(text)

    def form(self, words: str) -> Form:
        """The form whose button says this."""
        return next(form for form in self.forms if form.words.startswith(words))

    def link(self, words: str) -> Link:
        return next(link for link in self.links if link.words.startswith(words))


class Walk:
    """A person at the pages: what they open and send, and what they were refused."""

    def __init__(self, client: Any) -> None:
        self.client, self.clicks, self.typed, self.refusals = client, 0, 0, []
        self.page: Page = Page("/", "")

    def open(self, address: str) -> Page:
        answer = self.client.get(address, follow=True)
        return self._at(answer)

    def follow(self, words: str) -> Page:
        self.clicks += 1
        return self.open(self.page.link(words).url)

    def send(self, words: str, /, **typed: Any) -> Page:
        """Send the form whose button says this, with what is typed over what is filled in."""
        form = self.page.form(words)
        assert set(typed) <= set(form.filled) | set(form.files), (sorted(typed), sorted(form.filled))
        self.clicks += 1
        self.typed += len(typed)
        answer = self.client.post(form.action, form.filled | typed, follow=True)
        page = self._at(answer)
        if answer.status_code >= 400:
            self.refusals.append((form.action, page.errors))
        return page

    def _at(self, answer: Any) -> Page:
        redirects = getattr(answer, "redirect_chain", ())
        address = (
            redirects[-1][0]
            if redirects
            else answer.request["PATH_INFO"]
            + (f"?{answer.request['QUERY_STRING']}" if answer.request["QUERY_STRING"] else "")
        )
        self.page = Page(address, answer.content.decode())
        return self.page
