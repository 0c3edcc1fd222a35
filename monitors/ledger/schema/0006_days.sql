-- Runs and their evidence lie in tables of their UTC days from here on: monitors/ledger/sqlite_days.py makes them and
-- moves what lay in the tables run and evidence.

-- What was let go of a day's raw runs, and what was kept: written once, never changed.
CREATE TABLE retention (
    id     INTEGER PRIMARY KEY,              -- in the order it was done
    at_ms  INTEGER NOT NULL,
    day    INTEGER NOT NULL,                 -- UTC day counted from 1970-01-01
    reason TEXT    NOT NULL,                 -- age, size, deadline
    kept   INTEGER NOT NULL,                 -- runs that are still there
    gone   INTEGER NOT NULL                  -- runs that were let go
);
CREATE INDEX retention_of_day ON retention (day);

-- What is kept of a day is what lies near these.
CREATE INDEX stretch_not_good ON stretch (start_ms) WHERE verdict >= 2;

CREATE TRIGGER retention_is_never_changed BEFORE UPDATE ON retention
BEGIN SELECT RAISE(ABORT, 'what the ledger let go is never changed'); END;
CREATE TRIGGER retention_is_never_removed BEFORE DELETE ON retention
BEGIN SELECT RAISE(ABORT, 'what the ledger let go is never removed'); END;
CREATE TRIGGER retention_is_never_replaced BEFORE INSERT ON retention
WHEN EXISTS (SELECT 1 FROM retention WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
