"""Codes of half a minute, codes that hold once, and how their secrets are kept."""

import pytest

from metrics.models.two_factor import TwoFactor
from metrics.services.product import one_time
from tests.authenticator import code

pytestmark = pytest.mark.promise("S7")


# RFC 6238, appendix B, of which SHA-1 with the secret "12345678901234567890"; here the last six of eight digits.
GOLDEN = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize("at", GOLDEN)
def test_codes_are_those_of_the_standard(at):
    secret = b"12345678901234567890"
    assert one_time.code(secret, one_time.step_at(at)) == GOLDEN[at]
    assert code(one_time.grouped(secret), at=at) == GOLDEN[at]  # as the tests' own app has it


@pytest.mark.parametrize(("apart", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_half_a_minute_off_is_right_and_a_minute_off_is_not(apart, taken):
    secret = one_time.new_secret()
    given = one_time.code(secret, 1000 + apart)
    assert (one_time.step_of(secret, given, now=1000, after=0) == 1000 + apart) is taken


def test_a_code_is_used_with_all_before_it():
    secret = one_time.new_secret()
    for step in (999, 1000):
        assert one_time.step_of(secret, one_time.code(secret, step), now=1000, after=1000) is None
    assert one_time.step_of(secret, one_time.code(secret, 1001), now=1000, after=1000) == 1001


def test_a_secret_is_sealed_by_the_key_of_the_installation_and_by_no_other(settings):
    secret = one_time.new_secret()
    kept = one_time.sealed(secret)
    assert len(kept) <= TwoFactor._meta.get_field("secret").max_length
    assert one_time.opened(kept) == secret
    assert kept != one_time.sealed(secret)
    assert one_time.opened(kept[:-4] + "AAA=") is None
    settings.SECRET_KEY = "another" * 10
    assert one_time.opened(kept) is None


def test_recovery_codes_are_random_and_read_as_they_are_typed():
    made = {one_time.recovery_code() for _ in range(200)}
    assert len(made) == 200
    assert {len(one_time.plain(one)) for one in made} == {16}
    (one, *_) = made
    assert one_time.plain(f" {one.upper().replace('-', ' ')} ") == one_time.plain(one)
