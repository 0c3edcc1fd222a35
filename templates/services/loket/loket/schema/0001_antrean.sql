-- The office's day, by the database's clock: all replicas agree on midnight.
create function office_day(zone text) returns date
  language sql stable
  return (now() at time zone zone)::date;

-- One row per office day, series and service: the last number given out and the last one called.
create table counter (
  office_day     date    not null,
  series         text    not null check (series in ('warga', 'uji')),
  service_code   text    not null,
  last_number    integer not null check (last_number > 0),
  serving_number integer not null default 0 check (serving_number between 0 and last_number),
  primary key (office_day, series, service_code)
);

-- A ticket knows nothing about its holder. Its id cannot be guessed: who has the address has the ticket.
create table ticket (
  id           text        primary key,
  request_key  text        not null,
  office_day   date        not null,
  series       text        not null,
  service_code text        not null,
  service_name text        not null,
  number       integer     not null,
  taken_at     timestamptz not null default now(),
  unique (office_day, series, service_code, number),
  unique (request_key, service_code),
  foreign key (office_day, series, service_code) references counter
);

create index ticket_synthetic on ticket (taken_at) where series = 'uji';
