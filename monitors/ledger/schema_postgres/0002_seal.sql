-- Blocks that digest raw runs, leaves and seals over them: written once, never changed. As schema/0007_seal.sql has it.
-- Days and hours are UTC, counted from 1970.

-- How far the blocks of a life's hours are made.
CREATE TABLE block_hour (
    life integer  NOT NULL REFERENCES life (id),
    hour integer  NOT NULL,
    step smallint NOT NULL,                  -- 0 begun: what comes of this hour from then on is late; 1 all made
    PRIMARY KEY (life, hour, step)
);

CREATE TABLE block (
    hour    integer NOT NULL,
    series  integer NOT NULL REFERENCES series (id),
    number  integer NOT NULL,                -- 0: all but the late ones; from 1: those that were late, as they came
    runs    integer NOT NULL,
    digest  bytea   NOT NULL,                -- SHA-256 over the runs' lines (monitors/core/seal_lines.py)
    late_to bigint  NOT NULL,                -- number 0: 0; else the last of table late that is in it
    PRIMARY KEY (hour, series, number)
);

-- Runs that came after the blocks of their hour were begun.
CREATE TABLE late (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,           -- in the order they came
    hour     integer NOT NULL,
    series   integer NOT NULL REFERENCES series (id),
    minute   integer NOT NULL,
    sequence integer NOT NULL
);
CREATE INDEX late_of_block ON late (hour, series, id);

-- A life's newest heartbeat when a day was sealed.
CREATE TABLE beat (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    life         integer NOT NULL REFERENCES life (id),
    heartbeat_ms bigint  NOT NULL
);
CREATE INDEX beat_of_life ON beat (life, id);

-- Gaps have no number of their own: the order in which they were told.
CREATE TABLE gap_order (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    life     integer NOT NULL REFERENCES life (id),
    start_ms bigint  NOT NULL,
    end_ms   bigint  NOT NULL
);
INSERT INTO gap_order (life, start_ms, end_ms) SELECT life, start_ms, end_ms FROM gap ORDER BY start_ms, end_ms, life;

-- A day whose sealing began: what becomes of its stretches and blocks from then on is told in former.
CREATE TABLE sealing (
    day integer PRIMARY KEY
);

-- What a row of such a day was before it was changed, made or removed.
CREATE TABLE former (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day     bigint  NOT NULL,
    agency  text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    kind    text    NOT NULL,                -- stretch, block
    key     text    NOT NULL,                -- of the row, its parts between colons
    "row"   text                             -- JSON array of its columns; NULL: there was none
);
CREATE INDEX former_of_day ON former (day, id);

CREATE TABLE seal (
    number    integer PRIMARY KEY,
    day       bigint  NOT NULL UNIQUE,
    document  text    NOT NULL,              -- one line of canonical JSON, with the signature (monitors/core/seal.py)
    told      text    NOT NULL,              -- JSON object: the last row of each table that is told once in it
    sealed_ms bigint  NOT NULL
);

CREATE TABLE leaf (
    seal    integer NOT NULL REFERENCES seal (number),
    agency  text COLLATE "C" NOT NULL,       -- '': of all
    day     integer NOT NULL,                -- the seal's, or an earlier one that is restated in it
    service text COLLATE "C" NOT NULL,       -- '': of all of the agency
    digest  bytea   NOT NULL,
    marks   bytea   NOT NULL,                -- four bytes of the SHA-256 of each of its lines
    PRIMARY KEY (seal, agency, day, service)
);

-- What a day's leaves are read by.
CREATE INDEX stretch_of_day ON stretch ((start_ms / 86400000), series, first_sequence);

CREATE FUNCTION gap_has_an_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO gap_order (life, start_ms, end_ms) VALUES (NEW.life, NEW.start_ms, NEW.end_ms);
    RETURN NULL;
END $$;
CREATE TRIGGER has_an_order AFTER INSERT ON gap FOR EACH ROW EXECUTE FUNCTION gap_has_an_order();

