"""Everything that is asked of the database: take a number, read a ticket, call the next, read the counters.

The office day is the date in the office's time zone by the database's clock (see schema/), so that all replicas agree.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation

from loket.numbering import Counter, Series, Standing, ahead, label, standing

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from psycopg import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A number that somebody holds, and where it stands now; times are aware UTC."""

    id: str
    label: str
    service: Counter
    series: Series
    office_day: date
    taken_at: datetime
    standing: Standing
    ahead: int
    serving: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterState:
    """How busy a service is today; only citizens count."""

    service: Counter
    serving: str | None
    last: str | None
    waiting: int


_TAKE = """
with next as (
  insert into counter as c (office_day, series, service_code, last_number)
  values (office_day(%(zone)s), %(series)s, %(code)s, 1)
  on conflict (office_day, series, service_code) do update set last_number = c.last_number + 1
  returning office_day, series, service_code, last_number
)
insert into ticket (id, request_key, office_day, series, service_code, service_name, number)
select %(id)s, %(key)s, office_day, series, service_code, %(name)s, last_number from next
returning id
"""

# A monitor's ticket is never called; its place is told as a citizen's who came now, from the citizens' counter.
_READ = """
select t.id, t.service_code, t.service_name, t.series, t.office_day, t.number, t.taken_at,
       coalesce(c.serving_number, 0) as serving, coalesce(c.last_number, 0) as last,
       t.office_day = office_day(%(zone)s) as is_today
from ticket t
left join counter c on c.office_day = t.office_day and c.service_code = t.service_code and c.series = 'warga'
where t.id = %(id)s
"""


def take(conn: Connection[dict[str, Any]], service: Counter, *, series: Series, key: str, zone: ZoneInfo) -> str:
    """Give out the next number and return the ticket's id.

    ``key`` comes from the form: the same key for the same service returns the same ticket, so that a second tap on
    the button, or a browser that sends the form again, takes no second number.
    """
    wanted = {"key": key, "code": service.code}
    again = "select id from ticket where request_key = %(key)s and service_code = %(code)s"
    if known := conn.execute(again, wanted).fetchone():
        return str(known["id"])
    values = {
        **wanted, "id": secrets.token_urlsafe(16), "series": series, "name": service.name, "zone": zone.key,
    }  # fmt: skip
    try:
        taken = conn.execute(_TAKE, values).fetchone()
    except UniqueViolation:
        # The same form, sent twice at the same moment: the other one has the ticket, and the counter was rolled back.
        taken = conn.execute(again, wanted).fetchone()
    if taken is None:
        raise LookupError("the database returned no ticket")
    return str(taken["id"])


def read(conn: Connection[dict[str, Any]], ticket_id: str, *, zone: ZoneInfo) -> Ticket | None:
    """Return the ticket with its place in the queue, or None where there is no such ticket."""
    row = conn.execute(_READ, {"id": ticket_id, "zone": zone.key}).fetchone()
    if row is None:
        return None
    code, serving = row["service_code"], row["serving"]
    number, is_today = row["number"], row["is_today"]
    if row["series"] == Series.CITIZEN:
        place = standing(number=number, serving=serving, is_today=is_today)
        before = ahead(number=number, serving=serving)
    else:
        place = standing(number=number, serving=0, is_today=is_today)
        before = row["last"] - serving
    return Ticket(
        id=row["id"],
        label=label(row["series"], code, number),
        service=Counter(code=code, name=row["service_name"]),
        series=Series(row["series"]),
        office_day=row["office_day"],
        taken_at=row["taken_at"],
        standing=place,
        ahead=before,
        serving=label(Series.CITIZEN, code, serving) if serving else None,
    )


def counter_states(
    conn: Connection[dict[str, Any]], services: tuple[Counter, ...], *, zone: ZoneInfo
) -> tuple[CounterState, ...]:
    """Return today's state of every service, in the order of the list; a service nobody came for has no numbers."""
    rows = conn.execute(
        "select service_code, last_number, serving_number from counter"
        " where series = 'warga' and office_day = office_day(%(zone)s)",
        {"zone": zone.key},
    )
    today = {row["service_code"]: (row["last_number"], row["serving_number"]) for row in rows}
    states = []
    for service in services:
        last, serving = today.get(service.code, (0, 0))
        states.append(
            CounterState(
                service=service,
                serving=label(Series.CITIZEN, service.code, serving) if serving else None,
                last=label(Series.CITIZEN, service.code, last) if last else None,
                waiting=last - serving,
            )
        )
    return tuple(states)


def call_next(conn: Connection[dict[str, Any]], service: Counter, *, zone: ZoneInfo) -> str | None:
    """Call the next citizen of this service and return the number, or None where nobody waits."""
    row = conn.execute(
        "update counter set serving_number = serving_number + 1"
        " where series = 'warga' and office_day = office_day(%(zone)s)"
        " and service_code = %(code)s and serving_number < last_number returning serving_number",
        {"zone": zone.key, "code": service.code},
    ).fetchone()
    return label(Series.CITIZEN, service.code, row["serving_number"]) if row else None


def forget_old_synthetic(conn: Connection[dict[str, Any]], *, zone: ZoneInfo) -> None:
    """Delete a monitor's tickets after a day, at most a thousand at a time, and its counters of past days."""
    conn.execute(
        "delete from ticket where id in (select id from ticket where series = 'uji'"
        " and taken_at < now() - interval '1 day' limit 1000)"
    )
    conn.execute(
        "delete from counter c where series = 'uji' and office_day < office_day(%(zone)s) - 1"
        " and not exists (select from ticket t"
        " where (t.office_day, t.series, t.service_code) = (c.office_day, c.series, c.service_code))",
        {"zone": zone.key},
    )


def fitness(conn: Connection[dict[str, Any]]) -> tuple[bool, int]:
    """Return whether the database accepts writes, and its schema version (0: never migrated).

    The version is read from the table itself, as the pages read theirs; the catalogue alone would hide a lost right.
    """
    row = conn.execute(
        "select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only,"
        " to_regclass('loket_schema') is not null as migrated"
    ).fetchone()
    writable, migrated = (not row["read_only"], row["migrated"]) if row else (False, False)
    if not migrated:
        return writable, 0
    newest = conn.execute("select coalesce(max(version), 0) as version from loket_schema").fetchone()
    return writable, newest["version"] if newest else 0
