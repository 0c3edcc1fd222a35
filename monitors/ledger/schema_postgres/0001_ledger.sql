-- Lives, definitions, gaps, series, runs, evidence, reports, events and entries: written once, never changed.
-- Stretches: derived from runs and gaps, may be made anew at any time.
-- All times are UTC in whole milliseconds since 1970. Text sorts by code point, as everywhere else in the toolkit.

CREATE TABLE life (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,      -- in the order they were opened
    life         text COLLATE "C" NOT NULL UNIQUE,
    vantage      text COLLATE "C" NOT NULL,
    opened_ms    bigint  NOT NULL,
    heartbeat_ms bigint  NOT NULL,           -- only ever grows
    folded_ms    bigint  NOT NULL,           -- runs that started before lie in stretches
    host         text    NOT NULL,
    pid          integer NOT NULL,
    version      text    NOT NULL
) WITH (fillfactor = 50);                    -- a heartbeat with each batch finds room in its page

CREATE TABLE gap (
    life     integer NOT NULL REFERENCES life (id),
    start_ms bigint  NOT NULL,
    end_ms   bigint  NOT NULL,
    reason   text    NOT NULL,
    PRIMARY KEY (life, start_ms, end_ms)
);

CREATE TABLE definition (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    life        integer NOT NULL REFERENCES life (id),
    agency      text COLLATE "C" NOT NULL,
    service     text COLLATE "C" NOT NULL,
    recorded_ms bigint  NOT NULL,
    digest      text    NOT NULL,            -- SHA-256 of document
    document    text    NOT NULL             -- the target as canonical JSON
);
CREATE INDEX definition_of_service ON definition (agency, service, recorded_ms, id);

-- A short number for the long names that each run would repeat.
CREATE TABLE series (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency        text COLLATE "C" NOT NULL,
    service       text COLLATE "C" NOT NULL,
    "transaction" text COLLATE "C" NOT NULL,
    life          integer NOT NULL REFERENCES life (id),
    UNIQUE (agency, service, "transaction", life)
);
CREATE INDEX series_of_life ON series (life);

-- Ordered by minute: new rows land close together, however many series there are. A partition holds a UTC day.
CREATE TABLE run (
    minute    integer  NOT NULL,             -- start of the run / 60 000 ms
    series    integer  NOT NULL,             -- of table series
    sequence  integer  NOT NULL,
    offset_ms integer  NOT NULL,             -- start of the run within the minute
    late_ms   bigint   NOT NULL,             -- start - scheduled time
    took_ms   bigint   NOT NULL,             -- end - start
    code      smallint NOT NULL,             -- verdict (bits 0-1), missed (bit 2), first try failed (bit 3)
    phases    bytea,                         -- duration of the last try and phases of its steps in microseconds
    PRIMARY KEY (minute, series, sequence)
) PARTITION BY RANGE (minute);

-- Of runs that were not up: reason, failed step, tries with all their steps; compressed JSON.
CREATE TABLE evidence (
    minute   integer NOT NULL,               -- of the run
    series   integer NOT NULL,
    sequence integer NOT NULL,
    detail   bytea   NOT NULL,
    PRIMARY KEY (minute, series, sequence)
) PARTITION BY RANGE (minute);
CREATE INDEX evidence_of_series ON evidence (series, sequence);

CREATE TABLE stretch (
    series             integer  NOT NULL REFERENCES series (id),
    first_sequence     integer  NOT NULL,
    last_sequence      integer  NOT NULL,
    verdict            smallint NOT NULL,
    start_ms           bigint   NOT NULL,
    last_start_ms      bigint   NOT NULL,
    end_ms             bigint   NOT NULL,
    hold_ms            bigint   NOT NULL,
    missed             integer  NOT NULL,
    first_try_failures integer  NOT NULL,
    good_end_ms        bigint,
    good_start_ms      bigint,
    bad_start_ms       bigint,
    bad_end_ms         bigint,
    failed_step        text     NOT NULL,
    reason             text     NOT NULL,
    PRIMARY KEY (series, first_sequence)
);
CREATE INDEX stretch_not_good ON stretch (start_ms) WHERE verdict >= 2;

-- What jobs said of themselves.
CREATE TABLE report (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,          -- in the order they came
    life      integer NOT NULL REFERENCES life (id),
    key       text COLLATE "C" NOT NULL,     -- agency/service/job
    at_ms     bigint  NOT NULL,              -- when it was received
    succeeded smallint NOT NULL,             -- 1 or 0
    note      text    NOT NULL
);
CREATE INDEX report_of_job ON report (key, id);

-- What befell a monitor and is no run, such as a wall clock that was set.
CREATE TABLE event (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,              -- in the order they were told
    life  integer NOT NULL REFERENCES life (id),
    at_ms bigint  NOT NULL,                  -- by the life's clock
    kind  text    NOT NULL,
    note  text    NOT NULL
);

