-- Roll-ups: what a service was on each local day and in each finished month, made of stretches, calendar and promise.
-- Written once; late results make a day anew as a row of the next version. All lengths are milliseconds.

-- How far each service is rolled up.
CREATE TABLE rollup_service (
    id       INTEGER PRIMARY KEY,
    agency   TEXT    NOT NULL,
    service  TEXT    NOT NULL,
    zone     TEXT    NOT NULL,              -- of the agency, as its newest definition says
    next_ms  INTEGER NOT NULL,              -- days are rolled up until then; only ever grows
    last_day INTEGER,                       -- local day counted from 1970-01-01; NULL: none yet
    due_ms   INTEGER,                       -- when the next day ends; NULL: the service's life has ended
    open_ms  INTEGER NOT NULL,              -- results that begin before this may change the last day: it waited so long
    UNIQUE (agency, service)
);

-- Ordered by day: a month of a nation lies close together.
CREATE TABLE rollup (
    day        INTEGER NOT NULL,            -- local day counted from 1970-01-01
    service    INTEGER NOT NULL REFERENCES rollup_service (id),
    version    INTEGER NOT NULL,            -- 0; one more each time late results made it anew: the newest counts
    start_ms   INTEGER NOT NULL,            -- of the day within the service's life
    end_ms     INTEGER NOT NULL,
    calendar   TEXT    NOT NULL,            -- version that decided over office hours
    is_closed  INTEGER NOT NULL,            -- in a closure of five days or more
    target     TEXT    NOT NULL,            -- percent
    weight     INTEGER NOT NULL,
    has_hours  INTEGER NOT NULL,            -- the promise does not cover all 24 hours
    office_up_ms INTEGER NOT NULL, office_degraded_ms INTEGER NOT NULL, office_down_ms INTEGER NOT NULL,
    office_unknown_ms INTEGER NOT NULL, office_possibly_down_ms INTEGER NOT NULL, office_certainly_down_ms INTEGER NOT NULL,
    outside_up_ms INTEGER NOT NULL, outside_degraded_ms INTEGER NOT NULL, outside_down_ms INTEGER NOT NULL,
    outside_unknown_ms INTEGER NOT NULL, outside_possibly_down_ms INTEGER NOT NULL, outside_certainly_down_ms INTEGER NOT NULL,
    undecided_up_ms INTEGER NOT NULL, undecided_degraded_ms INTEGER NOT NULL, undecided_down_ms INTEGER NOT NULL,
    undecided_unknown_ms INTEGER NOT NULL, undecided_possibly_down_ms INTEGER NOT NULL, undecided_certainly_down_ms INTEGER NOT NULL,
    runs       INTEGER NOT NULL,
    missed     INTEGER NOT NULL,
    first_try_failures INTEGER NOT NULL,
    PRIMARY KEY (day, service, version)
) WITHOUT ROWID;
CREATE INDEX rollup_anew ON rollup (day, service, version) WHERE version > 0;

-- The sum of a service's month, once all its days are there.
CREATE TABLE rollup_month (
    month      INTEGER NOT NULL,            -- months since January of the year 0
    service    INTEGER NOT NULL REFERENCES rollup_service (id),
    version    INTEGER NOT NULL,
    start_ms   INTEGER NOT NULL,            -- of the month within the service's life
    end_ms     INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL,            -- the same as end_ms
    whole_ms   INTEGER NOT NULL,            -- hours that the promise covers
    calendar   TEXT    NOT NULL,            -- the newest of its days'
    target     TEXT    NOT NULL,
    weight     INTEGER NOT NULL,
    days       INTEGER NOT NULL,
    office_up_ms INTEGER NOT NULL, office_degraded_ms INTEGER NOT NULL, office_down_ms INTEGER NOT NULL,
    office_unknown_ms INTEGER NOT NULL, office_possibly_down_ms INTEGER NOT NULL, office_certainly_down_ms INTEGER NOT NULL,
    outside_up_ms INTEGER NOT NULL, outside_degraded_ms INTEGER NOT NULL, outside_down_ms INTEGER NOT NULL,
    outside_unknown_ms INTEGER NOT NULL, outside_possibly_down_ms INTEGER NOT NULL, outside_certainly_down_ms INTEGER NOT NULL,
    undecided_up_ms INTEGER NOT NULL, undecided_degraded_ms INTEGER NOT NULL, undecided_down_ms INTEGER NOT NULL,
    undecided_unknown_ms INTEGER NOT NULL, undecided_possibly_down_ms INTEGER NOT NULL, undecided_certainly_down_ms INTEGER NOT NULL,
    closures_up_ms INTEGER NOT NULL, closures_degraded_ms INTEGER NOT NULL, closures_down_ms INTEGER NOT NULL,
    closures_unknown_ms INTEGER NOT NULL, closures_possibly_down_ms INTEGER NOT NULL, closures_certainly_down_ms INTEGER NOT NULL,
    runs       INTEGER NOT NULL,
    missed     INTEGER NOT NULL,
    first_try_failures INTEGER NOT NULL,
    PRIMARY KEY (month, service, version)
) WITHOUT ROWID;
CREATE INDEX rollup_month_anew ON rollup_month (month, service, version) WHERE version > 0;

