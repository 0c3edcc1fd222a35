"""The grammar of claims about an answer and of values saved from it, with patterns, selectors and paths compiled."""

from __future__ import annotations

import re
import warnings

import jsonpath_rfc9535
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from stacks.definition import names
from stacks.definition.amounts import Duration
from stacks.definition.jsonvalues import JsonExpected
from stacks.definition.lists import ListOf, OneOf
from stacks.definition.scalars import Flag, Text
from stacks.definition.shapes import Key, MapOf, Shape

REFERENCE = re.compile(r"\$\{([^{}]*)\}")
STATUS_PATTERN = r"([1-5][0-9][0-9]|[1-5]xx)( *, *([1-5][0-9][0-9]|[1-5]xx))*"

_PAGE = LexborHTMLParser("<p></p>")  # selectors are compiled against any page


def filled(text: str) -> str:
    """Put a letter in the place of each ``${saved}`` value, so that what stands around it can be compiled."""
    return REFERENCE.sub("x", text)


def _regex(text: str) -> str:
    with warnings.catch_warnings():
        # What will mean something else in a later Python is refused now, while somebody looks at it.
        warnings.simplefilter("error", FutureWarning)
        try:
            re.compile(filled(text))
        except FutureWarning as exc:
            return f"escape the bracket or sign with a backslash: {str(exc).lower()}"
        except (re.error, RecursionError, OverflowError) as exc:
            return f"correct it: {exc}"
    return ""


def _regex_with_group(text: str) -> str:
    mend = _regex(text)
    if mend:
        return mend
    groups = re.compile(filled(text)).groups
    return "" if groups == 1 else f"put one pair of (...) around the part to keep; it has {groups or 'none'}"


def _selector(text: str) -> str:
    try:
        _PAGE.css(filled(text))
    except SelectolaxError:
        return "write a CSS selector such as form#ambil or input[name=csrf]"
    return ""


def _json_path(text: str) -> str:
    try:
        jsonpath_rfc9535.compile(filled(text))
    except (jsonpath_rfc9535.JSONPathError, ValueError, RecursionError) as exc:
        problem = str(exc).splitlines()[0] if str(exc) else "it cannot be read"
        return f"begin with $, such as $.status: {problem}"
    return ""


def _size(text: str) -> str:
    least, dash, most = text.partition("-")
    if not (dash and least.isdecimal() and most.isdecimal() and text.isascii()):
        return "write two whole numbers with a hyphen between them"
    return "" if int(least) <= int(most) else "write the smaller number first"


REGEX = Text(word="a regular expression", check=_regex, most=500)
SELECTOR = Text(word="a CSS selector", check=_selector, most=500)
JSON_PATH = Text(word="a JSONPath (RFC 9535)", check=_json_path, most=500)
HEADER = Text(
    word="a header's name",
    pattern="[A-Za-z0-9-]+",
    most=100,
    check=names.matches("[A-Za-z0-9-]+", "write letters, digits and hyphens, such as Content-Type"),
)
COOKIE = Text(
    word="a cookie's name",
    most=100,
    check=names.matches(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "write the name alone, without = and spaces"),
)
PHRASE = Text(word="text that the answer shows", most=1000)
STATUS = Text(
    word='a status such as 200, 2xx or "200,303"',
    pattern=STATUS_PATTERN,
    most=100,
    takes_numbers=True,
    check=names.matches(STATUS_PATTERN, 'write three digits, or a class such as 2xx, several as "200,303"'),
)

SIZE = Text(
    word="bytes from least to most, such as 2000-90000",
    pattern="[0-9]{1,9}-[0-9]{1,9}",
    most=20,
    check=_size,
)
DIGEST = Text(
    word="64 hexadecimal digits",
    pattern="[0-9a-fA-F]{64}",
    most=64,
    takes_numbers=True,
    check=names.matches("[0-9a-fA-F]{64}", "write what sha256sum says of the page"),
)

