-- Blocks that digest raw runs, leaves and seals over them: written once, never changed.
-- Days and hours are UTC, counted from 1970.

-- How far the blocks of a life's hours are made.
CREATE TABLE block_hour (
    life INTEGER NOT NULL REFERENCES life (id),
    hour INTEGER NOT NULL,
    step INTEGER NOT NULL,                   -- 0 begun: what comes of this hour from then on is late; 1 all made
    PRIMARY KEY (life, hour, step)
) WITHOUT ROWID;

CREATE TABLE block (
    hour    INTEGER NOT NULL,
    series  INTEGER NOT NULL REFERENCES series (id),
    number  INTEGER NOT NULL,                -- 0: all but the late ones; from 1: those that were late, as they came
    runs    INTEGER NOT NULL,
    digest  BLOB    NOT NULL,                -- SHA-256 over the runs' lines (monitors/core/seal_lines.py)
    late_to INTEGER NOT NULL,                -- number 0: 0; else the last of table late that is in it
    PRIMARY KEY (hour, series, number)
) WITHOUT ROWID;

-- Runs that came after the blocks of their hour were begun.
CREATE TABLE late (
    id       INTEGER PRIMARY KEY,            -- in the order they came
    hour     INTEGER NOT NULL,
    series   INTEGER NOT NULL REFERENCES series (id),
    minute   INTEGER NOT NULL,
    sequence INTEGER NOT NULL
);
CREATE INDEX late_of_block ON late (hour, series, id);

-- A life's newest heartbeat when a day was sealed.
CREATE TABLE beat (
    id           INTEGER PRIMARY KEY,
    life         INTEGER NOT NULL REFERENCES life (id),
    heartbeat_ms INTEGER NOT NULL
);

-- Gaps have no number of their own: the order in which they were told.
CREATE TABLE gap_order (
    id       INTEGER PRIMARY KEY,
    life     INTEGER NOT NULL REFERENCES life (id),
    start_ms INTEGER NOT NULL,
    end_ms   INTEGER NOT NULL
);
INSERT INTO gap_order (life, start_ms, end_ms) SELECT life, start_ms, end_ms FROM gap ORDER BY start_ms, end_ms, life;
CREATE TRIGGER gap_has_an_order AFTER INSERT ON gap
BEGIN INSERT INTO gap_order (life, start_ms, end_ms) VALUES (NEW.life, NEW.start_ms, NEW.end_ms); END;

-- A day whose sealing began: what becomes of its stretches and blocks from then on is told in former.
CREATE TABLE sealing (
    day INTEGER PRIMARY KEY
);

-- What a row of such a day was before it was changed, made or removed.
CREATE TABLE former (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    agency  TEXT    NOT NULL,
    service TEXT    NOT NULL,
    kind    TEXT    NOT NULL,                -- stretch, block
    key     TEXT    NOT NULL,                -- of the row, its parts between colons
    row     TEXT                             -- JSON array of its columns; NULL: there was none
);

CREATE TABLE seal (
    number    INTEGER PRIMARY KEY,
    day       INTEGER NOT NULL UNIQUE,
    document  TEXT    NOT NULL,              -- one line of canonical JSON, with the signature (monitors/core/seal.py)
    told      TEXT    NOT NULL,              -- JSON object: the last row of each table that is told once in it
    sealed_ms INTEGER NOT NULL
);

CREATE TABLE leaf (
    seal    INTEGER NOT NULL REFERENCES seal (number),
    agency  TEXT    NOT NULL,                -- '': of all
    day     INTEGER NOT NULL,                -- the seal's, or an earlier one that is restated in it
    service TEXT    NOT NULL,                -- '': of all of the agency
    digest  BLOB    NOT NULL,
    marks   BLOB    NOT NULL,                -- four bytes of the SHA-256 of each of its lines
    PRIMARY KEY (seal, agency, day, service)
) WITHOUT ROWID;

-- What a day's leaves are read by.
CREATE INDEX stretch_of_day ON stretch (start_ms / 86400000, series, first_sequence);
CREATE INDEX series_of_life ON series (life);
CREATE INDEX beat_of_life ON beat (life, id);
CREATE INDEX former_of_day ON former (day, id);

