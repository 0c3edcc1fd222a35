-- What people and other programs tell the ledger: written once, never changed.

CREATE TABLE entry (
    id        INTEGER PRIMARY KEY,           -- in the order they were told: the entry's number
    kind      TEXT    NOT NULL,
    agency    TEXT    NOT NULL,              -- '' is all
    service   TEXT    NOT NULL,              -- '' is all of the agency
    at_ms     INTEGER NOT NULL,              -- when it was recorded
    told_by   TEXT    NOT NULL,
    body      TEXT    NOT NULL,              -- canonical JSON
    signature TEXT    NOT NULL,              -- Ed25519 in hexadecimal, '' where nobody signed
    digest    TEXT    NOT NULL UNIQUE        -- SHA-256 of what it says and its signature: a repeat is known by it
);
CREATE INDEX entry_of_service ON entry (agency, service, kind, id);

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry in the ledger is never changed'); END;
CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry in the ledger is never removed'); END;
CREATE TRIGGER entry_is_never_replaced BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id OR digest = NEW.digest)
BEGIN SELECT RAISE(IGNORE); END;
