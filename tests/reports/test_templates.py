"""Templates stand in the rooms of the pages, and like static files hold nothing that the content policy refuses."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils.module_loading import import_string

from reports import pages

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "reports" / "static" / "reports"
ROOMLESS = {"account", "components", "mail", "product"}  # made of forms alone, used by every room, or no pages
MAIL = "templates/mail/"  # whose styles are written into each element before it goes: no page's policy holds there


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_compiles_and_has_no_inline_style_or_script(path):
    get_template(str(path.relative_to(ROOT / "templates")))
    text = path.read_text("utf-8")
    if MAIL not in path.as_posix():
        assert not re.search(r"\sstyle\s*=|<style", text)
    assert "javascript:" not in text
    assert not re.search(r"\s(on[a-z]+|hx-on[\w:-]*)\s*=", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"(src|href|action)=[\"']https?:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_number_without_its_unit_says_it_where_a_row_is_a_card(path):
    """On a narrow screen the head of a table is gone: a cell's label, or the name of its row, has the unit."""
    text = path.read_text("utf-8")
    for row in re.findall(r"<tr\b.*?</tr>", text, re.S):
        named = re.search(r'<th scope="row".*?</th>', row, re.S)
        if named and re.search(r"{{[^}]*unit", named[0]):
            continue
        for label, held in re.findall(r'<td\b[^>]*?data-label="(.*?)"[^>]*>(.*?)</td>', row, re.S):
            assert "unit=False" not in held or re.search(r"unit|currency", label), held
    for unit in re.findall(r'<th scope="col"[^>]*>[^\n]*{{ ([\w.]*(?:unit|currency)) }}', text):
        labels = re.findall(r'data-label="(.*?)">', text + _included(text), re.S)
        assert any(unit.rpartition(".")[2] in label for label in labels), unit


def _included(text: str) -> str:
    return "".join((ROOT / "templates" / name).read_text("utf-8") for name in re.findall(r'{% include "([^"]+)"', text))


def test_every_room_of_the_pages_has_its_templates_and_no_others_stand_beside_them():
    rooms = {module.name for module in pkgutil.iter_modules(pages.__path__)}
    folders = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}
    assert folders == rooms | ROOMLESS
    beside = {path.name for path in (ROOT / "templates").iterdir() if path.is_file()} - {"base.html"}
    assert all(re.fullmatch(r"[45]\d\d(_csrf)?\.html", name) for name in beside)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_head_of_a_template_names_exists(path):
    for comment in re.findall(r"\{#.*?#\}", path.read_text("utf-8")):
        for dotted in re.findall(r"\b(?:reports|metrics|kpiplatform)(?:\.\w+)+", comment):
            name = dotted.rpartition(".")[2]
            assert import_string(dotted) if name[0].isupper() else import_module(dotted)


@pytest.mark.parametrize("path", sorted([*STATIC.glob("*.css"), *STATIC.glob("*.js")]), ids=lambda path: path.name)
def test_static_files_fetch_nothing_from_elsewhere_and_evaluate_nothing(path):
    text = path.read_text("utf-8")
    assert not re.search(r"https?://|@import|//[a-z]+\.[a-z]", text)
    assert not re.search(r"\beval\(|new Function|innerHTML|\.style\b|insertRule", text)


def test_colours_are_named_in_the_tokens_only():
    assert not re.search(r"#[0-9a-f]{3,8}\b|\brgb|\bhsl", (STATIC / "app.css").read_text("utf-8"), re.IGNORECASE)


def test_every_custom_property_in_use_is_defined():
    css = (STATIC / "tokens.css").read_text("utf-8")
    defined = set(re.findall(r"(--[\w-]+):", css))
    used = set(re.findall(r"var\((--[\w-]+)\)", css + (STATIC / "app.css").read_text("utf-8")))
    assert used <= defined
    theme = (ROOT / "reports" / "charts" / "theme.json").read_text("utf-8")
    assert set(re.findall(r'"(--[\w-]+)"', theme)) <= defined


def test_the_font_lies_here_with_its_licence():
    assert (STATIC / "fonts" / "inter-latin.woff2").stat().st_size > 10_000
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "LICENSE").read_text("utf-8").upper()
