"""Values out of a body: by CSS selector, JSONPath or regular expression.

Pure, and without any bound on time or memory: a page made by a stranger can make every parser work for minutes, which
is why ``reader.py`` calls this in a process of its own for all but the smallest bodies.
"""

from __future__ import annotations

import json
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import jsonpath_rfc9535
import regex
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from monitors.probes.expectations_content import injected
from monitors.probes.failures import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

INLINE_CHARS = 4096                      # so short a body does a parser no harm
VALUE_LIMIT = 65_536                     # characters of one value; a token or a view state fits, a body does not
PATTERN_TIMEOUT_S = 0.2
INLINE_PATTERN_S = 0.005                 # a small page too can make a pattern run away, and the loop is everybody's
DIGITS = 4000                            # of an integer that Python reads at once; longer ones take it long


class By(StrEnum):
    """How a value is looked for."""

    CSS = "css"
    JSON = "json"
    REGEX = "regex"
    WORDS = "words"                      # injected ones; the expression: lines of those that are allowed


class Query(NamedTuple):
    """One value to look for. ``attribute`` is for CSS: empty means the element's text."""

    by: By
    expression: str
    attribute: str = ""


class Found(NamedTuple):
    """What a query gave: a value, or None where nothing is there. ``problem`` says why it could not be looked for.

    ``is_ours``: the problem is our definition's (a pattern that runs for too long), not the page's.
    """

    value: str | None
    problem: str = ""
    is_ours: bool = False


def check(query: Query) -> str:
    """Say what is wrong with a query's expression, or "" if it can be used."""
    try:
        if query.by is By.CSS:
            LexborHTMLParser("<p>").css_first(query.expression)
        elif query.by is By.JSON:
            _jsonpath(query.expression)
        elif query.by is By.REGEX:
            _pattern(query.expression)
    except SelectolaxError:
        return "it is not a CSS selector"
    except jsonpath_rfc9535.JSONPathError as exc:
        return f"it is not a JSONPath: {exc}"
    except regex.error as exc:
        return f"it is not a regular expression: {exc}"
    return ""


def extract(body: str, queries: Sequence[Query], *, pattern_s: float = PATTERN_TIMEOUT_S) -> list[Found]:
    """Look for every query in a decoded body. The body is parsed once for each way of looking.

    ``pattern_s``: what one regular expression may take.
    """
    page: LexborHTMLParser | None = None
    document: Any = None
    unreadable = ""
    is_loaded = False
    results = []
    for query in queries:
        if query.by is By.CSS:
            if page is None:
                page = LexborHTMLParser(body)
            results.append(_by_css(page, query))
        elif query.by is By.JSON:
            if not is_loaded:
                is_loaded = True
                document, unreadable = _load(body)
            results.append(Found(None, unreadable) if unreadable else _by_json(document, query))
        elif query.by is By.WORDS:
            words = injected(body, frozenset(query.expression.casefold().splitlines()))
            results.append(Found(", ".join(f'"{word}"' for word in words) or None))
        else:
            results.append(_by_regex(body, query, pattern_s))
    return results


def extract_at_once(body: str, queries: Sequence[Query]) -> list[Found] | None:
    """Look for every query on the thread of the loop; None where that would take too long, which is the reader's."""
    if not is_small(body, queries):
        return None
    found = extract(body, queries, pattern_s=INLINE_PATTERN_S)
    return None if any(one.is_ours for one in found) else found


def is_small(body: str, queries: Sequence[Query]) -> bool:
    """Tell whether a body can be read at once, on the thread of the loop.

    JSONPath's own pattern functions have no time limit, so a body that they search never is.
    """
    return len(body) <= INLINE_CHARS and not any(
        query.by is By.JSON and ("match(" in query.expression or "search(" in query.expression) for query in queries
    )


def as_text(value: object) -> str:
    """Write a JSON value as text: strings as they are, numbers as they were written, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, _Number):
        return value.literal
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_inside(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_inside(one) for one in value) + "]"
    return json.dumps(value)


def _inside(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else as_text(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class _Number(float):
    """A JSON number that remembers how it was written: 12.50 stays 12.50."""

    literal: str

    def __new__(cls, literal: str) -> Self:
        self = super().__new__(cls, literal)
        self.literal = literal
        return self

    def __repr__(self) -> str:
        return self.literal


def _whole(literal: str) -> int | _Number:
    """Read an integer; -0 and those of more digits than Python takes for one keep how they were written."""
    return _Number(literal) if literal == "-0" or len(literal) > DIGITS else int(literal)


def _none_such(name: str) -> Any:
    raise ValueError(f"{name} is no number in it")


def _unlike_json(fault: json.JSONDecodeError) -> str:
    """Say where reading stopped, by what stands there: whoever is on call sees that it is a login page."""
    if not fault.doc.strip():
        return "it is empty"
    there = quoted(fault.doc[fault.pos : fault.pos + 60], 30)
    if not there:
        return "it ends too early"
    is_first = not fault.doc[: fault.pos].strip()
    return f'it begins with "{there}"' if is_first else f'"{there}" cannot stand where it does'


def _by_css(page: LexborHTMLParser, query: Query) -> Found:
    node = page.css_first(query.expression)
    if node is None:
        return Found(None)
    if query.attribute:
        attributes = node.attributes
        if query.attribute not in attributes:
            return Found(None, f"the element has no attribute {query.attribute}")
        return _bounded(attributes[query.attribute] or "")
    return _bounded(" ".join(node.text().split()))


def _load(body: str) -> tuple[Any, str]:
    try:
        return json.loads(body, parse_float=_Number, parse_int=_whole, parse_constant=_none_such), ""
    except RecursionError:
        return None, "the body is JSON nested too deep to be read"
    except json.JSONDecodeError as exc:
        return None, f"the body is not JSON: {_unlike_json(exc)}"
    except ValueError as exc:
        return None, f"the body is not JSON: {exc}"


def _by_json(document: Any, query: Query) -> Found:
    try:
        node = _jsonpath(query.expression).find_one(document)
        return Found(None) if node is None else _bounded(as_text(node.value))
    except jsonpath_rfc9535.JSONPathError as exc:
        return Found(None, f"the body is JSON that {query.expression} cannot search: {exc}")
    except RecursionError:
        return Found(None, "the body is JSON nested too deep to be searched")


def _by_regex(body: str, query: Query, pattern_s: float) -> Found:
    try:
        match = _pattern(query.expression).search(body, timeout=pattern_s)
    except TimeoutError:
        why = f'the pattern "{query.expression}" takes too long on this body; write it without nested repetition'
        return Found(None, why, is_ours=True)
    if match is None:
        return Found(None)
    return _bounded((match[1] if match.re.groups else match[0]) or "")


def _bounded(value: str) -> Found:
    if len(value) > VALUE_LIMIT:
        return Found(None, f"the value is {len(value)} characters long, more than {VALUE_LIMIT}")
    try:
        value.encode()
    except UnicodeEncodeError:           # JSON can write half of a character, which can be sent nowhere
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Found(value)


@lru_cache(maxsize=4096)
def _pattern(expression: str) -> regex.Pattern[str]:
    return regex.compile(expression)


@lru_cache(maxsize=4096)
def _jsonpath(expression: str) -> Any:
    return jsonpath_rfc9535.compile(expression)
