"""A made ledger is one that a monitor could have written."""

from __future__ import annotations

from pathlib import Path

from monitors.core.history import fold, stretch_of
from monitors.ledger.rows import stretch_row
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_reader import SqliteReader
from tests.bench.made_ledger import HOLD_MS, Made, key_of, make_ledger, stretches_of

SMALL = Made(services=3, days=3)


def test_stretches_are_what_the_raw_runs_fold_to(tmp_path: Path):
    make_ledger(tmp_path / "ledger.sqlite", SMALL)
    reader = SqliteReader(tmp_path / "ledger.sqlite")
    day_ms = SMALL.raw[0] * DAY_MS
    counted = 0
    for number in range(SMALL.services):
        runs = list(reader.runs(*key_of(number), start_ms=day_ms, end_ms=day_ms + DAY_MS))
        counted += len(runs)
        expected = [s for s in stretches_of(SMALL, number) if day_ms <= s.start_ms < day_ms + DAY_MS]
        assert list(fold(stretch_of(run, hold_ms=HOLD_MS) for run in runs)) == expected
        assert any(run.tries and not run.tries[0].steps[0].passed for run in runs) or number
    assert counted == SMALL.raw_runs == 3 * 2_880
    reader.close()


def test_the_same_made_twice_is_the_same(tmp_path: Path):
    def rows(number: int) -> list[object]:
        return [stretch_row(stretch, 1) for stretch in stretches_of(SMALL, number)]

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)