-- A new life writes the stretches of the one before it again from the last good one on: the same is no change.
CREATE TRIGGER stretch_of_sealed_day_is_put BEFORE INSERT ON stretch
WHEN NEW.start_ms / 86400000 <= (SELECT max(day) FROM sealing) AND NOT EXISTS (
    SELECT 1 FROM stretch o WHERE o.series = NEW.series AND o.first_sequence = NEW.first_sequence AND (
        o.last_sequence, o.verdict, o.start_ms, o.last_start_ms, o.end_ms, o.hold_ms, o.missed, o.first_try_failures,
        o.good_end_ms, o.good_start_ms, o.bad_start_ms, o.bad_end_ms, o.failed_step, o.reason
    ) IS (
        NEW.last_sequence, NEW.verdict, NEW.start_ms, NEW.last_start_ms, NEW.end_ms, NEW.hold_ms, NEW.missed,
        NEW.first_try_failures, NEW.good_end_ms, NEW.good_start_ms, NEW.bad_start_ms, NEW.bad_end_ms, NEW.failed_step,
        NEW.reason
    )
)
BEGIN
    INSERT INTO former (day, agency, service, kind, key, row)
    SELECT NEW.start_ms / 86400000, s.agency, s.service, 'stretch', NEW.series || ':' || NEW.first_sequence, (
        SELECT json_array(
            series, first_sequence, last_sequence, verdict, start_ms, last_start_ms, end_ms, hold_ms, missed,
            first_try_failures, good_end_ms, good_start_ms, bad_start_ms, bad_end_ms, failed_step, reason
        ) FROM stretch WHERE series = NEW.series AND first_sequence = NEW.first_sequence
    ) FROM series s WHERE s.id = NEW.series;
END;
CREATE TRIGGER stretch_of_sealed_day_is_changed BEFORE UPDATE ON stretch
WHEN OLD.start_ms / 86400000 <= (SELECT max(day) FROM sealing)
BEGIN
    INSERT INTO former (day, agency, service, kind, key, row)
    SELECT OLD.start_ms / 86400000, s.agency, s.service, 'stretch', OLD.series || ':' || OLD.first_sequence, json_array(
        OLD.series, OLD.first_sequence, OLD.last_sequence, OLD.verdict, OLD.start_ms, OLD.last_start_ms, OLD.end_ms,
        OLD.hold_ms, OLD.missed, OLD.first_try_failures, OLD.good_end_ms, OLD.good_start_ms, OLD.bad_start_ms,
        OLD.bad_end_ms, OLD.failed_step, OLD.reason
    ) FROM series s WHERE s.id = OLD.series;
END;
CREATE TRIGGER stretch_of_sealed_day_is_removed BEFORE DELETE ON stretch
WHEN OLD.start_ms / 86400000 <= (SELECT max(day) FROM sealing)
BEGIN
    INSERT INTO former (day, agency, service, kind, key, row)
    SELECT OLD.start_ms / 86400000, s.agency, s.service, 'stretch', OLD.series || ':' || OLD.first_sequence, json_array(
        OLD.series, OLD.first_sequence, OLD.last_sequence, OLD.verdict, OLD.start_ms, OLD.last_start_ms, OLD.end_ms,
        OLD.hold_ms, OLD.missed, OLD.first_try_failures, OLD.good_end_ms, OLD.good_start_ms, OLD.bad_start_ms,
        OLD.bad_end_ms, OLD.failed_step, OLD.reason
    ) FROM series s WHERE s.id = OLD.series;
END;
CREATE TRIGGER block_of_sealed_day_is_made AFTER INSERT ON block
WHEN NEW.hour / 24 <= (SELECT max(day) FROM sealing)
BEGIN
    INSERT INTO former (day, agency, service, kind, key, row)
    SELECT NEW.hour / 24, s.agency, s.service, 'block', NEW.hour || ':' || NEW.series || ':' || NEW.number, NULL
    FROM series s WHERE s.id = NEW.series;
END;

