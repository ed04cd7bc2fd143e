"""The store: named by content, whole or not there at all, and swept only of what nobody names."""

import errno
import os
import time

import pytest

from metrics import store

OLD = 2 * store.ORPHAN_AGE


def aged(digest: str) -> str:
    moment = time.time() - OLD
    os.utime(store.path(digest), (moment, moment))
    return digest


def everything(settings) -> list[str]:
    return sorted(file.name for file in settings.STORE_DIR.rglob("*") if file.is_file())


def test_bytes_come_back_under_the_digest_of_their_content(settings):
    digest = store.put(b"rows")
    assert digest == "bc51e9e65d79e1c90ba544ab2eae1044ccdf8c1af7a559ba375cba4276f7d99e"
    assert store.get(digest, check=True) == b"rows"
    assert everything(settings) == [digest]


def test_the_same_bytes_are_stored_once(settings):
    assert store.put(b"rows") == store.put(b"rows")
    assert len(everything(settings)) == 1


def test_bytes_stored_again_are_young_again():
    digest = aged(store.put(b"rows"))
    store.put(b"rows")
    assert store.sweep([]) == 0
    assert store.get(digest) == b"rows"


def test_a_file_that_is_cut_short_is_mended_by_storing_it_again():
    digest = store.put(b"all of the rows")
    store.path(digest).write_bytes(b"all of")
    store.put(b"all of the rows")
    assert store.get(digest, check=True) == b"all of the rows"


def test_a_missing_file_says_what_to_do():
    with pytest.raises(store.Missing, match="restore it from the backup"):
        store.get("a" * 64)


def test_changed_bytes_are_noticed_when_checked():
    digest = store.put(b"rows")
    store.path(digest).write_bytes(b"r0ws")
    assert store.get(digest) == b"r0ws"
    with pytest.raises(store.Missing, match="not those that were stored"):
        store.get(digest, check=True)


def test_the_sweep_keeps_named_files_and_young_ones():
    named, young, orphan = aged(store.put(b"named")), store.put(b"young"), aged(store.put(b"orphan"))
    assert store.sweep([named]) == 1
    assert store.get(named) == b"named"
    assert store.get(young) == b"young"
    with pytest.raises(store.Missing):
        store.get(orphan)


def test_what_a_killed_process_left_half_written_is_swept_when_old(settings):
    digest = store.put(b"rows")
    left = store.path(digest).parent / ".part-abc"
    left.write_bytes(b"ro")
    assert store.sweep([digest]) == 0
    os.utime(left, (time.time() - OLD,) * 2)
    assert store.sweep([digest]) == 1
    assert everything(settings) == [digest]


@pytest.mark.promise("R10")
def test_a_full_disk_leaves_nothing_behind(settings, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(b"rows")
    assert everything(settings) == []
    monkeypatch.undo()
    assert store.get(store.put(b"rows")) == b"rows"


def test_a_file_appears_only_once_it_is_whole(settings, monkeypatch):
    seen = []
    flush = os.fsync

    def watched(handle: int) -> None:
        seen.append([name for name in everything(settings) if not name.startswith(".part-")])
        flush(handle)

    monkeypatch.setattr(os, "fsync", watched)
    digest = store.put(b"rows")
    assert seen == [[], [digest]]
