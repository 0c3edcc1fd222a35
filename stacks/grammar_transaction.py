"""The grammar of transactions: every key of a transaction, its steps, expectations and saved values."""

from __future__ import annotations

import re
from decimal import Decimal

import jsonpath_rfc9535
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from stacks import names
from stacks.amounts import Duration, Number, Whole
from stacks.jsonvalues import JsonBody, JsonExpected
from stacks.scalars import Flag, Text
from stacks.shapes import Key, ListOf, MapOf, OneOf, Shape

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WITH_BODY = ("post", "put", "patch", "delete")
REFERENCE = re.compile(r"\$\{([^{}]*)\}")
STATUS_PATTERN = r"([1-5][0-9][0-9]|[1-5]xx)( *, *([1-5][0-9][0-9]|[1-5]xx))*"

_PAGE = LexborHTMLParser("<p></p>")      # selectors are compiled against any page


def _filled(text: str) -> str:
    """Put a letter in the place of each ``${saved}`` value, so that what stands around it can be compiled."""
    return REFERENCE.sub("x", text)


def _regex(text: str) -> str:
    try:
        re.compile(_filled(text))
    except (re.error, RecursionError, OverflowError) as exc:
        return f"correct it: {exc}"
    return ""


def _regex_with_group(text: str) -> str:
    mend = _regex(text)
    if mend:
        return mend
    groups = re.compile(_filled(text)).groups
    return "" if groups == 1 else f"put one pair of (...) around the part to keep; it has {groups or 'none'}"


def _selector(text: str) -> str:
    try:
        _PAGE.css(_filled(text))
    except SelectolaxError:
        return "write a CSS selector such as form#ambil or input[name=csrf]"
    return ""


def _json_path(text: str) -> str:
    try:
        jsonpath_rfc9535.compile(_filled(text))
    except (jsonpath_rfc9535.JSONPathError, ValueError, RecursionError) as exc:
        problem = str(exc).splitlines()[0] if str(exc) else "it cannot be read"
        return f"begin with $, such as $.status: {problem}"
    return ""


REGEX = Text(word="a regular expression", check=_regex, most=500)
SELECTOR = Text(word="a CSS selector", check=_selector, most=500)
JSON_PATH = Text(word="a JSONPath (RFC 9535)", check=_json_path, most=500)
HEADER = Text(
    word="a header's name", pattern="[A-Za-z0-9-]+", most=100,
    check=names.matches("[A-Za-z0-9-]+", "write letters, digits and hyphens, such as Content-Type"),
)
COOKIE = Text(
    word="a cookie's name", most=100,
    check=names.matches(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "write the name alone, without = and spaces"),
)
PHRASE = Text(word="text that the answer shows", most=1000)
VALUE = Text(word="text", most=4000, takes_numbers=True, may_be_empty=True)
HEADER_VALUE = Text(word="text", most=1000, takes_numbers=True)
STATUS = Text(
    word="a status such as 200, 2xx or \"200,303\"", pattern=STATUS_PATTERN, most=100, takes_numbers=True,
    check=names.matches(STATUS_PATTERN, 'write three digits, or a class such as 2xx, several as "200,303"'),
)
STEP_URL = Text(
    word="a path such as /antrean, or a whole URL", most=2000, check=lambda text: names.step_url(_filled(text)),
)

EXPECT = Shape(
    title="expect",
    doc="Claims about a step's answer; each must hold for the step to pass.",
    keys={
        "status": Key(kind=OneOf(scalar=STATUS, items=ListOf(kind=STATUS, most=10)), doc="HTTP status, or several of which one must match.",
                      default="2xx", example="200"),
        "contains": Key(kind=OneOf(scalar=PHRASE, items=ListOf(kind=PHRASE, most=50)), doc="Text that must be in the decoded body.",
                        example="Ambil nomor"),
        "absent": Key(kind=OneOf(scalar=PHRASE, items=ListOf(kind=PHRASE, most=50)), doc="Text that must not be in the decoded body.",
                      example="Terjadi kesalahan"),
        "matches": Key(kind=OneOf(scalar=REGEX, items=ListOf(kind=REGEX, most=50)),
                       doc="Regular expression (Python's `re`) that must match somewhere in the decoded body.", example='"[A-Z]+-[0-9]{3}"'),
        "json": Key(kind=OneOf(scalar=JSON_PATH, table=MapOf(names=JSON_PATH, kind=JsonExpected(), example='{"$.status": ok}')),
                    doc="JSONPath to the value that its first match must have; a path alone must be there.", example='{"$.status": menunggu}'),
        "css": Key(kind=OneOf(scalar=SELECTOR, items=ListOf(kind=SELECTOR, most=50),
                              table=MapOf(names=SELECTOR, kind=PHRASE, example='{"h1": Selamat datang}')),
                   doc="CSS selector to the text that its first match must contain; a selector alone must match.", example="form#ambil"),
        "header": Key(kind=MapOf(names=HEADER, kind=PHRASE, example="{Content-Type: json}"),
                      doc="Header's name to the text that its value must contain.", example="{Content-Type: json}"),
        "latency": Key(kind=Duration(low_ms=1, high_ms=600_000, usual="500ms"),
                       doc="The step's own latency target; a slower answer makes the run `degraded`, not `down`.", example="500ms"),
    },
)

