"""What a writer on PostgreSQL takes up from the ledger: series, how long runs hold, and lanes, hundreds in one word.

A monitor takes up a nation's 13,000 series after each failure of the server: one by one that would be minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitors.core.errors import LedgerError
from monitors.core.history import Definition, Stretch, breaks_of_all, fold, hold_of
from monitors.core.model import Verdict
from monitors.ledger.lanes import Lane
from monitors.ledger.postgres_entries import PostgresEntries
from monitors.ledger.reading import definition_of_row
from monitors.ledger.rows import MINUTE_MS, stretch_of_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitors.core.model import Run
    from monitors.ledger.postgres_reader import Found
    from monitors.ledger.postgres_server import Db
    from monitors.ledger.reading import SeriesRow
    from monitors.ledger_name import ServerLedger

CHUNK = 500                              # series that are read in one word: an hour of theirs is some 60,000 runs
Key = tuple[str, str, str, str]          # agency, service, transaction, life
Definitions = dict[tuple[str, str], list[Definition]]

FROM_LAST_GOOD = """
SELECT st.* FROM unnest(%s::integer[]) AS asked (id) CROSS JOIN LATERAL (
    SELECT * FROM stretch WHERE series = asked.id AND first_sequence >= coalesce((
        SELECT max(first_sequence) FROM stretch WHERE series = asked.id AND verdict IN (0, 1)), -1)
    OFFSET 0
) AS st ORDER BY st.series, st.first_sequence
"""
NEW_SERIES = """
INSERT INTO series (agency, service, "transaction", life)
SELECT new.*, %s FROM unnest(%s::text[], %s::text[], %s::text[]) AS new
RETURNING id, agency, service, "transaction"
"""


class PostgresLanes(PostgresEntries):
    """The part of the writer that takes up what is there. Called within its transactions."""

    def __init__(self, name: ServerLedger, opening: Callable[[ServerLedger], Db]) -> None:
        super().__init__(name, opening)
        self._lanes: dict[Key, Lane] = {}
        self._holds: dict[Key, tuple[int, int]] = {}          # by vantage: since when, and how long a run holds
        self._known_series: dict[str, dict[Key, SeriesRow]] = {}
        self._breaks: dict[str, tuple[int, ...]] = {}

    def _forget(self) -> None:
        """Know only what the ledger knows."""
        self._lanes.clear()
        self._holds.clear()
        self._known_series.clear()
        self._breaks = {}

    def _know_holds(self, runs: Iterable[Run]) -> None:
        """Learn how long runs hold, of all transactions that are not known."""
        missing = {
            (run.agency, run.service, run.vantage) for run in runs
            if (run.agency, run.service, run.transaction, run.vantage) not in self._holds
        }
        for vantage in {vantage for _, _, vantage in missing}:
            pairs = [(agency, service) for agency, service, of in missing if of == vantage]
            for (agency, service), definitions in self._definitions_of(pairs, vantage).items():
                for definition in definitions:
                    for transaction in definition.target.transactions:
                        self._holds[agency, service, transaction.name, vantage] = (
                            definition.recorded_ms, hold_of(transaction.interval_ms),
                        )

    def _know_lanes(self, runs: Iterable[Run]) -> None:
        """Take up the lanes of these runs, whose transactions were recorded; new ones get a series."""
        missing: dict[str, dict[Key, Run]] = {}
        for run in runs:
            key = (run.agency, run.service, run.transaction, run.life)
            if key not in self._lanes:
                missing.setdefault(run.life, {})[key] = run
        for life, wanted in missing.items():
            known = self._series_of(life)
            new = [key for key in wanted if key not in known]
            if new:
                number = self._rows("SELECT id FROM life WHERE life = %s", (life,))[0][0]
                rows = self._rows(NEW_SERIES, (number, *([key[part] for key in new] for part in range(3))))
                breaks = self._breaks_of(life)
                for series, *names in rows:
                    self._lanes[names[0], names[1], names[2], life] = Lane(series, breaks)
                self._known_series.pop(life)
            self._take_up([known[key] for key in wanted if key in known])

    def _series_of(self, life: str) -> dict[Key, SeriesRow]:
        """Give all series of a life that is ours."""
        known = self._known_series.get(life)
        if known is None:
            known = self._known_series[life] = {
                (one.agency, one.service, one.transaction, one.life): one
                for one in self._series("WHERE l.life = %s", (life,))
            }
        return known

    def _take_up(self, of_life: Sequence[SeriesRow]) -> None:
        """Take up series of one life as lanes."""
        for series, stretches in self._open_stretches(of_life):
            lane = Lane(series.id, self._breaks_of(series.life))
            for stretch in stretches:
                lane.store_newest()
                lane.put(stretch, is_stored=False)
            self._lanes[series.agency, series.service, series.transaction, series.life] = lane

    def _open_stretches(self, of_life: Sequence[SeriesRow]) -> Iterator[tuple[SeriesRow, list[Stretch]]]:
        """Give the stretches of series of one life, from the last good one that is stored, with what is not folded."""
        for start in range(0, len(of_life), CHUNK):
            chunk = of_life[start:start + CHUNK]
            numbers = [series.id for series in chunk]
            stored: dict[int, list[Any]] = {}
            for row in self._rows(FROM_LAST_GOOD, (numbers,)):
                stored.setdefault(row[0], []).append(row)
            heartbeat_ms, folded_ms = self._rows(
                "SELECT heartbeat_ms, folded_ms FROM life WHERE id = %s", (chunk[0].life_id,),
            )[0]
            tails: dict[int, list[Found]] = {}
            definitions: Definitions = {}
            if folded_ms <= heartbeat_ms:
                definitions = self._definitions_of({(one.agency, one.service) for one in chunk}, chunk[0].vantage)
                for found in self._runs(numbers, folded_ms // MINUTE_MS, heartbeat_ms // MINUTE_MS):
                    tails.setdefault(found.row.series, []).append(found)
            for series in chunk:
                before = [stretch_of_row(row, series.names) for row in stored.get(series.id, ())]
                after = before[-1].last_sequence if before else -1
                tail = sorted(
                    (one for one in tails.get(series.id, ()) if one.row.sequence > after),
                    key=lambda one: one.row.sequence,
                )
                singles = self._singles(tail, series, definitions.get((series.agency, series.service), []))
                yield series, list(fold([*before, *singles], self._breaks_of(series.life)))

    def _singles(self, tail: Sequence[Found], series: SeriesRow, definitions: Sequence[Definition]) -> list[Stretch]:
        holds = {
            hold_of(transaction.interval_ms) for definition in definitions
            for transaction in definition.target.transactions if transaction.name == series.transaction
        }
        hold_ms = holds.pop() if len(holds) == 1 else 0
        return [
            # a run that was up, without making the run: a nation has 1.5 million an hour
            Stretch(
                transaction=series.transaction, vantage=series.vantage, life=series.life,
                first_sequence=one.row.sequence, last_sequence=one.row.sequence, verdict=Verdict.UP,
                start_ms=one.row.started_ms, last_start_ms=one.row.started_ms,
                end_ms=one.row.started_ms + one.row.took_ms, hold_ms=hold_ms,
                good_end_ms=one.row.started_ms + one.row.took_ms, good_start_ms=one.row.started_ms,
            ) if hold_ms and not one.row.code else self._single(one, series, definitions)
            for one in tail
        ]

    def _definitions_of(self, services: Iterable[tuple[str, str]], vantage: str) -> Definitions:
        """Give the definitions of services at a vantage, oldest first."""
        pairs = list(services)
        rows = self._rows(
            "SELECT d.agency, d.service, l.vantage, l.life, d.recorded_ms, d.digest, d.document "
            "FROM unnest(%s::text[], %s::text[]) AS asked (agency, service) "
            "JOIN definition d ON d.agency = asked.agency AND d.service = asked.service "
            "JOIN life l ON l.id = d.life AND l.vantage = %s ORDER BY d.recorded_ms, d.id",
            ([agency for agency, _ in pairs], [service for _, service in pairs], vantage),
        )
        found: Definitions = {}
        for agency, service, *row in rows:
            found.setdefault((agency, service), []).append(definition_of_row(row))
        return found

    def _breaks_of(self, life: str) -> tuple[int, ...]:
        if life not in self._breaks:
            self._breaks = breaks_of_all(self.lives(), self._gaps())
        if life not in self._breaks:
            raise LedgerError(f'{self.name}: the life "{life}" was never opened; open it before its first run')
        return self._breaks[life]
