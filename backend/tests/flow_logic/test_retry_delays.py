import pytest

from postmill.flow_logic.retry_delays import LONGEST_SECONDS, longest_wait, next_delay
from postmill.kernel.errors import InvalidInput
from postmill.model.retry_policy import parse_policy

CONSTANT = '{"constant":{"attempts":2,"seconds":5}}'
BOTH = '{"constant":{"attempts":1,"seconds":5},"exponential":{"attempts":2,"multiplier":3,"seconds":2}}'
JITTER = '{"exponential":{"attempts":9,"multiplier":1,"seconds":10,"random_factor":50}}'


@pytest.mark.parametrize(
    ("policy", "failures", "chance", "delay"),
    [
        ("{}", 0, 0.5, None),
        (CONSTANT, 0, 0.5, 5),
        (CONSTANT, 1, 0.5, 5),
        (CONSTANT, 2, 0.5, None),
        (BOTH, 0, 0.5, 5),
        (BOTH, 1, 0.5, 12),  # 3 * 2 ** 2: the constant try counts
        (BOTH, 2, 0.5, 24),
        (BOTH, 3, 0.5, None),
        (JITTER, 0, 0.0, 5),
        (JITTER, 0, 1.0, 15),
        ('{"exponential":{"attempts":999,"multiplier":1,"seconds":10}}', 900, 0.5, LONGEST_SECONDS),
        ('{"constant":null,"exponential":null}', 0, 0.5, None),
        ('{"constant":{"attempts":1,"seconds":-3}}', 0, 0.5, 0),
    ],
)
def test_delays(policy: str, failures: int, chance: float, delay: float | None) -> None:
    assert next_delay(parse_policy(policy), failures, chance) == delay


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        ("{}", 0),
        (CONSTANT, 5),
        (BOTH, 24),
        (JITTER, 1e9),
        ('{"exponential":{"attempts":3,"multiplier":8,"seconds":0.5}}', 4),
        ('{"constant":{"attempts":0,"seconds":99999}}', 0),
    ],
)
def test_the_longest_wait_is_that_of_some_try(policy: str, seconds: float) -> None:
    assert longest_wait(parse_policy(policy)) == pytest.approx(seconds)


def test_waits_beyond_all_numbers_are_long_as_well() -> None:
    policy = parse_policy('{"exponential":{"attempts":5000,"multiplier":1,"seconds":10}}')
    assert longest_wait(policy) > LONGEST_SECONDS
    assert next_delay(policy, 4000, 1.0) == LONGEST_SECONDS


@pytest.mark.parametrize("text", ['{"retry_if":{"expr":"true"}}', '{"constant":3}', "[]", "{"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_policy(text)
