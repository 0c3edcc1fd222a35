"""Counts, decimal numbers, durations and sizes, as a file writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stacks.definition.amounts import Duration, Number, Size, Whole, duration_text, size_text
from stacks.definition.faults import Findings, Place
from stacks.definition.tree import Items, Scalar

DURATION = Duration(low_ms=100, high_ms=3_600_000)
SIZE = Size(low=1024, high=1024**4)
PERCENT = Number(above=Decimal(0), most=Decimal(100), is_open=True)
PORT = Whole(low=1, high=65535)


def read(kind, text, *, is_plain=True):
    findings = Findings(file="a.yaml")
    value = kind.read(Scalar(text=text, line=1, is_plain=is_plain), Place(findings=findings, line=1))
    return value, [line.removeprefix("a.yaml:1: file: ") for line in findings.lines()]


@pytest.mark.parametrize(("kind", "text", "value"), [
    (DURATION, "500ms", 500), (DURATION, "30s", 30_000), (DURATION, "1.5s", 1_500), (DURATION, "2m", 120_000),
    (DURATION, "1h", 3_600_000), (SIZE, "256MiB", 256 * 1024**2), (SIZE, "1GiB", 1024**3), (SIZE, "1.5GiB", 1536 * 1024**2),
    (PERCENT, "99.5", Decimal("99.5")), (PERCENT, "99.50", Decimal("99.50")), (PERCENT, "99", Decimal(99)), (PORT, "8000", 8000),
])
def test_a_good_amount_is_read_exactly(kind, text, value):
    found, faults = read(kind, text)
    assert faults == []
    assert (found, str(found)) == (value, str(value))


@pytest.mark.parametrize(("kind", "text", "part"), [
    (DURATION, "30", "30 has no unit; expected a duration from 100ms to 60m; write 30s if that is meant"),
    (DURATION, "5 menit", 'the unit "menit" is not known; expected a duration from 100ms to 60m; write 5m'),
    (DURATION, "5 parsec", 'the unit "parsec" is not known'),
    (DURATION, "1:30", "1:30 is 90 (base sixty) to some YAML readers"),
    (DURATION, "030s", None), (DURATION, "lama", '"lama" is not digits and a unit'),
    (DURATION, "0.5ms", "0.5ms is a fraction of the smallest unit"),
    (DURATION, "2h", "2h is out of range"), (DURATION, "-5s", '"-5s" is not digits and a unit'),
    (SIZE, "256MB", 'the unit "MB" is not known; expected a size from 1KiB to 1024GiB; write 256MiB'),
    (SIZE, "512m", "write 512MiB"), (SIZE, "100", "100 has no unit"),
    (PERCENT, "100", "100 is out of range"), (PERCENT, "0", "0 is out of range"), (PERCENT, "9e1", "9e1 is a number with an exponent"),
    (PERCENT, ".5", ".5 is read as a number"), (PERCENT, "99,5", '"99,5" is not a number'), (PERCENT, "yes", '"yes" is not a number'),
    (PORT, "80.5", "80.5 is not whole"), (PORT, "0", "0 is out of range"), (PORT, "+80", '"+80" is not a number'),
    (PORT, "0080", "0080 is read as 80, its leading zero lost"), (PORT, "9" * 5000, "is not a number"), (PORT, "", "nothing stands here"),
])
def test_a_bad_amount_is_told(kind, text, part):
    found, faults = read(kind, text)
    if part is None:
        assert (found, faults) == (30_000, [])
        return
    assert found is None
    assert len(faults) == 1
    assert part in faults[0]


@pytest.mark.parametrize("kind", [PORT, PERCENT])
def test_a_number_in_quotes_is_text(kind):
    assert "in quotes is text" in read(kind, "80", is_plain=False)[1][0]


def test_a_list_is_no_amount():
    findings = Findings(file="a.yaml")
    assert DURATION.read(Items(items=(), line=1), Place(findings=findings, line=1)) is None
    assert "a list stands here" in findings.lines()[0]


@pytest.mark.parametrize(("ms", "text"), [(1_500, "1500ms"), (90_000, "90s"), (60_000, "60s"), (300_000, "5m"), (7_200_000, "2h")])
def test_a_duration_is_written_as_a_file_writes_it_and_reads_back(ms, text):
    assert duration_text(ms) == text
    assert read(Duration(low_ms=1, high_ms=10**9), text) == (ms, [])


@pytest.mark.parametrize(("size", "text"), [(1024, "1KiB"), (1536 * 1024, "1536KiB"), (1024**3, "1GiB"), (1000, "1000")])
def test_a_size_is_written_in_its_largest_whole_unit(size, text):
    assert size_text(size) == text
