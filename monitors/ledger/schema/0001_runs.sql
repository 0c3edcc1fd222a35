-- Lives, definitions, gaps, runs and their evidence: written once, never changed.
-- Stretches: derived from runs and gaps, may be made anew at any time.
-- All times are UTC in whole milliseconds since 1970.

CREATE TABLE life (
    id           INTEGER PRIMARY KEY,       -- in the order they were opened
    life         TEXT    NOT NULL UNIQUE,
    vantage      TEXT    NOT NULL,
    opened_ms    INTEGER NOT NULL,
    heartbeat_ms INTEGER NOT NULL,          -- only ever grows
    folded_ms    INTEGER NOT NULL,          -- runs that started before lie in stretches
    host         TEXT    NOT NULL,
    pid          INTEGER NOT NULL,
    version      TEXT    NOT NULL
);

CREATE TABLE gap (
    life     INTEGER NOT NULL REFERENCES life (id),
    start_ms INTEGER NOT NULL,
    end_ms   INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (life, start_ms, end_ms)
) WITHOUT ROWID;

CREATE TABLE definition (
    id          INTEGER PRIMARY KEY,
    life        INTEGER NOT NULL REFERENCES life (id),
    agency      TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    recorded_ms INTEGER NOT NULL,
    digest      TEXT    NOT NULL,           -- SHA-256 of document
    document    TEXT    NOT NULL            -- the target as canonical JSON
);
CREATE INDEX definition_of_service ON definition (agency, service, recorded_ms);

-- A short number for the long names that each run would repeat.
CREATE TABLE series (
    id            INTEGER PRIMARY KEY,
    agency        TEXT    NOT NULL,
    service       TEXT    NOT NULL,
    "transaction" TEXT    NOT NULL,
    life          INTEGER NOT NULL REFERENCES life (id),
    UNIQUE (agency, service, "transaction", life)
);

-- Ordered by minute: new rows land close together, however many series there are.
CREATE TABLE run (
    minute    INTEGER NOT NULL,             -- start of the run / 60 000 ms
    series    INTEGER NOT NULL REFERENCES series (id),
    sequence  INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL,             -- start of the run within the minute
    late_ms   INTEGER NOT NULL,             -- start - scheduled time
    took_ms   INTEGER NOT NULL,             -- end - start
    code      INTEGER NOT NULL,             -- verdict (bits 0-1), missed (bit 2), first try failed (bit 3)
    phases    BLOB,                         -- duration of the last try and phases of its steps in microseconds
    PRIMARY KEY (minute, series, sequence)
) WITHOUT ROWID;

-- Of runs that were not up: reason, failed step, tries with all their steps; compressed JSON.
CREATE TABLE evidence (
    series   INTEGER NOT NULL REFERENCES series (id),
    sequence INTEGER NOT NULL,
    detail   BLOB    NOT NULL,
    PRIMARY KEY (series, sequence)
) WITHOUT ROWID;

CREATE TABLE stretch (
    series             INTEGER NOT NULL REFERENCES series (id),
    first_sequence     INTEGER NOT NULL,
    last_sequence      INTEGER NOT NULL,
    verdict            INTEGER NOT NULL,
    start_ms           INTEGER NOT NULL,
    last_start_ms      INTEGER NOT NULL,
    end_ms             INTEGER NOT NULL,
    hold_ms            INTEGER NOT NULL,
    missed             INTEGER NOT NULL,
    first_try_failures INTEGER NOT NULL,
    good_end_ms        INTEGER,
    good_start_ms      INTEGER,
    bad_start_ms       INTEGER,
    bad_end_ms         INTEGER,
    failed_step        TEXT    NOT NULL,
    reason             TEXT    NOT NULL,
    PRIMARY KEY (series, first_sequence)
) WITHOUT ROWID;

-- Nothing is edited. A repeat of a key is left out, so that INSERT OR REPLACE cannot replace either.
CREATE TRIGGER run_is_never_changed BEFORE UPDATE ON run
BEGIN SELECT RAISE(ABORT, 'a run in the ledger is never changed'); END;
CREATE TRIGGER run_is_never_removed BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'a run in the ledger is never removed'); END;
CREATE TRIGGER run_is_never_replaced BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE minute = NEW.minute AND series = NEW.series AND sequence = NEW.sequence)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence in the ledger is never changed'); END;
CREATE TRIGGER evidence_is_never_removed BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence in the ledger is never removed'); END;
CREATE TRIGGER evidence_is_never_replaced BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence WHERE series = NEW.series AND sequence = NEW.sequence)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER definition_is_never_changed BEFORE UPDATE ON definition
BEGIN SELECT RAISE(ABORT, 'a definition in the ledger is never changed'); END;
CREATE TRIGGER definition_is_never_removed BEFORE DELETE ON definition
BEGIN SELECT RAISE(ABORT, 'a definition in the ledger is never removed'); END;
CREATE TRIGGER definition_is_never_replaced BEFORE INSERT ON definition
WHEN EXISTS (SELECT 1 FROM definition WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER gap_is_never_changed BEFORE UPDATE ON gap
BEGIN SELECT RAISE(ABORT, 'a gap in the ledger is never changed'); END;
CREATE TRIGGER gap_is_never_removed BEFORE DELETE ON gap
BEGIN SELECT RAISE(ABORT, 'a gap in the ledger is never removed'); END;

CREATE TRIGGER series_is_never_changed BEFORE UPDATE ON series
BEGIN SELECT RAISE(ABORT, 'a series in the ledger is never changed'); END;
CREATE TRIGGER series_is_never_removed BEFORE DELETE ON series
BEGIN SELECT RAISE(ABORT, 'a series in the ledger is never removed'); END;

CREATE TRIGGER life_only_grows BEFORE UPDATE ON life
WHEN NEW.id <> OLD.id OR NEW.life <> OLD.life OR NEW.vantage <> OLD.vantage OR NEW.opened_ms <> OLD.opened_ms
  OR NEW.heartbeat_ms < OLD.heartbeat_ms
BEGIN SELECT RAISE(ABORT, 'of a life in the ledger only the heartbeat moves, and only forward'); END;
CREATE TRIGGER life_is_never_removed BEFORE DELETE ON life
BEGIN SELECT RAISE(ABORT, 'a life in the ledger is never removed'); END;
CREATE TRIGGER life_is_never_replaced BEFORE INSERT ON life
WHEN EXISTS (SELECT 1 FROM life WHERE life = NEW.life OR id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
