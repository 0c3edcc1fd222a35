"""The grammar of steps that speak another protocol than HTTP: one key each, with what it asks below."""

from __future__ import annotations

from ipaddress import ip_address

from monitors.core.requests import (
    CipherFloor,
    DnsMatch,
    DnsRecord,
    DnsTransport,
    Security,
    SqlTls,
    TlsVersion,
)
from stacks.definition import names
from stacks.definition.amounts import Duration, Size, Whole
from stacks.definition.grammar_browser import BROWSER
from stacks.definition.grammar_expect import REGEX, filled
from stacks.definition.lists import ListOf
from stacks.definition.scalars import Choice, Flag, Text
from stacks.definition.shapes import Key, Shape

SECRET_REFERENCE = r"\$\{secret:[a-z][a-z0-9]*(_[a-z0-9]+)*\}"  # noqa: S105 - a name and no secret


def place_host(text: str) -> str:
    """Check a host to connect to: a name, or an address."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        known = names.matches(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", "write a name such as db.example")
        return known(text) or ("write it shorter" if len(text) > 253 else "")
    return ""


def name_server(text: str) -> str:
    """Check a name server: an address or a name, perhaps with a port."""
    if not place_host(text):
        return ""
    host, colon, port = text.rpartition(":")
    is_good = colon and port.isdigit() and 0 < int(port[:6]) < 65536 and not place_host(host)
    return "" if is_good else "write it such as 192.0.2.53 or ns1.contoh.example:5353"


def websocket_url(text: str) -> str:
    """Check the address of a WebSocket: a path below the service's address, or a whole one."""
    if text.startswith(("ws://", "wss://")):
        return names.step_url(filled(text).replace("ws", "http", 1)) and "write it such as wss://layanan.example/ws"
    if text.startswith(("http://", "https://")):
        return f"write ws instead of http: {text.replace('http', 'ws', 1)}"
    return names.path(filled(text))


HOST = Text(word="a host's name or address", most=253, check=place_host)
_HOST_KEY = Key(kind=HOST, doc="Host to connect to.", default="the service's own", example="mail.contoh.example")
_PORT = Whole(low=1, high=65535)
_SEND = Text(word="text to send", most=4000, takes_numbers=True)
_SECURITY = {
    Security.TLS.value: "from the first byte",
    Security.SMTP.value: "after STARTTLS as mail servers speak it",
    Security.IMAP.value: "after STARTTLS as mailbox servers speak it",
}

DNS = Shape(
    title="dns",
    doc="Ask a name server. NXDOMAIN, SERVFAIL, REFUSED, no such record and silence are told apart.",
    keys={
        "name": Key(
            kind=Text(word="a name to ask for", most=253, check=place_host),
            doc="Name to ask for; with PTR an address will do.",
            default="the service's host",
            example="layanan.contoh.example",
        ),
        "record": Key(
            kind=Choice(meaning={record.value: f"the {record.value} records" for record in DnsRecord}),
            doc="Type of record.",
            default="A",
            example="MX",
        ),
        "server": Key(
            kind=Text(word="a name server's address or name, perhaps with :PORT", most=260, check=name_server),
            doc="Name server to ask.",
            default="this machine's own, one after the other",
            example="192.0.2.53",
        ),
        "transport": Key(
            kind=Choice(
                meaning={
                    DnsTransport.UDP.value: "and TCP where the answer is cut",
                    DnsTransport.TCP.value: "from the beginning",
                }
            ),
            doc="How it is asked.",
            default="udp",
            example="tcp",
        ),
        "match": Key(
            kind=Choice(
                meaning={
                    DnsMatch.ANY.value: "one of `answers` is there",
                    DnsMatch.ALL.value: "all are there",
                    DnsMatch.EXACTLY.value: "they and no others are there",
                }
            ),
            doc="How the answer must agree with `answers`.",
            default="all",
            example="exactly",
        ),
        "answers": Key(
            kind=ListOf(kind=Text(word="an answer as a zone file has it", most=1000, takes_numbers=True), most=50),
            doc="Answers that are expected, as a zone file has them.",
            default="that there is one",
            example='["10 mail.contoh.example"]',
        ),
    },
    rules={"dependentRequired": {"match": ["answers"]}},
)

TCP_TURN = Shape(
    title="turn",
    doc="What is sent, if anything; then what must be read, if anything.",
    keys={
        "send": Key(
            kind=_SEND,
            doc=r"Text to send; `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` mean what they usually do. `${secret:name}` "
            "puts a secret of the agency in.",
            example=r"'EHLO siaga.example\r\n'",
        ),
        "expect": Key(kind=REGEX, doc="Regular expression that what is read must match.", example="'^220 '"),
    },
    rules={"minProperties": 1},
)

