-- Roll-ups have no number of their own: the order in which they were made, by which seals cover them.

CREATE TABLE rollup_order (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    service INTEGER NOT NULL REFERENCES rollup_service (id),
    version INTEGER NOT NULL
);
INSERT INTO rollup_order (day, service, version) SELECT day, service, version FROM rollup ORDER BY day, service, version;
CREATE TRIGGER rollup_has_an_order AFTER INSERT ON rollup
BEGIN INSERT INTO rollup_order (day, service, version) VALUES (NEW.day, NEW.service, NEW.version); END;

CREATE TABLE rollup_month_order (
    id      INTEGER PRIMARY KEY,
    month   INTEGER NOT NULL,
    service INTEGER NOT NULL REFERENCES rollup_service (id),
    version INTEGER NOT NULL
);
INSERT INTO rollup_month_order (month, service, version)
SELECT month, service, version FROM rollup_month ORDER BY month, service, version;
CREATE TRIGGER rollup_month_has_an_order AFTER INSERT ON rollup_month
BEGIN INSERT INTO rollup_month_order (month, service, version) VALUES (NEW.month, NEW.service, NEW.version); END;

CREATE INDEX rollup_order_of_row ON rollup_order (day, service, version);
CREATE INDEX rollup_month_order_of_row ON rollup_month_order (month, service, version);

CREATE TRIGGER rollup_order_is_never_changed BEFORE UPDATE ON rollup_order
BEGIN SELECT RAISE(ABORT, 'the order of roll-ups in the ledger is never changed'); END;
CREATE TRIGGER rollup_order_is_never_removed BEFORE DELETE ON rollup_order
BEGIN SELECT RAISE(ABORT, 'the order of roll-ups in the ledger is never removed'); END;
CREATE TRIGGER rollup_order_is_never_replaced BEFORE INSERT ON rollup_order
WHEN EXISTS (SELECT 1 FROM rollup_order WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER rollup_month_order_is_never_changed BEFORE UPDATE ON rollup_month_order
BEGIN SELECT RAISE(ABORT, 'the order of roll-ups in the ledger is never changed'); END;
CREATE TRIGGER rollup_month_order_is_never_removed BEFORE DELETE ON rollup_month_order
BEGIN SELECT RAISE(ABORT, 'the order of roll-ups in the ledger is never removed'); END;
CREATE TRIGGER rollup_month_order_is_never_replaced BEFORE INSERT ON rollup_month_order
WHEN EXISTS (SELECT 1 FROM rollup_month_order WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
