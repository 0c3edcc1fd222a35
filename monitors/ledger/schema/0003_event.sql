-- What befell a monitor and is no run, such as a wall clock that was set: written once, never changed.

CREATE TABLE event (
    id    INTEGER PRIMARY KEY,               -- in the order they were told
    life  INTEGER NOT NULL REFERENCES life (id),
    at_ms INTEGER NOT NULL,                  -- by the life's clock
    kind  TEXT    NOT NULL,
    note  TEXT    NOT NULL
);

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event in the ledger is never changed'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event in the ledger is never removed'); END;
CREATE TRIGGER event_is_never_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