TCP = Shape(
    title="tcp",
    doc="Connect to a TCP port, perhaps agree on TLS, and talk.",
    keys={
        "host": _HOST_KEY,
        "port": Key(kind=_PORT, doc="Port to connect to.", default="the service's own", example="25"),
        "security": Key(
            kind=Choice(meaning={Security.NONE.value: "plain TCP", **_SECURITY}),
            doc="How the connection becomes TLS; the certificate must then be good.",
            default="none",
            example="smtp",
        ),
        "turns": Key(
            kind=ListOf(kind=TCP_TURN, most=50),
            doc="The dialogue, turn by turn.",
            default="none: a connection is enough",
            example=r"[{expect: '^220 '}, {send: 'QUIT\r\n', expect: '^221 '}]",
        ),
        "max_bytes": Key(
            kind=Size(low=1024, high=16 * 1024 * 1024),
            doc="What one turn may read at most.",
            default="64KiB",
            example="64KiB",
        ),
    },
)

TLS = Shape(
    title="tls",
    doc="Agree on TLS with a TCP port and look at the certificate and at what was agreed on.",
    keys={
        "host": _HOST_KEY,
        "port": Key(
            kind=_PORT,
            doc="Port to connect to.",
            default="the service's own; 25 with smtp, 143 with imap",
            example="8443",
        ),
        "server_name": Key(
            kind=HOST,
            doc="Name that the certificate must be for.",
            default="the host",
            example="layanan.contoh.example",
        ),
        "security": Key(kind=Choice(meaning=_SECURITY), doc="How TLS begins.", default="tls", example="smtp"),
        "verify": Key(
            kind=Flag(),
            doc="Whether authority, chain, dates and name must be good; if not, what is wrong makes it `degraded`.",
            default="true",
            example="false",
        ),
        "min_days": Key(
            kind=Whole(low=0, high=3650),
            doc="Days that the certificate must still be good for; fewer make it `degraded`.",
            default="14",
            example="30",
        ),
        "min_version": Key(
            kind=Choice(meaning={version.value: f"TLS {version.value}" for version in TlsVersion}),
            doc="Lowest TLS version that may be agreed on, in quotes.",
            default="1.2",
            example='"1.3"',
        ),
        "refuses_older": Key(
            kind=Flag(),
            doc="Whether the server must refuse versions below `min_version` when offered nothing else.",
            default="false",
            example="true",
        ),
        "ciphers": Key(
            kind=Choice(
                meaning={
                    CipherFloor.ANY.value: "whatever is agreed on",
                    CipherFloor.STRONG.value: "128 bits and nothing that is known to be broken",
                    CipherFloor.MODERN.value: "besides, forward secrecy and authenticated encryption",
                }
            ),
            doc="What the cipher must be.",
            default="strong",
            example="modern",
        ),
    },
)

GRPC = Shape(
    title="grpc",
    doc="Ask a gRPC server how it is (`grpc.health.v1.Health/Check`); it must say SERVING.",
    keys={
        "host": _HOST_KEY,
        "port": Key(kind=_PORT, doc="Port to connect to.", default="the service's own", example="50051"),
        "service": Key(
            kind=Text(word="a gRPC service's full name", most=200),
            doc="Service to ask for.",
            default="the whole server",
            example="dukcapil.v1.Antrean",
        ),
        "tls": Key(
            kind=Flag(),
            doc="Whether the connection is TLS with a good certificate.",
            default="true",
            example="false",
        ),
    },
)

SQL = Shape(
    title="sql",
    doc="Log in to a PostgreSQL database and run one query that may only read.",
    keys={
        "host": _HOST_KEY,
        "port": Key(kind=_PORT, doc="Port to connect to.", default="5432", example="5432"),
        "database": Key(kind=Text(most=63), doc="Name of the database.", required=True, example="antrean"),
        "user": Key(kind=Text(most=63), doc="User to log in as.", required=True, example="pemantau"),
        "password": Key(
            kind=Text(
                word="a reference such as ${secret:sandi_db}",
                pattern=SECRET_REFERENCE,
                most=200,
                is_private=True,
                check=names.matches(SECRET_REFERENCE, "write ${secret:NAME}; the definition holds no password"),
            ),
            doc="Reference to the password, which lies with the agency's secrets.",
            default="none",
            example='"${secret:sandi_db}"',
        ),
        "query": Key(
            kind=Text(word="one SQL query", most=4000, lines=True),
            doc="Query to run.",
            default="SELECT 1",
            example="SELECT count(*) > 0 FROM antrean",
        ),
        "equals": Key(
            kind=Text(word="text", most=1000, takes_numbers=True, may_be_empty=True),
            doc="What the first value of the first row must be, as text (true is `t`).",
            default="anything",
            example='"t"',
        ),
        "tls": Key(
            kind=Choice(
                meaning={
                    SqlTls.VERIFY.value: "with a good certificate",
                    SqlTls.REQUIRE.value: "whatever the certificate",
                    SqlTls.NONE.value: "without",
                }
            ),
            doc="Whether the connection is TLS.",
            default="verify",
            example="require",
        ),
    },
)

