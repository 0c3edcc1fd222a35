"""The grammar of what only some HTTP steps have: credentials, bodies of other kinds, choices of their connections."""

from __future__ import annotations

import re
from ipaddress import ip_address

from stacks.definition import names
from stacks.definition.grammar_expect import filled
from stacks.definition.jsonvalues import JsonBody
from stacks.definition.lists import OneOf
from stacks.definition.scalars import Choice, Text
from stacks.definition.shapes import Key, MapOf, Shape

SECRET = re.compile(rf"\$\{{{names.SECRET_REFERENCE}\}}")


def _refers(text: str) -> str:
    return "" if SECRET.fullmatch(text) else "name it, such as ${secret:api_token}, and give its value to the monitor"


def _server(text: str) -> str:
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        ip_address(host)
    except ValueError:
        return "write an IP address, such as 10.0.0.53, and a port behind it if it is not 53"
    is_port = not port or (port.isdigit() and 0 < int(port[:6]) < 65536)
    return "" if is_port else "write a port from 1 to 65535"


def _address(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        return "write an IP address, such as 203.0.113.10"
    return ""


def _proxy(text: str) -> str:
    found = re.fullmatch(r"https?://(?:(?P<user>[^@/\s]*)@)?[^@/\s:]+(?::[0-9]{1,5})?/?", filled(text))
    if found is None:
        return "write http://HOST:PORT"
    if found["user"] and "${secret:" not in text:
        return "give the password as a secret: http://user:${secret:proxy}@HOST:PORT"
    return ""


SECRET_TEXT = Text(word="a secret by its name: ${secret:NAME}", most=200, check=_refers, is_private=True)
USER = Text(word="a user's name", most=200, takes_numbers=True)

AUTH = Shape(
    title="auth",
    doc="How a request proves who it is: exactly one of `basic`, `bearer`, `oauth2`. It is dropped where a redirect "
    "leads to another host. Secrets are named here and given to the monitor (`--secrets-dir`).",
    keys={
        "basic": Key(
            kind=Shape(
                title="basic",
                doc="HTTP Basic.",
                keys={
                    "user": Key(kind=USER, doc="Name.", required=True, example="pemantau"),
                    "password": Key(kind=SECRET_TEXT, doc="Password.", required=True, example='"${secret:sandi}"'),
                },
            ),
            doc="User and password.",
            example='{user: pemantau, password: "${secret:sandi}"}',
        ),
        "bearer": Key(kind=SECRET_TEXT, doc="Token.", example='"${secret:api_token}"'),
        "oauth2": Key(
            kind=Shape(
                title="oauth2",
                doc="OAuth 2.0 client credentials: a fresh token is fetched in each try, and its time counts.",
                keys={
                    "token_url": Key(
                        kind=Text(
                            word="a path such as /oauth/token, or a whole URL",
                            most=2000,
                            check=lambda text: names.step_url(filled(text)),
                        ),
                        doc="Where the token is fetched.",
                        required=True,
                        example="/oauth/token",
                    ),
                    "client_id": Key(kind=USER, doc="The client's name.", required=True, example="pemantau"),
                    "client_secret": Key(
                        kind=SECRET_TEXT, doc="The client's secret.", required=True, example='"${secret:klien}"'
                    ),
                    "scope": Key(
                        kind=Text(most=500), doc="What is asked for.", default="nothing", example="baca"
                    ),
                },
            ),
            doc="Client credentials.",
            example='{token_url: /oauth/token, client_id: pemantau, client_secret: "${secret:klien}"}',
        ),
    },
    rules={"minProperties": 1, "maxProperties": 1},
)

_PART_VALUE = Text(word="text", most=20_000, takes_numbers=True, may_be_empty=True, is_private=True, lines=True)
_HEADER_WORD = Text(
    word="a media type such as application/pdf",
    most=100,
    check=names.matches(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+(; ?[A-Za-z0-9=.+-]+)*", "write TYPE/SUBTYPE"),
)

MULTIPART = MapOf(
    names=Text(word="a field's name", most=100, takes_numbers=True),
    kind=OneOf(
        scalar=_PART_VALUE,
        table=Shape(
            title="part",
            doc="A part that is sent as a file.",
            keys={
                "content": Key(kind=_PART_VALUE, doc="What is in the file.", required=True, example="isi"),
                "file": Key(kind=Text(most=200), doc="The file's name.", required=True, example="ktp.txt"),
                "type": Key(
                    kind=_HEADER_WORD,
                    doc="Its media type.",
                    default="application/octet-stream",
                    example="text/plain",
                ),
            },
        ),
    ),
    example="{layanan: KTP, berkas: {file: ktp.txt, content: isi}}",
)

GRAPHQL = Shape(
    title="graphql",
    doc="A GraphQL request, sent as JSON; an answer with `errors` fails the step.",
    keys={
        "query": Key(
            kind=Text(word="a GraphQL document", most=20_000, lines=True),
            doc="The document.",
            required=True,
            example='"{ antrean { nomor } }"',
        ),
        "variables": Key(kind=JsonBody(), doc="Its variables.", default="none", example="{kode: UMUM}"),
    },
)

CONNECTION = Shape(
    title="connection",
    doc="How the connections of a transaction are made. Addresses are judged like all others: see `allow_networks`.",
    keys={
        "http2": Key(
            kind=Choice(
                meaning={"never": "HTTP/1.1", "prefer": "HTTP/2 where the server agrees", "require": "HTTP/2 alone"}
            ),
            doc="Whether HTTP/2 is agreed on (ALPN); `require` fails where it is not.",
            default="never",
            example="prefer",
        ),
        "ip": Key(
            kind=Choice(meaning={"any": "both", "v4": "IPv4", "v6": "IPv6"}),
            doc="Which addresses of the host are used.",
            default="any",
            example="v6",
        ),
        "resolver": Key(
            kind=Text(word="an IP address, with a port or without", most=60, check=_server),
            doc="Name server to ask instead of the machine's.",
            default="the machine's",
            example="9.9.9.9",
        ),
        "address": Key(
            kind=Text(word="an IP address", most=45, check=_address),
            doc="Address to connect to for the service's own host, without looking its name up.",
            default="what the name leads to",
            example="203.0.113.10",
        ),
        "proxy": Key(
            kind=Text(word="an address such as http://proxy.example:3128", most=300, check=_proxy, is_private=True),
            doc="HTTP proxy; what lies behind it is looked up by the proxy.",
            default="none",
            example="http://proxy.example:3128",
        ),
        "certificate": Key(
            kind=SECRET_TEXT, doc="Client certificate, PEM.", default="none", example='"${secret:klien_sertifikat}"'
        ),
        "key": Key(kind=SECRET_TEXT, doc="Its private key, PEM.", default="none", example='"${secret:klien_kunci}"'),
    },
    rules={"minProperties": 1, "dependentRequired": {"certificate": ["key"], "key": ["certificate"]}},
)
