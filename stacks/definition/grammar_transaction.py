"""The grammar of transactions and promises: every key of a transaction and its steps."""

from __future__ import annotations

from decimal import Decimal

from monitors.core.runvalues import MEANING
from stacks.definition import names
from stacks.definition.amounts import Duration, Number, Whole
from stacks.definition.grammar_expect import EXPECT, HEADER, SAVE, filled
from stacks.definition.grammar_http import AUTH, CONNECTION, GRAPHQL, MULTIPART
from stacks.definition.grammar_protocols import PROTOCOL_KEYS, PROTOCOLS
from stacks.definition.grammar_week import PROMISE_HOURS
from stacks.definition.jsonvalues import JsonBody
from stacks.definition.lists import ListOf
from stacks.definition.scalars import Flag, Text
from stacks.definition.shapes import Key, MapOf, Shape

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WITH_BODY = ("post", "put", "patch", "delete")

VALUE = Text(word="text", most=4000, takes_numbers=True, may_be_empty=True, is_private=True)
HEADER_VALUE = Text(word="text", most=1000, takes_numbers=True, is_private=True)
STEP_URL = Text(
    word="a path such as /antrean, or a whole URL",
    most=2000,
    check=lambda text: names.step_url(filled(text)),
)

SAVED_NAME = Text(
    word="a name of small letters, digits and underscores",
    pattern=names.SAVED_PATTERN,
    most=40,
    check=names.matches(names.SAVED_PATTERN, "write it such as csrf or nomor_tiket"),
)

_METHOD_KEYS = {
    method: Key(
        kind=STEP_URL, doc=f"Send {method.upper()} to this path of the service, or to a whole URL.", example=example
    )
    for method, example in zip(METHODS, ("/", "/antrean", "/akun/1", "/akun/1", "/akun/1", "/", "/"), strict=True)
}

STEP = Shape(
    title="step",
    doc="One request: exactly one of `get`, `post`, `put`, `patch`, `delete`, `head`, `options`, or of "
    f"{', '.join(f'`{name}`' for name in PROTOCOLS)} (which know `critical` and `expect: {{latency: ...}}` beside it). "
    "`${name}` puts in a value that an earlier step saved (in paths, `headers`, bodies and `expect`), `${secret:name}` "
    "one of the agency's own secrets (in `headers` and bodies; `auth` takes nothing else).",
    keys={
        "name": Key(
            kind=Text(most=80),
            doc="What a citizen does in this step; reasons and reports name it.",
            default="method and path",
            example="ambil nomor",
        ),
        **_METHOD_KEYS,
        **PROTOCOL_KEYS,
        "headers": Key(
            kind=MapOf(names=HEADER, kind=HEADER_VALUE, example="{Accept: application/json}"),
            doc="Headers to send.",
            example="{Accept: application/json}",
        ),
        "form": Key(
            kind=MapOf(
                names=Text(word="a field's name", most=100, takes_numbers=True), kind=VALUE, example='{csrf: "${csrf}"}'
            ),
            doc="Form fields to send as the body.",
            example='{csrf: "${csrf}", layanan: KTP}',
        ),
        "json": Key(
            kind=JsonBody(),
            doc='JSON to send as the body. A saved value stays text; as a whole value `"${number:name}"` and '
            '`"${boolean:name}"` make it a number or a boolean.',
            example="{layanan: KTP}",
        ),
        "multipart": Key(
            kind=MULTIPART,
            doc="Multipart form to send as the body; a field with `file` is sent as a file.",
            example="{layanan: KTP, berkas: {file: ktp.txt, content: isi}}",
        ),
        "graphql": Key(kind=GRAPHQL, doc="GraphQL request to send as the body.", example='{query: "{ nomor }"}'),
        "body": Key(
            kind=Text(word="text", most=100_000, is_private=True, lines=True),
            doc="Text to send as the body as it is; a header says its Content-Type.",
            example='"<cek/>"',
        ),
        "auth": Key(
            kind=AUTH,
            doc="How the request proves who it is.",
            default="the transaction's, where the step asks a path of the service",
            example='{bearer: "${secret:api_token}"}',
        ),
        "follow": Key(
            kind=Whole(low=0, high=10),
            doc="How many redirects to follow; 0 takes a redirect as the answer.",
            default="0",
            example="1",
        ),
        "critical": Key(
            kind=Flag(),
            doc="Whether the run is `down` if this step fails; else it is `degraded`.",
            default="true",
            example="false",
        ),
        "always": Key(
            kind=Flag(),
            doc="Whether it runs at the end of each try, after a failure or a time-out too, to clean up. Such steps "
            "stand last and have a fifth of the deadline (2 s at most) for themselves; what they take is no part of "
            "the latency, and their failure is at most `degraded`.",
            default="false",
            example="true",
        ),
        "expect": Key(kind=EXPECT, doc="Claims about the answer.", default="status 2xx", example="{status: 200}"),
        "save": Key(
            kind=MapOf(names=SAVED_NAME, kind=SAVE, example='{csrf: {css: "input[name=csrf]", attribute: value}}'),
            doc="Values to keep for later steps, by name.",
            example='{csrf: {css: "input[name=csrf]", attribute: value}}',
        ),
    },
    rules={"oneOf": [{"required": [name]} for name in (*METHODS, *PROTOCOLS)]},
)

