"""Files in a folder and in a bucket of a real S3 server: one store, named by content, whole or not there at all."""

import io
import os
import time
from pathlib import Path

import pytest

from metrics import storage, store

DAY = 24 * 3600
MIB = 1 << 20


@pytest.fixture(params=["folder", "bucket"])
def place(request, settings):
    """The store, each test once for each kind of place; its files, by name and bytes."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
    return lambda: {one.name: one.size for one in store.files()}


@pytest.fixture
def later(monkeypatch):
    """Let so many seconds pass."""
    passed = [0.0]
    clock = time.time
    monkeypatch.setattr(storage.time, "time", lambda: clock() + passed[0])

    def pass_by(seconds):
        passed[0] += seconds

    return pass_by


class Torn(io.BytesIO):
    """A file that ends in an error after so many bytes."""

    def read(self, size=-1):
        if self.tell() >= 8 * MIB:
            raise MemoryError
        return super().read(size)


def test_bytes_come_back_under_the_digest_of_their_content(place):
    digest = store.put(b"rows")
    assert digest == "bc51e9e65d79e1c90ba544ab2eae1044ccdf8c1af7a559ba375cba4276f7d99e"
    assert store.get(digest, check=True) == b"rows"
    assert store.intact(digest)
    assert store.path(digest).read_bytes() == b"rows"
    assert place() == {digest: 4}
    assert store.size() == (1, 4)
    assert store.held(digest).size == 4


def test_the_same_bytes_are_stored_once(place):
    assert store.put(b"rows") == store.put(b"rows")
    assert len(place()) == 1


def test_a_part_of_a_file_is_read_from_any_place(place):
    with store.opened(store.put(b"0123456789")) as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == b"789"
        file.seek(2)
        assert file.read(3) == b"234"


def test_a_large_file_is_stored_in_pieces(place, tmp_path):
    given = tmp_path / "large"
    given.write_bytes(os.urandom(30 * MIB))
    digest = store.put_file(given)
    assert place() == {digest: 30 * MIB}
    assert store.path(digest).read_bytes() == given.read_bytes()


def test_what_is_not_there_says_what_to_do(place):
    absent = "a" * 64
    assert not store.has(absent)
    assert store.held(absent) is None
    for ask in (store.get, store.opened, store.path, store.intact):
        with pytest.raises(store.Missing, match="restore it from the backup"):
            ask(absent)


def test_a_file_whose_writing_breaks_off_is_not_there(place):
    content = os.urandom(12 * MIB)
    with pytest.raises(MemoryError):
        store.storage().put("b" * 64, Torn(content))
    assert place() == {}
    assert not store.has("b" * 64)


def test_the_sweep_keeps_what_is_named_and_what_is_young(place, later):
    named = store.put(b"named")
    store.put(b"orphan")
    assert store.sweep([named]) == 0
    later(DAY + 1)
    assert store.sweep([named]) == 1
    assert place().keys() == {named}
    assert store.get(named) == b"named"


def test_the_sweep_takes_what_was_being_written_when_it_was_killed(place):
    digest, where = store.put(b"rows"), store.storage()
    where.put(".part-abc", io.BytesIO(b"ro"))
    if isinstance(where, storage.Folder):  # it lies beside the place of the file that it was to be
        (where.root / ".p" / ".part-abc").rename(store.path(digest).parent / ".part-abc")
    assert len(place()) == 2
    assert store.sweep([digest]) == 0
    with pytest.MonkeyPatch.context() as moved:
        clock = time.time
        moved.setattr(storage.time, "time", lambda: clock() + DAY + 1)
        assert store.sweep([digest]) == 1
    assert place().keys() == {digest}


def test_a_file_that_is_written_again_since_it_was_listed_is_not_swept(place, later):
    digest = store.put(b"rows")
    listed = next(store.files())
    time.sleep(1.1)  # an object's time is a second's
    later(DAY)
    store.put(b"rows")
    assert not store.storage().delete(listed)
    assert store.get(digest) == b"rows"


def test_bytes_that_were_changed_are_noticed(place, settings):
    digest = store.put(b"rows")
    where = store.storage()
    where.put(digest, io.BytesIO(b"r0ws"))
    assert store.get(digest) == b"r0ws"
    assert not store.intact(digest)
    with pytest.raises(store.Missing, match="not those that were stored"):
        store.get(digest, check=True)
    if isinstance(where, storage.Bucket):  # what comes over a network is read before it is believed
        with pytest.raises(store.Missing, match="not those that were stored"):
            store.path(digest)


def copies(settings) -> list[str]:
    return sorted(file.name for file in Path(settings.STORE_DIR, "copies").rglob("*") if file.is_file())


def test_a_copy_is_fetched_once_and_goes_with_its_object(bucket, settings, later):
    digest = store.put(b"rows")
    assert copies(settings) == []
    copy = store.path(digest)
    first = copy.stat().st_ino
    assert store.path(digest).stat().st_ino == first
    later(DAY + 1)
    store.sweep([])
    assert copies(settings) == []
    copy.write_bytes(b"rows")  # as on a machine that swept nothing
    with pytest.raises(store.Missing):
        store.path(digest)
    assert copies(settings) == []


def test_copies_take_no_more_room_than_they_may_and_the_last_used_stay(bucket, settings):
    settings.STORE_COPIES_MAX_BYTES = 10
    old, older, new = store.put(b"old.."), store.put(b"older"), store.put(b"new..")
    for seconds, digest in enumerate([older, old], start=1):
        os.utime(store.path(digest), (seconds, seconds))
    assert store.path(new).read_bytes() == b"new.."
    assert copies(settings) == sorted([old, new])


def test_a_copy_that_is_in_use_stays_whatever_room_there_is(bucket, settings):
    settings.STORE_COPIES_MAX_BYTES = 1
    first, second = store.put(b"first"), store.put(b"second")
    store.path(first)
    store.path(second)
    assert copies(settings) == sorted([first, second])


def test_storage_that_is_away_is_no_missing_file(bucket):
    digest = store.put(b"rows")
    bucket.stop()
    try:
        for ask in (store.get, store.opened, store.path):
            with pytest.raises(storage.Unavailable, match="company-data"):
                ask(digest)
        with pytest.raises(storage.Unavailable, match="company-data"):
            store.put(b"others")
    finally:
        bucket.start()
