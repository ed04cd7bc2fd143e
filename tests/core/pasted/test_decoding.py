"""Bytes of text files: each encoding of the programs that people use is told by the bytes."""

import pytest

from metrics.core.pasted.decoding import decoded
from metrics.core.pasted.wrong import NotRead

TEXT = "Monat;Erlös €\r\n2026-04;4711,98\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_text_is_the_same(encoding):
    assert decoded(TEXT.encode(encoding)).text == TEXT


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_the_mark_of_the_byte_order_says_which_utf_16(mark):
    assert decoded(mark + TEXT.encode("utf-16-le" if mark[0] == 0xFF else "utf-16-be")).text == TEXT


def test_unicode_that_is_damaged_is_not_taken_for_windows_text():
    for content in ("Köln €;1\n".encode() + b"K\xf6ln;2\n", b"K\xf6ln;2\n" + "Köln;1\n".encode()):
        with pytest.raises(NotRead, match=r"0xf6 at offset .* is no UTF-8, and its other letters are"):
            decoded(content)


def test_another_encoding_than_utf_8_is_said():
    assert decoded(TEXT.encode()).said == ""
    assert decoded(TEXT.encode("cp1252")).said == "the file is read as Windows-1252, as it is no UTF-8"
    assert "UTF-16" in decoded(TEXT.encode("utf-16")).said


@pytest.mark.parametrize("content", [b"\xff\xfe2", b"\x81\xff", b"a\x00b;cdef\n", b"\xef\xbb\xbf\xff"])
def test_what_is_no_text_is_refused_with_a_remedy(content):
    with pytest.raises(NotRead, match="is no text that can be read") as caught:
        decoded(content)
    assert caught.value.wrong[0].remedy == "Save it as CSV in UTF-8"