SAVE = Shape(
    title="save",
    doc="Where a value of the answer is kept from: exactly one of `css`, `json`, `regex`, `header`, `cookie`.",
    keys={
        "css": Key(kind=SELECTOR, doc="The first match's text, or its `attribute`.", example='"input[name=csrf]"'),
        "attribute": Key(kind=Text(word="an attribute's name", pattern="[A-Za-z_:][A-Za-z0-9_:.-]*", most=100,
                                   check=names.matches("[A-Za-z_:][A-Za-z0-9_:.-]*", "write the name alone, such as value")),
                         doc="With `css`: the attribute to keep.", default="the element's text", example="value"),
        "json": Key(kind=JSON_PATH, doc="The first match's value.", example="$.tiket"),
        "regex": Key(kind=Text(word="a regular expression with one group", check=_regex_with_group, most=500),
                     doc="What the one group matches in the decoded body.", example="'id=\"([^\"]+)\"'"),
        "header": Key(kind=HEADER, doc="The header's value.", example="Location"),
        "cookie": Key(kind=COOKIE, doc="The cookie's value.", example="session"),
    },
    rules={"minProperties": 1, "dependentRequired": {"attribute": ["css"]}},
)

SAVED_NAME = Text(
    word="a name of small letters, digits and underscores", pattern=names.SAVED_PATTERN, most=40,
    check=names.matches(names.SAVED_PATTERN, "write it such as csrf or nomor_tiket"),
)

_METHOD_KEYS = {
    method: Key(kind=STEP_URL, doc=f"Send {method.upper()} to this path of the service, or to a whole URL.", example=example)
    for method, example in zip(METHODS, ("/", "/antrean", "/akun/1", "/akun/1", "/akun/1", "/", "/"), strict=True)
}

STEP = Shape(
    title="step",
    doc="One request: exactly one of `get`, `post`, `put`, `patch`, `delete`, `head`, `options`. "
        "`${name}` puts in a value that an earlier step saved (in `get` and its like, `headers`, `form`, `json` and `expect`).",
    keys={
        "name": Key(kind=Text(most=80), doc="What a citizen does in this step; reasons and reports name it.",
                    default="method and path", example="ambil nomor"),
        **_METHOD_KEYS,
        "headers": Key(kind=MapOf(names=HEADER, kind=HEADER_VALUE, example="{Accept: application/json}"),
                       doc="Headers to send.", example="{Accept: application/json}"),
        "form": Key(kind=MapOf(names=Text(word="a field's name", most=100, takes_numbers=True), kind=VALUE,
                               example='{csrf: "${csrf}"}'),
                    doc="Form fields to send as the body.", example='{csrf: "${csrf}", layanan: KTP}'),
        "json": Key(kind=JsonBody(), doc="JSON to send as the body.", example='{layanan: KTP}'),
        "follow": Key(kind=Whole(low=0, high=10), doc="How many redirects to follow; 0 takes a redirect as the answer.",
                      default="0", example="1"),
        "critical": Key(kind=Flag(), doc="Whether the run is `down` if this step fails; else it is `degraded`.",
                        default="true", example="false"),
        "expect": Key(kind=EXPECT, doc="Claims about the answer.", default="status 2xx", example="{status: 200}"),
        "save": Key(kind=MapOf(names=SAVED_NAME, kind=SAVE, example='{csrf: {css: "input[name=csrf]", attribute: value}}'),
                    doc="Values to keep for later steps, by name.", example='{csrf: {css: "input[name=csrf]", attribute: value}}'),
    },
    rules={"oneOf": [{"required": [method]} for method in METHODS]},
)

INTERVAL = Duration(low_ms=1_000, high_ms=86_400_000)
DEADLINE = Duration(low_ms=100, high_ms=600_000, usual="10s")
LATENCY = Duration(low_ms=1, high_ms=600_000, usual="2s")

TRANSACTION = Shape(
    title="transaction",
    doc="A citizen's journey, run every `interval`; each of two tries may take `deadline`, and 2 x deadline < interval.",
    keys={
        "primary": Key(kind=Flag(), doc="A secondary one's `down` counts as `degraded`; a service needs one primary at least.",
                       default="true", example="false"),
        "interval": Key(kind=INTERVAL, doc="Time from one run to the next.", default="the tier's", example="30s"),
        "deadline": Key(kind=DEADLINE, doc="All that one try of all steps may take.",
                        default="the tier's, but at most 2/5 of the interval", example="10s"),
        "latency": Key(kind=LATENCY, doc="Latency target of a whole try; a slower run is `degraded`.",
                       default="the promise's `latency`", example="2s"),
        "writes": Key(kind=Flag(), doc="Whether it changes the service's data.", default="false", example="true"),
        "steps": Key(kind=ListOf(kind=STEP, most=50), doc="What is done, in order; one step at least is critical.", required=True),
    },
)

PROMISE = Shape(
    title="promise",
    doc="What citizens are promised for each calendar month in the agency's time zone, all 24 hours.",
    keys={
        "target": Key(kind=Number(above=Decimal(0), most=Decimal(100), is_open=True,
                                  hint="a promise of 100 % can neither be kept nor proven; write such as 99.9"),
                      doc="Availability in percent, below 100.", default="the tier's", example="99.5"),
        "latency": Key(kind=LATENCY, doc="Latency target; the share of time within it is a figure of its own.",
                       default="none", example="2s"),
    },
)
