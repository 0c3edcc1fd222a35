-- What jobs said of themselves: written once, never changed.

CREATE TABLE report (
    id        INTEGER PRIMARY KEY,           -- in the order they came
    life      INTEGER NOT NULL REFERENCES life (id),
    key       TEXT    NOT NULL,              -- agency/service/job
    at_ms     INTEGER NOT NULL,              -- when it was received
    succeeded INTEGER NOT NULL,              -- 1 or 0
    note      TEXT    NOT NULL
);
CREATE INDEX report_of_job ON report (key, id);

CREATE TRIGGER report_is_never_changed BEFORE UPDATE ON report
BEGIN SELECT RAISE(ABORT, 'a report in the ledger is never changed'); END;
CREATE TRIGGER report_is_never_removed BEFORE DELETE ON report
BEGIN SELECT RAISE(ABORT, 'a report in the ledger is never removed'); END;
CREATE TRIGGER report_is_never_replaced BEFORE INSERT ON report
WHEN EXISTS (SELECT 1 FROM report WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
