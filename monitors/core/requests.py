"""What steps of other protocols than HTTP ask: one small value for each. Pure; a ``Step`` holds at most one.

An empty ``host`` is the target's own. How each is asked is in ``monitors/probes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DnsRecord(StrEnum):
    """Record types that can be asked for."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    MX = "MX"
    NS = "NS"
    TXT = "TXT"
    SOA = "SOA"
    CAA = "CAA"
    SRV = "SRV"
    PTR = "PTR"                          # the name may be an address, whose reverse name is asked


class DnsTransport(StrEnum):
    """How a name server is asked."""

    UDP = "udp"                          # a truncated answer is asked for again by TCP, as the protocol says
    TCP = "tcp"


class DnsMatch(StrEnum):
    """How the answers must agree with those that are expected."""

    ANY = "any"                          # one of those expected is there
    ALL = "all"                          # all of them are there; more may be
    EXACTLY = "exactly"                  # they and no others


class Security(StrEnum):
    """How a TCP connection becomes TLS."""

    NONE = "none"
    TLS = "tls"                          # from the first byte
    SMTP = "smtp"                        # after STARTTLS (RFC 3207)
    IMAP = "imap"                        # after STARTTLS (RFC 9051)


class TlsVersion(StrEnum):
    """Protocol versions, as people call them."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


class CipherFloor(StrEnum):
    """What is asked of the cipher that was agreed on."""

    ANY = "any"
    STRONG = "strong"                    # 128 bits at least, no RC4, DES, MD5, anonymous or export cipher
    MODERN = "modern"                    # besides, forward secrecy and authenticated encryption


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsQuery:
    """Ask for records of a name. No ``answers``: that there are some is enough."""

    name: str = ""
    record: DnsRecord = DnsRecord.A
    server: str = ""                     # ADDRESS, HOST or HOST:PORT of the name server; "" = this machine's
    transport: DnsTransport = DnsTransport.UDP
    match: DnsMatch = DnsMatch.ALL
    answers: tuple[str, ...] = ()        # as in a zone file: "10 mail.contoh.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpTurn:
    """One turn of a dialogue: what is sent, if anything; then what must be read, if anything."""

    send: str = ""                       # \\r \\n \\t \\xNN stand for what they mean; ${saved} values are put in
    expect: str = ""                     # regular expression, searched in what was read since the turn before


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpDialogue:
    """Connect, perhaps agree on TLS, and talk. No ``turns``: a connection is enough."""

    host: str = ""
    port: int = 0                        # 0: the base URL's
    security: Security = Security.NONE
    turns: tuple[TcpTurn, ...] = ()
    max_bytes: int = 65_536              # that one turn may read


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsCheck:
    """Agree on TLS with any TCP port and look at what was agreed on.

    Too few days left is `degraded`; a certificate that is not good, or a protocol or cipher below its floor, fails.
    """

    host: str = ""
    port: int = 0                        # 0: the base URL's, else what ``security`` usually has
    server_name: str = ""                # name that is asked for and that the certificate must have; "" = the host
    security: Security = Security.TLS
    verify: bool = True                  # chain and host name; what is wrong without it is `degraded`, not failed
    min_days: int = 14
    min_version: TlsVersion = TlsVersion.V1_2
    refuses_older: bool = False          # a version below ``min_version`` must be refused when offered alone
    ciphers: CipherFloor = CipherFloor.STRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcHealth:
    """Ask ``grpc.health.v1.Health/Check``; SERVING is expected."""

    host: str = ""
    port: int = 0                        # 0: the base URL's
    service: str = ""                    # "" = the whole server
    tls: bool = True


class SqlTls(StrEnum):
    """How much TLS a database connection must have."""

    VERIFY = "verify"                    # authority and host name
    REQUIRE = "require"                  # encrypted, not verified
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlQuery:
    """Log in to PostgreSQL and run one query in a read-only transaction. The password is named, never held."""

    host: str = ""
    port: int = 5432
    database: str = ""
    user: str = ""
    password: str = ""                   # name of a secret of the agency; "" = none
    query: str = "SELECT 1"
    expected: str | None = None          # first value of the first row as text; None = whatever it is
    tls: SqlTls = SqlTls.VERIFY


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketTalk:
    """Open a WebSocket, send a text, wait for a message."""

    url: str = "/"                       # path under the base URL, or ws://, wss://
    send: str = ""                       # text message; ${saved} values are put in
    contains: str = ""                   # text that a message must hold
    matches: str = ""                    # regular expression that a message must match
    subprotocol: str = ""                # that must be agreed on
    max_bytes: int = 65_536              # of all messages together


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpEcho:
    """Ping. ``max_lost``: of ``count`` echoes, how many may be lost before the step fails; any loss is `degraded`."""

    host: str = ""
    count: int = 3
    max_lost: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Nothing is asked: the job reports to us every ``every_ms``, at most ``grace_ms`` late (``heartbeat.py``)."""

    job: str
    every_ms: int
    grace_ms: int


class BrowserDo(StrEnum):
    """What a citizen does at a browser."""

    OPEN = "open"                        # text: path under the base URL or whole URL; 2xx is expected
    FILL = "fill"                        # selector: field; text: what is typed
    CLICK = "click"                      # selector
    WAIT = "wait"                        # selector: until it can be seen
    EXPECT = "expect"                    # text that can be seen, in the selector's element or anywhere on the page
    SAVE = "save"                        # selector: element; text: name under which its text is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserAction:
    """One thing done, or looked at, in a browser."""

    do: BrowserDo
    selector: str = ""                   # CSS, or text=WORDS
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserJourney:
    """A journey through pages in a real browser, with nothing left of the journeys before it."""

    actions: tuple[BrowserAction, ...]
    width: int = 1280                    # of the window, in pixels
    height: int = 720
    patience_ms: int = 5_000             # how long each action after ``open`` may wait for what it needs


Request = (
    DnsQuery | TcpDialogue | TlsCheck | GrpcHealth | SqlQuery | WebSocketTalk | IcmpEcho | Heartbeat | BrowserJourney
)
