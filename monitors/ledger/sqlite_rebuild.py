"""Makes the stretches of a SQLite ledger anew from its raw runs, and compares them row by row.

Only days count of which all raw runs are there; stretches of days whose runs were let go are all that is left of them.
A stretch never reaches over a UTC hour, so an hour is made at a time, however large the ledger is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from monitors.core.history import MS_PER_HOUR, Stretch, fold, hold_of
from monitors.core.model import Verdict
from monitors.ledger.rows import RunRow, stretch_row
from monitors.ledger.sqlite_days import DAY_MINUTES, DAY_MS, date_of, names_of, thinned_days
from monitors.ledger.sqlite_reader import SqliteReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.ledger.reading import Facts, SeriesRow

HOUR_MINUTES = 60
HOUR_ROWS = "SELECT * FROM {run} WHERE minute BETWEEN ? AND ? ORDER BY series, sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first row that is not what the raw runs make. ``None`` on either side: there is none."""

    of: str                              # agency/service/transaction at vantage
    stored: tuple[Any, ...] | None
    made: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was compared."""

    days: int                            # with all raw runs
    left_out: int                        # days whose raw runs were let go
    runs: int
    stretches: int
    difference: Difference | None


class SqliteRebuild(SqliteReader):
    """Reads the ledger in ``path`` and makes its stretches anew beside it; writes nothing."""

    def compare(self) -> Rebuilt:
        """Compare all stretches of days with raw runs; ends at the first difference."""
        with self.snapshot():
            gone = thinned_days(self._db)
            days = [day for day in self._days.look() if day not in gone]
            runs = stretches = 0
            self._facts_of: dict[tuple[str, str], Facts] = {}
            self._by_id = {series.id: series for series in self._series("")}
            for day in days:
                for minute in range(day * DAY_MINUTES, (day + 1) * DAY_MINUTES, HOUR_MINUTES):
                    for series, count, made in self._hour(day, minute):
                        runs, stretches = runs + count, stretches + len(made)
                        difference = self._differ(series, minute * 60_000, made)
                        if difference is not None:
                            return self._rebuilt(days, gone, runs, stretches, difference)
            difference = self._without_runs(gone, stretches)
            return self._rebuilt(days, gone, runs, stretches, difference)

    def _rebuilt(
        self, days: list[int], gone: frozenset[int], runs: int, stretches: int, difference: Difference | None,
    ) -> Rebuilt:
        return Rebuilt(days=len(days), left_out=len(gone), runs=runs, stretches=stretches, difference=difference)

    def _hour(self, day: int, minute: int) -> Iterator[tuple[SeriesRow, int, list[tuple[Any, ...]]]]:
        """Give what each series' runs of an hour fold to, as rows, up to where the series is folded."""
        cursor = self._db.execute(HOUR_ROWS.format(run=names_of(day).run), (minute, minute + HOUR_MINUTES - 1))
        for number, rows in groupby(map(RunRow._make, cursor), key=lambda row: row.series):
            series = self._by_id[number]
            facts = self._facts_for(series)
            of_hour = [row for row in rows if row.started_ms < series.folded_ms]
            made = fold(self._singles(of_hour, series, facts), facts.breaks[series.life])
            yield series, len(of_hour), [stretch_row(stretch, number) for stretch in made]

    def _singles(self, rows: list[RunRow], series: SeriesRow, facts: Facts) -> Iterator[Stretch]:
        holds = {
            hold_of(transaction.interval_ms) for definition in facts.definitions
            if definition.vantage == series.vantage for transaction in definition.target.transactions
            if transaction.name == series.transaction
        }
        hold_ms = holds.pop() if len(holds) == 1 else 0
        for row in rows:
            if row.code or not hold_ms:
                yield self._single(row, series, facts.definitions)
                continue
            # a run that was up, without making the run: a nation has 37 million a day
            start_ms, end_ms = row.started_ms, row.started_ms + row.took_ms
            yield Stretch(
                transaction=series.transaction, vantage=series.vantage, life=series.life, first_sequence=row.sequence,
                last_sequence=row.sequence, verdict=Verdict.UP, start_ms=start_ms, last_start_ms=start_ms,
                end_ms=end_ms, hold_ms=hold_ms, missed=0, first_try_failures=0, good_end_ms=end_ms,
                good_start_ms=start_ms,
            )

    def _facts_for(self, series: SeriesRow) -> Facts:
        key = (series.agency, series.service)
        facts = self._facts_of.get(key)
        if facts is None:
            facts = self._facts_of[key] = self._facts(*key)
        return facts

    def _differ(self, series: SeriesRow, hour_ms: int, made: list[tuple[Any, ...]]) -> Difference | None:
        if not made:
            return None
        stored = [row for row in self._db.execute(
            "SELECT * FROM stretch WHERE series = ? AND first_sequence BETWEEN ? AND ? ORDER BY first_sequence",
            (series.id, made[0][1], made[-1][2]),
        ).fetchall() if hour_ms <= row[4] < hour_ms + MS_PER_HOUR and row[4] < series.folded_ms]
        for place in range(max(len(stored), len(made))):
            one = stored[place] if place < len(stored) else None
            other = made[place] if place < len(made) else None
            if one is not None and other is not None and one[1] != other[1]:
                one, other = (one, None) if one[1] < other[1] else (None, other)      # the earlier stands alone
            if one != other:
                return Difference(of=_name(series), stored=one, made=other)
        return None

    def _without_runs(self, gone: frozenset[int], expected: int) -> Difference | None:
        """Find a stored stretch that no raw run stands behind, though none of its day was let go."""
        not_gone = " AND ".join([
            "st.start_ms < l.folded_ms",
            *(f"st.start_ms NOT BETWEEN {day * DAY_MS} AND {(day + 1) * DAY_MS - 1}" for day in sorted(gone)),
        ])
        counted = self._db.execute(
            "SELECT count(*) FROM stretch st JOIN series s ON s.id = st.series JOIN life l ON l.id = s.life "  # noqa: S608
            f"WHERE {not_gone}",
        ).fetchone()[0]
        if counted == expected:
            return None
        for row in self._db.execute(
            "SELECT st.* FROM stretch st JOIN series s ON s.id = st.series JOIN life l ON l.id = s.life "  # noqa: S608
            f"WHERE {not_gone} ORDER BY st.series, st.first_sequence",
        ):
            names = self._days.at(row[4] // 60_000)
            if names is None or self._db.execute(
                f"SELECT 1 FROM {names.run} WHERE minute = ? AND series = ? AND sequence = ?",  # noqa: S608 - digits
                (row[4] // 60_000, row[0], row[1]),
            ).fetchone() is None:
                return Difference(of=_name(self._by_id[row[0]]), stored=row, made=None)
        return None


def _name(series: SeriesRow) -> str:
    return f"{series.agency}/{series.service}/{series.transaction} at {series.vantage}, life {series.life}"


def describe(difference: Difference) -> str:
    """Say in a sentence which row differs, and how."""
    row = difference.stored or difference.made or (0,) * 16
    where = f"{difference.of}: stretch from sequence {row[1]} on ({date_of(row[4] // DAY_MS)} UTC)"
    if difference.stored is None:
        return f"{where} is made by the raw runs but is not stored"
    if difference.made is None:
        return f"{where} is stored but no raw run makes it"
    return f"{where} is stored as {difference.stored} but the raw runs make {difference.made}"