WEBSOCKET = Shape(
    title="websocket",
    doc="Open a WebSocket, send a text, wait for a message.",
    keys={
        "url": Key(
            kind=Text(
                word="a path such as /ws, or a ws:// or wss:// address",
                most=2000,
                check=websocket_url,
            ),
            doc="Path below the service's address, or a whole address.",
            default="/",
            example="/ws",
        ),
        "send": Key(
            kind=_SEND,
            doc="Text to send. `${secret:name}` puts a secret of the agency in.",
            default="nothing",
            example="ping",
        ),
        "contains": Key(
            kind=Text(word="text that a message holds", most=1000, takes_numbers=True),
            doc="Text that a message must hold.",
            default="a connection is enough",
            example="pong",
        ),
        "matches": Key(kind=REGEX, doc="Regular expression that a message must match.", example="'^pong'"),
        "subprotocol": Key(
            kind=Text(most=100, pattern="[!-~]+", check=names.matches("[!-~]+", "write its name without spaces")),
            doc="Subprotocol that must be agreed on.",
            example="graphql-transport-ws",
        ),
        "max_bytes": Key(
            kind=Size(low=1024, high=16 * 1024 * 1024),
            doc="What may be read at most.",
            default="64KiB",
            example="64KiB",
        ),
    },
    rules={"not": {"required": ["contains", "matches"]}},
)

ICMP = Shape(
    title="icmp",
    doc="Ping. Where the monitor may not, the run is `unknown`, not `down`. A lost echo makes it `degraded`.",
    keys={
        "host": _HOST_KEY,
        "count": Key(kind=Whole(low=1, high=20), doc="Echoes to send.", default="3", example="5"),
        "max_lost": Key(
            kind=Whole(low=0, high=19),
            doc="How many of them may be lost before the step fails.",
            default="1, but fewer than `count`",
            example="2",
        ),
    },
)

HEARTBEAT = Shape(
    title="heartbeat",
    doc="Ask nothing: a job, such as a backup, reports to the monitor in time (`siaga24 monitor report`). A job that "
    "is late makes the run `down`; where the monitor was not listening all the while, `unknown`.",
    keys={
        "job": Key(
            kind=Text(
                word="a job's name of small letters, digits and hyphens",
                pattern=names.CODE_PATTERN,
                most=63,
                check=names.matches(names.CODE_PATTERN, "write it such as cadangan-malam"),
            ),
            doc="Name under which it reports.",
            required=True,
            example="cadangan-malam",
        ),
        "every": Key(
            kind=Duration(low_ms=60_000, high_ms=31 * 86_400_000, usual="24h"),
            doc="Time from one report to the next.",
            required=True,
            example="24h",
        ),
        "grace": Key(
            kind=Duration(low_ms=1_000, high_ms=7 * 86_400_000, usual="1h"),
            doc="How late a report may come.",
            default="a tenth of `every`",
            example="1h",
        ),
    },
)

PROTOCOL_KEYS = {
    "dns": Key(kind=DNS, doc="Ask a name server.", example='{record: MX, answers: ["10 mail.contoh.example"]}'),
    "tcp": Key(kind=TCP, doc="Connect to a TCP port and talk.", example="{port: 25, turns: [{expect: '^220 '}]}"),
    "tls": Key(kind=TLS, doc="Look at a port's certificate and TLS.", example="{min_days: 30}"),
    "grpc": Key(kind=GRPC, doc="Ask a gRPC server how it is.", example="{port: 50051}"),
    "sql": Key(kind=SQL, doc="Query a PostgreSQL database.", example="{database: antrean, user: pemantau}"),
    "websocket": Key(kind=WEBSOCKET, doc="Open a WebSocket and talk.", example="{send: ping, contains: pong}"),
    "icmp": Key(kind=ICMP, doc="Ping.", example="{count: 3}"),
    "heartbeat": Key(
        kind=HEARTBEAT, doc="Judge a job by its reports.", example="{job: cadangan-malam, every: 24h, grace: 1h}"
    ),
    "browser": Key(
        kind=BROWSER, doc="Do a journey in a browser.", example="{actions: [{open: /}, {expect: {text: Loket}}]}"
    ),
}
PROTOCOLS = tuple(PROTOCOL_KEYS)