CREATE FUNCTION tell_former(of_day bigint, of_series integer, kind text, key text, was text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO former (day, agency, service, kind, key, "row")
    SELECT of_day, s.agency, s.service, $3, $4, $5 FROM series s WHERE s.id = of_series
$$;

CREATE FUNCTION stretch_text(st stretch) RETURNS text LANGUAGE sql AS $$
    SELECT json_build_array(
        st.series, st.first_sequence, st.last_sequence, st.verdict, st.start_ms, st.last_start_ms, st.end_ms,
        st.hold_ms, st.missed, st.first_try_failures, st.good_end_ms, st.good_start_ms, st.bad_start_ms, st.bad_end_ms,
        st.failed_step, st.reason)::text
$$;

-- A stretch that is put in the place of another comes as a change, so that only what was not there is told as made. A new
-- life writes the stretches of the one before it again from the last good one on: the same is no change.
CREATE FUNCTION stretch_of_sealed_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed integer := (SELECT max(day) FROM sealing);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.start_ms / 86400000 <= sealed THEN
            PERFORM tell_former(
                NEW.start_ms / 86400000, NEW.series, 'stretch', NEW.series || ':' || NEW.first_sequence, NULL);
        END IF;
    ELSIF TG_OP = 'DELETE' OR OLD IS DISTINCT FROM NEW THEN
        IF OLD.start_ms / 86400000 <= sealed THEN
            PERFORM tell_former(
                OLD.start_ms / 86400000, OLD.series, 'stretch', OLD.series || ':' || OLD.first_sequence,
                stretch_text(OLD));
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_sealed_day AFTER INSERT OR UPDATE OR DELETE ON stretch
FOR EACH ROW EXECUTE FUNCTION stretch_of_sealed_day();

CREATE FUNCTION block_of_sealed_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.hour / 24 <= (SELECT max(day) FROM sealing) THEN
        PERFORM tell_former(
            NEW.hour / 24, NEW.series, 'block', NEW.hour || ':' || NEW.series || ':' || NEW.number, NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_sealed_day AFTER INSERT ON block FOR EACH ROW EXECUTE FUNCTION block_of_sealed_day();

DO $$
DECLARE
    named text[];
BEGIN
    FOREACH named SLICE 1 IN ARRAY ARRAY[
        ['block_hour', 'how far blocks are made'], ['block', 'a block'], ['late', 'what came late'],
        ['beat', 'a sealed heartbeat'], ['gap_order', 'the order of gaps'], ['sealing', 'a sealing'],
        ['former', 'what a row was before'], ['seal', 'a seal'], ['leaf', 'a leaf']
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER is_never_changed BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION '
            'never_changed(%L)', named[1], named[2]);
        EXECUTE format(
            'CREATE TRIGGER is_never_emptied BEFORE TRUNCATE ON %I EXECUTE FUNCTION never_changed(%L)',
            named[1], named[2]);
    END LOOP;
END $$;

-- A block that the sealing command made between two batches of the writer is not made again.
CREATE FUNCTION block_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM block WHERE hour = NEW.hour AND series = NEW.series AND number = NEW.number) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER is_never_replaced BEFORE INSERT ON block FOR EACH ROW EXECUTE FUNCTION block_is_there();

CREATE FUNCTION block_hour_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM block_hour WHERE life = NEW.life AND hour = NEW.hour AND step = NEW.step) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER is_never_replaced BEFORE INSERT ON block_hour FOR EACH ROW EXECUTE FUNCTION block_hour_is_there();

-- SQLite's words, which the statements that both stores share use.
CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT strpos($1, $2)';
CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(encode($1, ''hex''))';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga24_writer') THEN
        GRANT SELECT ON ALL TABLES IN SCHEMA siaga24 TO siaga24_writer;
        GRANT INSERT ON block_hour, block, late, gap_order, former TO siaga24_writer;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga24_sealer') THEN
        GRANT USAGE ON SCHEMA siaga24 TO siaga24_sealer;
        GRANT SELECT ON ALL TABLES IN SCHEMA siaga24 TO siaga24_sealer;
        GRANT INSERT ON block_hour, block, former, beat, sealing, seal, leaf, entry TO siaga24_sealer;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'siaga24_reader') THEN
        GRANT SELECT ON ALL TABLES IN SCHEMA siaga24 TO siaga24_reader;
    END IF;
END $$;
