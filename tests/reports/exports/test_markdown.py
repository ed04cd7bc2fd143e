"""A document as Markdown and JSON: what is text stays text, and figures stay as they are printed."""

import json

import pytest
import yaml

from reports.exports import markdown, plain
from reports.exports.hugging_face import Results, Score, quoted, written
from reports.exports.markdown import escaped
from tests.pack_trouble import troubled
from tests.packs import board_pack


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- no list", r"\- no list"),
        ("+41 k EUR", "+41 k EUR"),
        ("1. no list", r"1\. no list"),
        ("6.31 M EUR", "6.31 M EUR"),
        ("===", r"\==="),
        ("two\nlines", "two lines"),
        ("a|b <i> [c](d) `e` #f", r"a\|b \<i\> \[c\](d) \`e\` \#f"),
    ],
)
def test_what_markdown_would_read_is_text(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_every_figure_and_cell_stands_in_it() -> None:
    pack = board_pack()
    made = markdown.written(pack).decode()
    assert not [printed for printed in pack.figures().values() if f"**{printed}**" not in made]
    assert "| Role and what it wants | The proposal | Today’s model | A compromise |" in made
    assert "0<br>697 \\[500 – 918\\]" in made
    assert made.count("\n# ") + made.startswith("# ") == len(pack.sections)


def test_the_json_of_a_document_holds_figures_printed_and_as_numbers() -> None:
    made = json.loads(plain.written(board_pack()))
    (figures,) = made["sections"][0]["right"]
    assert figures["block"] == "figures"
    assert figures["figures"][0]["text"] == "6.31\u00a0M EUR"
    assert figures["figures"][0]["number"] == 6312345.67
    assert made["known_on"] == "2026-11-30"
    assert "drawing" not in json.dumps(made)
    assert plain.written(troubled()) == plain.written(troubled())


def test_a_card_without_rows_has_no_index_for_a_hub() -> None:
    scores = (Score(key="mae", name="MAE", value=1.5),)
    results = Results(task="regression", task_words="regression", data=None, scores=scores)
    made = written(board_pack(), "m", results).decode()
    assert "model-index" not in made
    assert 'pipeline_tag: "tabular-regression"' in made


@pytest.mark.parametrize("name", ['a: "b"\n- c', "'", "#x", "yes", "{}", "–"])
def test_a_name_is_one_yaml_text(name: str) -> None:
    assert yaml.safe_load(quoted(name)) == name