-- Results that begin before this moment may change a day that is rolled up.
CREATE TABLE rollup_mark (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    until_ms INTEGER NOT NULL,              -- only ever grows
    calendar TEXT    NOT NULL               -- the newest version that days without a decree were looked at with
);
INSERT INTO rollup_mark VALUES (1, 0, '');

-- What is to be looked at again: a list of work, no record.
CREATE TABLE rollup_due (
    series  INTEGER PRIMARY KEY,
    from_ms INTEGER NOT NULL,
    to_ms   INTEGER NOT NULL,
    times   INTEGER NOT NULL
);
CREATE TRIGGER stretch_makes_days_due AFTER INSERT ON stretch
WHEN NEW.start_ms < (SELECT until_ms FROM rollup_mark) + NEW.hold_ms
BEGIN
    INSERT INTO rollup_due
    SELECT x.id, NEW.start_ms, NEW.end_ms, 1 FROM series x
    JOIN rollup_service s ON s.agency = x.agency AND s.service = x.service
    WHERE x.id = NEW.series AND (NEW.start_ms < (SELECT until_ms FROM rollup_mark) OR NEW.start_ms < s.open_ms)
    ON CONFLICT (series) DO UPDATE SET
        from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms), times = times + 1;
END;
CREATE TRIGGER gap_makes_days_due AFTER INSERT ON gap
WHEN NEW.start_ms < (SELECT until_ms FROM rollup_mark)
BEGIN
    INSERT INTO rollup_due SELECT id, NEW.start_ms, NEW.end_ms, 1 FROM series WHERE life = NEW.life
    ON CONFLICT (series) DO UPDATE SET
        from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms), times = times + 1;
END;

-- Nothing is edited. A repeat of a key is left out, so that INSERT OR REPLACE cannot replace either.
CREATE TRIGGER rollup_is_never_changed BEFORE UPDATE ON rollup
BEGIN SELECT RAISE(ABORT, 'a roll-up in the ledger is never changed'); END;
CREATE TRIGGER rollup_is_never_removed BEFORE DELETE ON rollup
BEGIN SELECT RAISE(ABORT, 'a roll-up in the ledger is never removed'); END;
CREATE TRIGGER rollup_is_never_replaced BEFORE INSERT ON rollup
WHEN EXISTS (SELECT 1 FROM rollup WHERE day = NEW.day AND service = NEW.service AND version = NEW.version)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER rollup_month_is_never_changed BEFORE UPDATE ON rollup_month
BEGIN SELECT RAISE(ABORT, 'a roll-up of a month in the ledger is never changed'); END;
CREATE TRIGGER rollup_month_is_never_removed BEFORE DELETE ON rollup_month
BEGIN SELECT RAISE(ABORT, 'a roll-up of a month in the ledger is never removed'); END;
CREATE TRIGGER rollup_month_is_never_replaced BEFORE INSERT ON rollup_month
WHEN EXISTS (SELECT 1 FROM rollup_month WHERE month = NEW.month AND service = NEW.service AND version = NEW.version)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER rollup_service_only_grows BEFORE UPDATE ON rollup_service
WHEN NEW.id <> OLD.id OR NEW.agency <> OLD.agency OR NEW.service <> OLD.service OR NEW.next_ms < OLD.next_ms
BEGIN SELECT RAISE(ABORT, 'how far a service is rolled up in the ledger only grows'); END;
CREATE TRIGGER rollup_service_is_never_removed BEFORE DELETE ON rollup_service
BEGIN SELECT RAISE(ABORT, 'how far a service is rolled up in the ledger is never removed'); END;