EXPECT = Shape(
    title="expect",
    doc="Claims about a step's answer; each must hold for the step to pass.",
    keys={
        "status": Key(
            kind=OneOf(scalar=STATUS, items=ListOf(kind=STATUS, most=10)),
            doc="HTTP status, or several of which one must match.",
            default="2xx",
            example="200",
        ),
        "contains": Key(
            kind=OneOf(scalar=PHRASE, items=ListOf(kind=PHRASE, most=50)),
            doc="Text that must be in the decoded body.",
            example="Ambil nomor",
        ),
        "absent": Key(
            kind=OneOf(scalar=PHRASE, items=ListOf(kind=PHRASE, most=50)),
            doc="Text that must not be in the decoded body.",
            example="Terjadi kesalahan",
        ),
        "matches": Key(
            kind=OneOf(scalar=REGEX, items=ListOf(kind=REGEX, most=50)),
            doc="Regular expression (Python's `re`) that must match somewhere in the decoded body.",
            example='"[A-Z]+-[0-9]{3}"',
        ),
        "json": Key(
            kind=OneOf(
                scalar=JSON_PATH,
                items=ListOf(kind=JSON_PATH, most=50),
                table=MapOf(names=JSON_PATH, kind=JsonExpected(), example='{"$.status": ok}'),
            ),
            doc="JSONPath to the value that its first match must have; a path alone must be there.",
            example='{"$.status": menunggu}',
        ),
        "css": Key(
            kind=OneOf(
                scalar=SELECTOR,
                items=ListOf(kind=SELECTOR, most=50),
                table=MapOf(names=SELECTOR, kind=PHRASE, example='{"h1": Selamat datang}'),
            ),
            doc="CSS selector to the text that its first match must contain; a selector alone must match.",
            example="form#ambil",
        ),
        "header": Key(
            kind=MapOf(names=HEADER, kind=PHRASE, example="{Content-Type: json}"),
            doc="Header's name to the text that its value must contain.",
            example="{Content-Type: json}",
        ),
        "forbidden": Key(
            kind=OneOf(scalar=REGEX, items=ListOf(kind=REGEX, most=50)),
            doc="Regular expression that must match nowhere in the decoded body.",
            example="'diretas oleh'",
        ),
        "clean": Key(
            kind=OneOf(scalar=Flag(), items=ListOf(kind=PHRASE, most=50)),
            doc="`true`: no injected gambling advertisements (judi online, slot gacor, togel and many more) in the "
            "decoded body; a page with them is `down` although it answers 200. A list: words that this page may hold.",
            example="true",
        ),
        "size": Key(
            kind=SIZE,
            doc="Bytes of the decoded body, from least to most; a body outside makes the run `degraded`.",
            example="2000-90000",
        ),
        "sha256": Key(
            kind=DIGEST,
            doc="SHA-256 of the decoded body, hexadecimal; another body makes the run `degraded`.",
            example='"' + 64 * "0" + '"',
        ),
        "json_absent": Key(
            kind=OneOf(scalar=JSON_PATH, items=ListOf(kind=JSON_PATH, most=50)),
            doc="JSONPath at which nothing (or null) must be.",
            example="$.errors",
        ),
        "latency": Key(
            kind=Duration(low_ms=1, high_ms=600_000, usual="500ms"),
            doc="The step's own latency target; a slower answer makes the run `degraded`, not `down`.",
            example="500ms",
        ),
    },
)

SAVE = Shape(
    title="save",
    doc="Where a value of the answer is kept from: exactly one of `css`, `json`, `regex`, `header`, `cookie`.",
    keys={
        "css": Key(kind=SELECTOR, doc="The first match's text, or its `attribute`.", example='"input[name=csrf]"'),
        "attribute": Key(
            kind=Text(
                word="an attribute's name",
                pattern="[A-Za-z_:][A-Za-z0-9_:.-]*",
                most=100,
                check=names.matches("[A-Za-z_:][A-Za-z0-9_:.-]*", "write the name alone, such as value"),
            ),
            doc="With `css`: the attribute to keep.",
            default="the element's text",
            example="value",
        ),
        "json": Key(kind=JSON_PATH, doc="The first match's value.", example="$.tiket"),
        "regex": Key(
            kind=Text(word="a regular expression with one group", check=_regex_with_group, most=500),
            doc="What the one group matches in the decoded body.",
            example='\'id="([^"]+)"\'',
        ),
        "header": Key(kind=HEADER, doc="The header's value.", example="Location"),
        "cookie": Key(kind=COOKIE, doc="The cookie's value.", example="session"),
    },
    rules={"minProperties": 1, "dependentRequired": {"attribute": ["css"]}},
)
