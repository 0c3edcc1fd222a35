from decimal import Decimal

import pytest

from infra.container import go_decimal, go_duration


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"), (250, "250ms"), (1_000, "1s"), (1_500, "1.5s"), (10_000, "10s"), (60_000, "1m0s"),
        (90_500, "1m30.5s"), (3_600_000, "1h0m0s"), (3_661_001, "1h1m1.001s"),
    ],
)
def test_durations_are_written_as_the_engine_writes_them_back(milliseconds, text):
    assert go_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [("1", "1.0"), ("2.0", "2.0"), ("0.5", "0.5"), ("0.250", "0.25"), ("10", "10.0")],
)
def test_cpus_are_written_as_the_provider_writes_them_back(number, text):
    assert go_decimal(Decimal(number)) == text