-- Nothing is edited. A repeat of a key is left out, so that INSERT OR REPLACE cannot replace either.
CREATE TRIGGER block_hour_is_never_changed BEFORE UPDATE ON block_hour
BEGIN SELECT RAISE(ABORT, 'how far blocks are made in the ledger is never changed'); END;
CREATE TRIGGER block_hour_is_never_removed BEFORE DELETE ON block_hour
BEGIN SELECT RAISE(ABORT, 'how far blocks are made in the ledger is never removed'); END;
CREATE TRIGGER block_hour_is_never_replaced BEFORE INSERT ON block_hour
WHEN EXISTS (SELECT 1 FROM block_hour WHERE life = NEW.life AND hour = NEW.hour AND step = NEW.step)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER block_is_never_changed BEFORE UPDATE ON block
BEGIN SELECT RAISE(ABORT, 'a block in the ledger is never changed'); END;
CREATE TRIGGER block_is_never_removed BEFORE DELETE ON block
BEGIN SELECT RAISE(ABORT, 'a block in the ledger is never removed'); END;
CREATE TRIGGER block_is_never_replaced BEFORE INSERT ON block
WHEN EXISTS (SELECT 1 FROM block WHERE hour = NEW.hour AND series = NEW.series AND number = NEW.number)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER late_is_never_changed BEFORE UPDATE ON late
BEGIN SELECT RAISE(ABORT, 'what came late in the ledger is never changed'); END;
CREATE TRIGGER late_is_never_removed BEFORE DELETE ON late
BEGIN SELECT RAISE(ABORT, 'what came late in the ledger is never removed'); END;
CREATE TRIGGER late_is_never_replaced BEFORE INSERT ON late
WHEN EXISTS (SELECT 1 FROM late WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER beat_is_never_changed BEFORE UPDATE ON beat
BEGIN SELECT RAISE(ABORT, 'a sealed heartbeat in the ledger is never changed'); END;
CREATE TRIGGER beat_is_never_removed BEFORE DELETE ON beat
BEGIN SELECT RAISE(ABORT, 'a sealed heartbeat in the ledger is never removed'); END;
CREATE TRIGGER beat_is_never_replaced BEFORE INSERT ON beat
WHEN EXISTS (SELECT 1 FROM beat WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER gap_order_is_never_changed BEFORE UPDATE ON gap_order
BEGIN SELECT RAISE(ABORT, 'the order of gaps in the ledger is never changed'); END;
CREATE TRIGGER gap_order_is_never_removed BEFORE DELETE ON gap_order
BEGIN SELECT RAISE(ABORT, 'the order of gaps in the ledger is never removed'); END;
CREATE TRIGGER gap_order_is_never_replaced BEFORE INSERT ON gap_order
WHEN EXISTS (SELECT 1 FROM gap_order WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER sealing_is_never_changed BEFORE UPDATE ON sealing
BEGIN SELECT RAISE(ABORT, 'a sealing in the ledger is never changed'); END;
CREATE TRIGGER sealing_is_never_removed BEFORE DELETE ON sealing
BEGIN SELECT RAISE(ABORT, 'a sealing in the ledger is never removed'); END;
CREATE TRIGGER sealing_is_never_replaced BEFORE INSERT ON sealing
WHEN EXISTS (SELECT 1 FROM sealing WHERE day = NEW.day)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER former_is_never_changed BEFORE UPDATE ON former
BEGIN SELECT RAISE(ABORT, 'what a row was before in the ledger is never changed'); END;
CREATE TRIGGER former_is_never_removed BEFORE DELETE ON former
BEGIN SELECT RAISE(ABORT, 'what a row was before in the ledger is never removed'); END;
CREATE TRIGGER former_is_never_replaced BEFORE INSERT ON former
WHEN EXISTS (SELECT 1 FROM former WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER seal_is_never_changed BEFORE UPDATE ON seal
BEGIN SELECT RAISE(ABORT, 'a seal in the ledger is never changed'); END;
CREATE TRIGGER seal_is_never_removed BEFORE DELETE ON seal
BEGIN SELECT RAISE(ABORT, 'a seal in the ledger is never removed'); END;
CREATE TRIGGER seal_is_never_replaced BEFORE INSERT ON seal
WHEN EXISTS (SELECT 1 FROM seal WHERE number = NEW.number OR day = NEW.day)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER leaf_is_never_changed BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'a leaf in the ledger is never changed'); END;
CREATE TRIGGER leaf_is_never_removed BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'a leaf in the ledger is never removed'); END;
CREATE TRIGGER leaf_is_never_replaced BEFORE INSERT ON leaf
WHEN EXISTS (SELECT 1 FROM leaf WHERE seal = NEW.seal AND agency = NEW.agency AND day = NEW.day AND service = NEW.service)
BEGIN SELECT RAISE(IGNORE); END;
