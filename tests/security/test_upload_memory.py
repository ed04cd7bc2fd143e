"""Whatever is sent, an upload takes less than 512 MB more than this process and those below it had (S2, S12)."""

import gzip
import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics.services.evaluation import checking
from metrics.services.evaluation.checking import CHECKER
from metrics.services.evaluation.rows import File, stored
from metrics.services.writing.refusal import Busy, Invalid, TooLarge
from tests.security.test_bad_uploads import CASES, MEMORY, corpus

__all__ = ["corpus"]

pytestmark = [
    pytest.mark.promise("S2", "S12"),
    pytest.mark.django_db,
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc"),
]

SMALL = b"example_id,y_true,y_score\na,1,0.9\nb,0,0.2\n"
ROWS = 600_000


def below(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
            parents.setdefault(parent, []).append(int(place.name))
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def taken(process: int) -> int:
    """Bytes of memory of a process, what it shares counted by its part (PSS)."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0


@contextmanager
def growth():
    """A list that holds, at the end, by how many bytes this process and those below it had grown at most."""
    found, ended = [0], Event()
    before = sum(map(taken, below(os.getpid())))

    def watch() -> None:
        while not ended.wait(0.05):
            found[0] = max(found[0], sum(map(taken, below(os.getpid()))) - before)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield found
        finally:
            ended.set()
            watching.result()


def columns(rows: int, **more) -> pa.Table:
    numbers = pa.array(np.arange(rows))
    half = pa.array(np.full(rows, 0.5, np.float32))
    return pa.table({"example_id": numbers, "y_true": pa.array(np.arange(rows) % 2), "y_score": half, **more})


def repeated(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))


def parquet(table: pa.Table, **how) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **{"compression": "zstd", "row_group_size": 1 << 20, "store_schema": False, **how})
    return buffer.getvalue()


def constant_columns() -> bytes:
    same = pa.array(np.full(ROWS, 7.0))
    return parquet(columns(ROWS, **{f"feature.x{number}": same for number in range(130)}))


def texts_by_dictionary() -> bytes:
    return parquet(columns(ROWS, **{f"c{number}": repeated("x" * 200, ROWS) for number in range(4)}))


def one_cell_of_a_page() -> bytes:
    return parquet(columns(2, c=pa.array(["x" * 200_000_000, "a"])))


def ever_longer_beginnings() -> bytes:
    rows = 2_000
    texts = pa.array(["x" * 300_000] * rows, pa.large_string())
    how = dict.fromkeys(("example_id", "y_true", "y_score"), "PLAIN") | {"c": "DELTA_BYTE_ARRAY"}
    return parquet(columns(rows, c=texts), use_dictionary=False, column_encoding=how)


def groups_of_few_rows() -> bytes:
    return parquet(columns(8_000), row_group_size=2)


def zeros_in_gzip() -> bytes:
    return gzip.compress(b"example_id,y_true,y_score\n" + b"1,0,0\n" * 3_000_000)


def wide_text() -> bytes:
    names = ",".join(f"feature.c{number}" for number in range(490))
    return f"example_id,y_true,y_score,{names}\n".encode() + b"".join(
        f"{number},1,0.5{',' * 490}\n".encode() for number in range(30_000)
    )


BOMBS = {
    "constant.parquet": constant_columns,
    "texts.parquet": texts_by_dictionary,
    "cell.parquet": one_cell_of_a_page,
    "beginnings.parquet": ever_longer_beginnings,
    "groups.parquet": groups_of_few_rows,
    "zeros.csv.gz": zeros_in_gzip,
    "wide.csv": wide_text,
}


@pytest.fixture
def send(product, tmp_path):
    """Have a file checked and stored: send(name, content)."""

    def sent(name, content, **manifest):
        path = tmp_path / name
        path.write_bytes(content)
        return stored(product, manifest, File(path=path, name=name))

    return sent


@pytest.mark.parametrize("name", BOMBS)
def test_a_planted_file_is_taken_or_refused_in_bounded_memory(send, name, figure):
    content = BOMBS[name]()
    with growth() as most:
        try:
            assert send(name, content).n
        except Invalid as refused:
            assert refused.faults[0].message  # noqa: PT017 (either end is right)
            assert refused.faults[0].remedy  # noqa: PT017
    assert most[0] < MEMORY
    figure("S2", f"{name} +{most[0] >> 20} MiB")


@pytest.mark.shared
def test_every_bad_upload_is_checked_apart_in_bounded_memory(corpus, product, figure):
    folder, cases = corpus
    with growth() as most:
        for case in cases.values():
            with suppress(Invalid):
                stored(product, {}, File(path=folder / case["file"], name=case["file"]))
    assert most[0] < MEMORY
    assert len(cases) == len(CASES)
    figure("S2", f"{len(cases)} bad files, at most {most[0] >> 20} MiB more")


def test_what_takes_more_than_an_upload_may_is_413_with_its_remedy(send, monkeypatch):
    monkeypatch.setattr(checking, "LARGE", checking.Limit(64 << 20, 60))
    with pytest.raises(TooLarge) as refused:
        send("constant.parquet", constant_columns())
    assert "more than 64 MB of memory" in refused.value.faults[0].message
    assert refused.value.faults[0].remedy


def test_what_takes_longer_than_an_upload_may_is_413_and_ends(send, monkeypatch):
    monkeypatch.setattr(checking, "LARGE", checking.Limit(384 << 20, 1))
    monkeypatch.setattr(checking, "SLOW", 1 << 40)
    content = b"example_id,y_true,y_score\n" + b"".join(b"%d,1,0.5\n" % number for number in range(2_500_000))
    send("small.csv", SMALL)
    with pytest.raises(TooLarge, match="more than 1 seconds of a processor"):
        send("long.csv", content)
    assert len(below(CHECKER.process)) == 1


def test_large_files_wait_for_a_place_and_are_sent_away_and_small_ones_go_on(send, settings, monkeypatch):
    settings.UPLOAD_CHECKS = 1
    monkeypatch.setattr(checking, "PATIENCE", 0.2)
    large = b"example_id,y_true,y_score\n" + b"".join(b"%d,1,0.5\n" % number for number in range(100_000))
    with checking.place():
        with pytest.raises(Busy):
            send("large.csv", large)
        assert send("small.csv", SMALL).n == 2
    assert send("large.csv", large).n == 100_000


def test_a_check_that_is_killed_is_no_500_and_the_next_goes_on(send):
    send("small.csv", SMALL)
    os.kill(CHECKER.process, signal.SIGKILL)
    assert send("small.csv", SMALL).n == 2


def test_nothing_of_a_check_that_was_killed_stays_on_the_disk(send, monkeypatch, tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    monkeypatch.setattr(checking, "LARGE", checking.Limit(32 << 20, 60))
    with pytest.raises(TooLarge):
        send("constant.parquet", constant_columns())
    assert not list(room.iterdir())