INTERVAL = Duration(low_ms=1_000, high_ms=86_400_000)
DEADLINE = Duration(low_ms=100, high_ms=600_000, usual="10s")
LATENCY = Duration(low_ms=1, high_ms=600_000, usual="2s")

TRANSACTION = Shape(
    title="transaction",
    doc="A citizen's journey, run every `interval`. Each of two tries may take `deadline`; 2 x deadline < interval. "
     "New in each try, and the same in all of its steps, are "
    + "; ".join(f"`${{{name}}}`: {what}" for name, what in MEANING.items())
    + ".",
    keys={
        "primary": Key(
            kind=Flag(),
            doc="A secondary one's `down` counts as `degraded`; a service needs one primary at least.",
            default="true",
            example="false",
        ),
        "interval": Key(kind=INTERVAL, doc="Time from one run to the next.", default="the tier's", example="30s"),
        "deadline": Key(
            kind=DEADLINE,
            doc="All that one try of all steps may take.",
            default="the tier's, but at most 2/5 of the interval",
            example="10s",
        ),
        "latency": Key(
            kind=LATENCY,
            doc="Latency target of a whole try; a slower run is `degraded`.",
            default="the promise's `latency`, at most the deadline",
            example="2s",
        ),
        "writes": Key(kind=Flag(), doc="Whether it changes the service's data.", default="false", example="true"),
        "budget": Key(
            kind=Text(
                word="tries a day, such as 5000/day",
                pattern="[1-9][0-9]{0,8} ?/ ?day",
                most=20,
                check=names.budget,
            ),
            doc="How often it may write a UTC day, where it `writes`: a run takes two tries and gives back the one "
            "that it did not need. Repeats never take what the regular runs need. Without any left a run is missed, "
            "and `unknown`.",
            default="two tries for each regular run, and 240 for repeats where the interval is over 30 s",
            example="5000/day",
        ),
        "auth": Key(
            kind=AUTH,
            doc="Credentials of all HTTP steps that ask a path of the service and have none of their own.",
            default="none",
            example='{basic: {user: pemantau, password: "${secret:sandi}"}}',
        ),
        "connection": Key(
            kind=CONNECTION, doc="How HTTP connections are made.", default="as usual", example="{http2: prefer}"
        ),
        "steps": Key(
            kind=ListOf(kind=STEP, most=50), doc="What is done, in order; one step at least is critical.", required=True
        ),
    },
)

PROMISE = Shape(
    title="promise",
    doc="What citizens are promised for each calendar month in the agency's time zone.",
    keys={
        "target": Key(
            kind=Number(
                above=Decimal(0),
                most=Decimal(100),
                is_open=True,
                hint="a promise of 100 % can neither be kept nor proven; write such as 99.9",
            ),
            doc="Availability in percent, below 100.",
            default="the tier's",
            example="99.5",
        ),
        "latency": Key(
            kind=LATENCY,
            doc="Latency target; the share of time within it is a figure of its own.",
            default="the tier's",
            example="2s",
        ),
        "hours": Key(
            kind=PROMISE_HOURS,
            doc="Hours that the promise covers: `always`, or hours of days (see below).",
            default="the tier's, which is always",
            example="{every_day: 06:00-24:00}",
        ),
    },
)
