"""Old raw runs are let go, what is not good stays longer, and no figure changes."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitors.core.entry import EntryKind
from monitors.core.history import Life
from monitors.core.model import Verdict
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import Window
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS, names_of
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_tidy import SqliteTidy, Thinned
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs

INTERVAL_MS = 600_000
DAY = NOON_MS // DAY_MS
LATER_MS = NOON_MS + 200 * DAY_MS
RULES = RetentionRules(dispute_days=90)


def written(path: Path, letters: str) -> SqliteLedger:
    """Write runs ten minutes apart from 05:00 UTC on: the first 114 lie in the first UTC day."""
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    target = a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))
    ledger.record_targets([target], life="life-1", at_ms=NOON_MS)
    end_ms = NOON_MS + len(letters) * INTERVAL_MS + DAY_MS
    ledger.append(some_runs(letters, interval_ms=INTERVAL_MS), life="life-1", heartbeat_ms=end_ms)
    return ledger


def tidied(path: Path, now_ms: int, rules: RetentionRules = RULES) -> tuple[Thinned, ...]:
    tidy = SqliteTidy(path)
    tidy.slice_rows = 40
    done = tidy.tidy(rules, now_ms=now_ms, pause=lambda _: None, is_stopped=lambda: False)
    tidy.close()
    return done


def sequences(path: Path) -> list[int]:
    reader = SqliteReader(path)
    found = [run.sequence for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=LATER_MS)]
    reader.close()
    return found


def stated(path: Path, window: Window) -> SlaStatement | None:
    reader = SqliteReader(path)
    history = reader.history("dinkes", "antrean", start_ms=window.start_ms, end_ms=window.end_ms)
    reader.close()
    assert history is not None
    # the whole timeline, clipped to the window at the end, as "sla show" has it
    return statement(history, service_timeline(history, until_ms=data_until(history.lives, LATER_MS)), window)


@settings(max_examples=8, deadline=None)
@example("d" * 150, 0, 1, 1)             # a stretch that stays whole reaches beyond the window
@example("d" * 150, 0, 1, 13)
@example("u" * 80 + "d" * 70, 77, 1, 1)
@given(
    st.text(alphabet="uuuuuuuued-n", min_size=150, max_size=260), st.integers(0, 200), st.integers(1, 200),
    st.integers(0, INTERVAL_MS),
)
def test_figures_are_the_same_after_raw_runs_are_gone(letters: str, first: int, length: int, offset_ms: int):
    """Up, degraded, down, unknown, low and high, for any window whatever, also where its edges cut a stretch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        written(path, letters).close()
        start_ms = NOON_MS + first * INTERVAL_MS + offset_ms
        window = Window(start_ms=start_ms, end_ms=start_ms + length * INTERVAL_MS)
        before = stated(path, window)
        assert tidied(path, LATER_MS), "nothing was let go, so that nothing was tried"
        assert sequences(path) == []
        after = stated(path, window)
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            for name in ("up_ms", "degraded_ms", "down_ms", "unknown_ms", "possibly_down_ms", "certainly_down_ms"):
                assert getattr(before, name) == getattr(after, name), name
            assert (before.judgement, before.start_ms, before.until_ms) == (after.judgement, after.start_ms, after.until_ms)


def test_runs_within_five_intervals_of_one_that_is_not_good_stay_with_their_evidence(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 50 + "d" + "u" * 30 + "-" + "u" * 100).close()
    now_ms = (DAY + 1 + RULES.raw_days) * DAY_MS
    done = tidied(path, now_ms)
    assert [(one.reason, one.kept, one.gone) for one in done] == [("age", 22, 92)]
    first_day = [sequence for sequence in sequences(path) if sequence < 114]
    assert first_day == [*range(45, 56), *range(76, 87)]
    assert sequences(path)[22:] == list(range(114, 182)), "the next day is not old enough"
    reader = SqliteReader(path)
    down = [run for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=LATER_MS) if run.verdict is Verdict.DOWN]
    assert down[0].tries[0].steps[0].reason, "its evidence is still there"
    reader.close()
    assert tidied(path, now_ms) == (), "a repeat changes nothing"


