"""The grammar of weeks: an agency's office hours, and the hours that a promise covers."""

from __future__ import annotations

from stacks.definition import names
from stacks.definition.lists import OneOf
from stacks.definition.scalars import Choice, Text
from stacks.definition.shapes import Key, Shape

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKDAYS = 5
CLOSED = "closed"
ALWAYS = "always"

DAY_HOURS = Text(
    word="hours such as 07:30-16:00, or closed",
    pattern=names.DAY_HOURS_PATTERN,
    most=40,
    check=names.day_hours,
)


def _days(default: str) -> dict[str, Key]:
    return {
        "every_day": Key(kind=DAY_HOURS, doc="Hours of each day that no key below names.", example="06:00-24:00"),
        "workdays": Key(
            kind=DAY_HOURS, doc="Hours of Monday to Friday, where no key below names the day.", example="08:00-15:00"
        ),
        **{
            day: Key(kind=DAY_HOURS, doc=f"Hours of {day.capitalize()}.", default=default, example=example)
            for day, example in zip(DAYS, ("07:30-16:00",) * 4 + ("07:30-16:30", "08:00-12:00", CLOSED), strict=True)
        },
    }


OFFICE_HOURS = Shape(
    title="office_hours",
    doc="When the agency's counters are open, by its own clock; public holidays and collective leave are closed. What "
    "no key names is as Presidential Regulation 21/2023 has it: 07:30-16:00, on Friday to 16:30, at weekends closed.",
    keys={
        **_days("the usual"),
        "ramadan": Key(
            kind=Shape(
                title="ramadan",
                doc="The same in Ramadan.",
                keys=_days("08:00-15:00, on Friday to 15:30; at a weekend, and where closed, as outside Ramadan"),
            ),
            doc="The same in Ramadan.",
            default="shorter hours on the days that are open",
        ),
    },
)

PROMISE_HOURS = OneOf(
    scalar=Choice(
        meaning={ALWAYS: "all 24 hours of every day"},
        also="or days with their hours, such as {every_day: 06:00-24:00}",
    ),
    table=Shape(
        title="promise hours",
        doc="Hours of each day by the agency's clock; what no key names is not covered. Public holidays are no "
        "exception: the week holds on every date.",
        keys=_days("not covered"),
    ),
)
