import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.core.draws import BUCKETS, SMALL_BUCKETS, SMALL_N, K, bucket_ids, bucket_weights, buckets_for, uniforms

HASHED = {"": 33869, "1": 59774, "booking-000001": 26317, "ü" * 30: 58004}
WEIGHTS = [0.0, 1.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 1.0, 4.0, 0.0, 1.0]
UNIFORMS = [0.06743140259480451, 0.49193902031192616]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_an_ids_bucket_depends_on_its_text_alone(ids: list[str]) -> None:
    together = bucket_ids(ids, SMALL_BUCKETS)
    alone = [int(bucket_ids([one], SMALL_BUCKETS)[0]) for one in ids]
    assert together.tolist() == alone


def test_the_hash_is_the_one_stored_results_were_made_with() -> None:
    ids = ["", "1", "booking-000001", "ü" * 30]
    assert bucket_ids(ids, SMALL_BUCKETS).tolist() == [HASHED[one] for one in ids]


def test_integers_are_hashed_as_decimals() -> None:
    assert bucket_ids(np.array([7, -12, 10**15]), 256).tolist() == bucket_ids(["7", "-12", str(10**15)], 256).tolist()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_the_arrow_type_of_an_id_does_not_matter(kind: pa.DataType) -> None:
    ids = ["a", "bb", "a", "a longer text than one word"]
    chunks = pa.chunked_array([pa.array(["never", *ids[:2]]).slice(1), pa.array(ids[2:])]).cast(kind)
    assert bucket_ids(chunks, 256).tolist() == bucket_ids(ids, 256).tolist()


def test_texts_that_differ_by_trailing_zero_bytes_differ() -> None:
    assert len(set(bucket_ids(["a", "a\0", "a\0\0", "a\0\0\0"], 1 << 31).tolist())) == 4


def test_256_buckets_fold_the_small_buckets() -> None:
    ids = np.arange(5000)
    assert (bucket_ids(ids, SMALL_BUCKETS) % BUCKETS == bucket_ids(ids, BUCKETS)).all()


@pytest.mark.parametrize("prefix", ["", "customer-2024-", "x"])
def test_buckets_are_evenly_filled(prefix: str) -> None:
    filled = np.bincount(bucket_ids([f"{prefix}{i}" for i in range(50_000)], BUCKETS), minlength=BUCKETS)
    assert stats.chisquare(filled).pvalue > 1e-3


def test_a_missing_id_is_refused() -> None:
    with pytest.raises(ValueError, match="1 ids are missing"):
        bucket_ids(pa.array(["a", None]), 256)


def test_no_ids_have_no_buckets() -> None:
    assert bucket_ids([], 256).tolist() == []


def test_fewer_than_1024_rows_have_the_small_buckets() -> None:
    assert (buckets_for(SMALL_N - 1), buckets_for(SMALL_N)) == (SMALL_BUCKETS, BUCKETS)


def test_weights_are_poisson_with_mean_one() -> None:
    weights = bucket_weights(11, BUCKETS)
    assert weights.shape == (K, BUCKETS)
    seen = np.bincount(weights.astype(int).ravel(), minlength=7)[:7]
    expected = stats.poisson(1).pmf(np.arange(7)) * weights.size
    assert stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-3


def test_weights_of_two_buckets_are_not_correlated() -> None:
    correlation = np.corrcoef(bucket_weights(11, BUCKETS).T)
    apart = correlation[~np.eye(BUCKETS, dtype=bool)]
    assert abs(apart.mean()) < 1e-3
    assert apart.std() == pytest.approx(K**-0.5, rel=0.05)


def test_naming_some_buckets_gives_their_columns() -> None:
    some = np.array([3, 9, 200])
    assert (bucket_weights(5, BUCKETS, some) == bucket_weights(5, BUCKETS)[:, some]).all()
    few = bucket_weights(5, SMALL_BUCKETS, np.array([65_535, 0]))
    assert (few[:, 1] == bucket_weights(5, SMALL_BUCKETS, np.array([0]))[:, 0]).all()


def test_another_seed_gives_other_weights_and_the_same_seed_the_same() -> None:
    assert (bucket_weights(1, BUCKETS) == bucket_weights(1, BUCKETS)).all()
    assert (bucket_weights(1, BUCKETS) != bucket_weights(2, BUCKETS)).any()


def test_the_weights_are_the_ones_stored_results_were_made_with() -> None:
    assert bucket_weights(20_260_101, BUCKETS)[:12, 17].tolist() == WEIGHTS
    assert uniforms(20_260_101, "assumption-1")[:2].tolist() == UNIFORMS


def test_weights_cannot_be_written_to() -> None:
    with pytest.raises(ValueError):
        bucket_weights(1, BUCKETS)[0, 0] = 5
    with pytest.raises(ValueError):
        uniforms(1, "a")[0] = 0.5


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        bucket_weights(seed, BUCKETS)
    with pytest.raises(ValueError, match="seed"):
        uniforms(seed, "a")


def test_a_bucket_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="buckets lie between 0 and 255"):
        bucket_weights(1, BUCKETS, np.array([256]))


def test_uniforms_are_uniform_and_never_reach_the_ends() -> None:
    u = uniforms(11, "share unsold")
    assert u.shape == (K,)
    assert 0 < u.min() < u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_uniforms_belong_to_the_name() -> None:
    assert (uniforms(11, "a") == uniforms(11, "a")).all()
    assert abs(np.corrcoef(uniforms(11, "a"), uniforms(11, "b"))[0, 1]) < 0.1