def test_what_was_kept_goes_after_the_dispute_deadline_of_its_month(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 50 + "d" + "u" * 20).close()
    rules = RetentionRules(raw_days=30)
    tidied(path, NOON_MS + 40 * DAY_MS, rules)
    assert len(sequences(path)) == 11
    # January's deadline: 1 February and 60 days, and a day for zones ahead of UTC
    deadline_ms = rules.deadline_ms(DAY)
    assert deadline_ms == 1_769_904_000_000 + 61 * DAY_MS
    assert tidied(path, deadline_ms - 1, rules) == ()
    assert [one.reason for one in tidied(path, deadline_ms, rules)] == ["deadline"]
    assert sequences(path) == []


def keep_ruling(path: Path, body: dict[str, str | int], **given: str) -> None:
    entries = SqliteEntries(path)
    entries.keep_entry(an_entry(kind=EntryKind.CORRECTION, service="antrean", at_ms=LATER_MS, body=body, **given))
    entries.close()


def test_what_is_in_dispute_stays_until_the_ruling(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = written(path, "u" * 50 + "d" + "u" * 20)
    opened = ledger.keep_entry(an_entry(kind=EntryKind.DISPUTE, service="antrean", body={"act": "open", "key": "a1"}))
    ledger.close()
    assert [(one.reason, one.kept) for one in tidied(path, LATER_MS)] == [("deadline", 11)]
    assert tidied(path, LATER_MS) == ()
    ruling: dict[str, str | int] = {"dispute": opened.number, "outcome": "rejected"}
    for signature, by, key in (("", "kementerian", "b2"), ("00" * 64, opened.by, "a1")):
        keep_ruling(path, ruling | {"key": key}, by=by, signature=signature)
        assert tidied(path, LATER_MS) == (), "an unsigned ruling and one by the opener end nothing"
    keep_ruling(path, ruling | {"key": "b2"}, by="kementerian", signature="00" * 64)
    assert [one.kept for one in tidied(path, LATER_MS)] == [0]
    assert sequences(path) == []


def test_days_go_oldest_first_where_they_are_too_large_but_never_the_newest(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 600).close()     # 05:00 on the first day to 09:00 on the fifth
    now_ms = (DAY + 5) * DAY_MS
    assert tidied(path, now_ms, RetentionRules(max_bytes=1 << 30)) == ()
    done = tidied(path, now_ms, RetentionRules(max_bytes=1))
    assert [one.reason for one in done] == ["size"] * 3
    assert sequences(path)[0] == 114 + 2 * 144


def test_what_was_let_go_is_written_down_and_what_stays_is_guarded(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 50 + "d" + "u" * 20).close()
    tidied(path, (DAY + 93) * DAY_MS)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT day, reason, kept, gone FROM retention").fetchall() == [(DAY, "age", 11, 60)]
        for statement_ in (f"DELETE FROM {names_of(DAY).run}", f"DELETE FROM {names_of(DAY).evidence}",  # noqa: S608
                           "DELETE FROM retention", "UPDATE retention SET gone = 0"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                other.execute(statement_)
        left = other.execute("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'gone_*' OR name GLOB 'kept_*'")
        assert left.fetchone() == (0,)
    other.close()


def test_a_stop_at_any_step_is_gone_on_with(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    written(path, "u" * 400).close()
    window = Window(start_ms=NOON_MS, end_ms=NOON_MS + 100 * INTERVAL_MS)
    before = stated(path, window)
    for calls in range(0, 24, 5):
        left = iter([False] * calls)

        def is_stopped(left: Iterator[bool] = left) -> bool:
            return next(left, True)

        tidy = SqliteTidy(path)
        tidy.slice_rows = 40
        tidy.tidy(RULES, now_ms=LATER_MS, pause=lambda _: None, is_stopped=is_stopped)
        tidy.close()
        after = stated(path, window)
        assert before is not None
        assert after is not None
        assert (after.up_ms, after.observed_ms) == (before.up_ms, before.observed_ms)
    tidied(path, LATER_MS)
    assert sequences(path) == []


def test_the_monitor_writes_while_a_day_is_emptied(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    ledger = written(path, "u" * 71)
    later = iter(range(71, 10_000))
    tidy = SqliteTidy(path)
    tidy.slice_rows = 3

    def write(_: float) -> None:
        runs = some_runs("u" * 300, interval_ms=INTERVAL_MS)
        run = runs[next(later)]
        assert ledger.append([run], life="life-1", heartbeat_ms=run.ended_ms) == 1

    tidy.tidy(RULES, now_ms=(DAY + 93) * DAY_MS, pause=write, is_stopped=lambda: False)
    tidy.close()
    ledger.close()
    assert sequences(path)[0] == 71
    assert len(sequences(path)) > 8
