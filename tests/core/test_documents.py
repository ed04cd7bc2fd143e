import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.documents import canonical, digest, digests

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()


def test_digest_is_the_sha256_of_the_canonical_text() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(("left", "right"), [(1, 1.0), (0.0, -0.0), (10**22, 1e22), ((1, 2), [1, 2])])
def test_equal_values_have_one_text(left: object, right: object) -> None:
    assert digest({"v": left}) == digest({"v": right})


@pytest.mark.parametrize(("left", "right"), [(1, "1"), (1, True), (0, None), (0.1, 0.1 + 2e-17 + 1e-16)])
def test_unequal_values_have_different_texts(left: object, right: object) -> None:
    assert digest([left]) != digest([right])


@settings(deadline=None)
@given(plain)
def test_a_document_read_back_has_the_same_digest(doc: object) -> None:
    assert digest(json.loads(canonical(doc))) == digest(doc)
    assert digest(json.loads(json.dumps(doc, indent=2))) == digest(doc)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=2, max_size=6))
def test_the_order_of_keys_does_not_matter(doc: dict[str, int]) -> None:
    assert canonical(dict(reversed(doc.items()))) == canonical(doc)


@pytest.mark.parametrize("doc", [float("nan"), float("inf"), "\ud800", [float("-inf")]])
def test_what_has_no_canonical_text_is_refused(doc: object) -> None:
    with pytest.raises(ValueError):
        canonical(doc)


@pytest.mark.parametrize("doc", [{1: 2}, object(), {"a": {3, 4}}, b"x"])
def test_what_is_not_json_is_refused(doc: object) -> None:
    with pytest.raises(TypeError):
        canonical(doc)


@pytest.mark.parametrize("field", ["a", "figure", "zz", "é"])
def test_digests_of_a_field_are_those_of_each_document_alone(field: str) -> None:
    document = {"b": 1.0, "kind": 'a "figure": 0', "nested": {field: 0, "x": [-0.0, 2.5]}, "é": "ü"}
    values = ("total", "2026-11", '",', "")

    for of in (document, {}):
        assert digests(of, field, values) == {value: digest({**of, field: value}) for value in values}
