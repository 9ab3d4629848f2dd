import pytest

from postmill.flow_logic.retry_delays import LONGEST_SECONDS, next_delay
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


@pytest.mark.parametrize("text", ['{"retry_if":{"expr":"true"}}', '{"constant":3}', "[]", "{"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_policy(text)