-- What people and other programs tell the ledger.
CREATE TABLE entry (
    id        integer PRIMARY KEY,           -- in the order they were told: the entry's number, given under a lock
    kind      text COLLATE "C" NOT NULL,
    agency    text COLLATE "C" NOT NULL,     -- '' is all
    service   text COLLATE "C" NOT NULL,     -- '' is all of the agency
    at_ms     bigint NOT NULL,               -- when it was recorded
    told_by   text   NOT NULL,
    body      text   NOT NULL,               -- canonical JSON
    signature text   NOT NULL,               -- Ed25519 in hexadecimal, '' where nobody signed
    digest    text   NOT NULL UNIQUE         -- SHA-256 of what it says and its signature: a repeat is known by it
);
CREATE INDEX entry_of_service ON entry (agency, service, kind, id);

-- What was let go of a day's raw runs, and what was kept.
CREATE TABLE retention (
    id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,            -- in the order it was done
    at_ms  bigint  NOT NULL,
    day    integer NOT NULL,                 -- UTC day counted from 1970-01-01
    reason text    NOT NULL,                 -- age, size, deadline
    kept   bigint  NOT NULL,                 -- runs that are still there
    gone   bigint  NOT NULL                  -- runs that were let go
);
CREATE INDEX retention_of_day ON retention (day);

-- Nothing is edited: whoever may write the tables may only add to them.
CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% in the ledger is never %', TG_ARGV[0],
        CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DO $$
DECLARE
    named text[];
BEGIN
    FOREACH named SLICE 1 IN ARRAY ARRAY[
        ['run', 'a run'], ['evidence', 'evidence'], ['definition', 'a definition'], ['gap', 'a gap'],
        ['series', 'a series'], ['report', 'a report'], ['event', 'an event'], ['entry', 'an entry'],
        ['retention', 'what the ledger let go']
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER is_never_changed BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION '
            'never_changed(%L)', named[1], named[2]);
        EXECUTE format(
            'CREATE TRIGGER is_never_emptied BEFORE TRUNCATE ON %I EXECUTE FUNCTION never_changed(%L)',
            named[1], named[2]);
    END LOOP;
END $$;

CREATE FUNCTION life_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.life <> OLD.life OR NEW.vantage <> OLD.vantage OR NEW.opened_ms <> OLD.opened_ms
        OR NEW.host <> OLD.host OR NEW.pid <> OLD.pid OR NEW.version <> OLD.version
        OR NEW.heartbeat_ms < OLD.heartbeat_ms THEN
        RAISE EXCEPTION 'of a life in the ledger only the heartbeat moves, and only forward'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER life_only_grows BEFORE UPDATE ON life FOR EACH ROW EXECUTE FUNCTION life_only_grows();
CREATE TRIGGER is_never_removed BEFORE DELETE ON life FOR EACH ROW EXECUTE FUNCTION never_changed('a life');
CREATE TRIGGER is_never_emptied BEFORE TRUNCATE ON life EXECUTE FUNCTION never_changed('a life');

-- Makes the partitions of a UTC day, counted from 1970-01-01, where they are not there. It runs with its owner's rights,
-- so that a monitor needs none but to add rows. Attached rather than made in place: readers are not held up.
CREATE FUNCTION make_day(day integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = siaga24, pg_temp AS $$
DECLARE
    parent text;
    part   text;
    reader text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('siaga24 make_day', 0));
    FOREACH parent IN ARRAY ARRAY['run', 'evidence'] LOOP
        part := parent || '_' || to_char(date '1970-01-01' + day, 'YYYYMMDD');
        -- the catalogue itself, since what a session remembers of it may be older than the wait for the lock
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'siaga24' AND c.relname = part);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            parent, part, day * 1440, (day + 1) * 1440);
        EXECUTE format(
            'CREATE TRIGGER is_never_emptied BEFORE TRUNCATE ON %I EXECUTE FUNCTION never_changed(%L)',
            part, CASE parent WHEN 'run' THEN 'a run' ELSE parent END);
        -- whoever may read the whole may read a day by its name
        FOR reader IN
            SELECT DISTINCT grantee FROM information_schema.role_table_grants
            WHERE table_schema = 'siaga24' AND table_name = parent AND privilege_type = 'SELECT'
        LOOP
            EXECUTE format('GRANT SELECT ON %I TO %I', part, reader);
        END LOOP;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION make_day(integer) FROM PUBLIC;

-- Two roles, where they are there (docs/postgres.md makes them): one that may add, one that may read.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga24_writer') THEN
        GRANT USAGE ON SCHEMA siaga24 TO siaga24_writer;
        GRANT SELECT ON ALL TABLES IN SCHEMA siaga24 TO siaga24_writer;
        GRANT INSERT ON life, gap, definition, series, run, evidence, stretch, report, event, entry TO siaga24_writer;
        GRANT UPDATE (heartbeat_ms, folded_ms) ON life TO siaga24_writer;
        GRANT UPDATE, DELETE ON stretch TO siaga24_writer;
        GRANT EXECUTE ON FUNCTION make_day(integer) TO siaga24_writer;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga24_reader') THEN
        GRANT USAGE ON SCHEMA siaga24 TO siaga24_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA siaga24 TO siaga24_reader;
    END IF;
END $$;
