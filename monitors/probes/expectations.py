"""What a step expects of its answer, made ready once, checked in words.

Cheap claims (status, headers, text) are checked at once; what needs the body parsed becomes queries for the page
reader, whose findings come back here. The first claim that does not hold is the problem, the status before all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.model import AssertKind
from monitors.core.verdict import US_PER_MS, spoken_us
from monitors.probes.expectations_content import digest_drift, size_drift, size_range
from monitors.probes.extract import By, Found, Query
from monitors.probes.failures import quoted
from monitors.probes.fill import Template, in_css, in_jsonpath, in_pattern, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitors.core.model import Assertion
    from monitors.probes.answer import Answer

BY = {
    AssertKind.MATCHES: By.REGEX, AssertKind.FORBIDDEN: By.REGEX, AssertKind.JSON: By.JSON, AssertKind.NO_JSON: By.JSON,
    AssertKind.CSS: By.CSS, AssertKind.CLEAN: By.WORDS,
}
PATTERNS = (AssertKind.MATCHES, AssertKind.FORBIDDEN)
DEFAULT_STATUS = "2xx"


class StatusRule:
    """A set of accepted statuses, as ``200``, ``2xx`` or ``200,303``."""

    __slots__ = ("_classes", "_codes", "text")

    def __init__(self, text: str) -> None:
        """Raises ValueError where ``text`` is none of these."""
        self.text = text
        codes, classes = set(), set()
        for raw in text.split(","):
            part = raw.strip().lower()
            if len(part) == 3 and part[0] in "12345" and part[1:] == "xx":
                classes.add(int(part[0]))
            elif len(part) == 3 and part.isdecimal() and part.isascii():
                codes.add(int(part))
            else:
                raise ValueError(f'status "{text}": expected a status such as 200, 2xx or "200,303"')
        self._codes, self._classes = frozenset(codes), frozenset(classes)

    def accepts(self, status: int) -> bool:
        """Tell whether a status is in the set."""
        return status in self._codes or status // 100 in self._classes


@dataclass(frozen=True, slots=True)
class _Claim:
    kind: AssertKind
    expected: Template
    name: Template


class Expectations:
    """The assertions of one step. Raises ValueError where one cannot be checked."""

    __slots__ = ("_body_claims", "_digest", "_header_claims", "_queried", "_size", "_slow_us", "_status")

    def __init__(self, assertions: Iterable[Assertion]) -> None:
        self._status = StatusRule(DEFAULT_STATUS)
        self._slow_us: int | None = None
        self._size = self._digest = ""
        header, body, queried = [], [], []
        for assertion in assertions:
            claim = _Claim(assertion.kind, Template(assertion.expected), Template(assertion.name))
            match assertion.kind:
                case AssertKind.STATUS:
                    self._status = StatusRule(assertion.expected)
                case AssertKind.LATENCY:
                    self._slow_us = _milliseconds(assertion.expected) * US_PER_MS
                case AssertKind.SIZE:
                    size_range(assertion.expected)
                    self._size = assertion.expected
                case AssertKind.SHA256:
                    self._digest = assertion.expected
                case AssertKind.HEADER:
                    header.append(claim)
                case AssertKind.CONTAINS | AssertKind.ABSENT:
                    body.append(claim)
                case _:
                    queried.append(claim)
        self._header_claims, self._body_claims, self._queried = tuple(header), tuple(body), tuple(queried)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the saved values that they need."""
        claims = (*self._header_claims, *self._body_claims, *self._queried)
        return tuple(name for claim in claims for name in (*claim.expected.names, *claim.name.names))

    @property
    def needs_headers(self) -> bool:
        """They look at header lines."""
        return bool(self._header_claims)

    @property
    def needs_text(self) -> bool:
        """They look at the decoded body."""
        return bool(self._body_claims or self._queried)

    @property
    def has_queries(self) -> bool:
        """They look into the parsed body."""
        return bool(self._queried)

    def of_answer(self, answer: Answer, text: str, saved: Mapping[str, str]) -> str:
        """Check what is cheap; give the problem, or "". Raises FillError."""
        if not self._status.accepts(answer.status):
            return f"expected status {self._status.text}, got {answer.status}"
        for claim in self._header_claims:
            problem = _of_header(answer, claim.name.fill(saved, plain), claim.expected.fill(saved, plain))
            if problem:
                return problem
        for claim in self._body_claims:
            wanted = claim.expected.fill(saved, plain)
            if (wanted in text) is not (claim.kind is AssertKind.CONTAINS):
                if claim.kind is AssertKind.CONTAINS:
                    return f'expected the text "{quoted(wanted)}" in the body, did not find it{_unreadable(text)}'
                return f'expected the text "{quoted(wanted)}" nowhere in the body, found it'
        return ""

    def queries(self, saved: Mapping[str, str]) -> list[Query]:
        """What must be looked for in the parsed body. Raises FillError."""
        return [_query(claim, saved) for claim in self._queried]

    def of_findings(self, found: Sequence[Found], saved: Mapping[str, str]) -> str:
        """Check the findings of ``queries``, in their order; give the problem, or "". Raises FillError."""
        for claim, finding in zip(self._queried, found, strict=True):
            problem = _of_finding(claim, finding, saved)
            if problem:
                return problem
        return ""

    def drift(self, body: bytes) -> str:
        """Say that the body is not of the declared size or digest, which does not fail the step; or ""."""
        return (size_drift(self._size, len(body)) if self._size else "") or (
            digest_drift(self._digest, body) if self._digest else ""
        )

    def slow(self, taken_us: int) -> str:
        """Say by how much the step's own latency target was missed, or ""."""
        if self._slow_us is None or taken_us <= self._slow_us:
            return ""
        return f"took {spoken_us(taken_us)}, target {spoken_us(self._slow_us)}"


def _unreadable(text: str) -> str:
    """Say how much of a body is not in the character set that it was read in: the likely cause of a text not found."""
    count = text.count("\ufffd")
    return f"; {count} of its {len(text)} characters cannot be read, its character set is another one" if count else ""


def _query(claim: _Claim, saved: Mapping[str, str]) -> Query:
    if claim.kind is AssertKind.CLEAN:
        return Query(By.WORDS, claim.expected.text)
    if claim.kind in PATTERNS:
        return Query(By.REGEX, claim.expected.fill(saved, in_pattern))
    return Query(BY[claim.kind], claim.name.fill(saved, in_css if claim.kind is AssertKind.CSS else in_jsonpath))


def _milliseconds(text: str) -> int:
    if not (text.isdecimal() and text.isascii()):
        raise ValueError(f'latency "{text}": expected whole milliseconds')
    return int(text)


def _of_header(answer: Answer, name: str, wanted: str) -> str:
    values = [value for key, value in answer.headers if key == name.lower()]
    if any(wanted in value for value in values):
        return ""
    if not values:
        return f"expected the header {name}" + (f' to contain "{quoted(wanted)}"' if wanted else "") + ", it is missing"
    return f'expected the header {name} to contain "{quoted(wanted)}", got "{quoted(", ".join(values))}"'


def _of_finding(claim: _Claim, finding: Found, saved: Mapping[str, str]) -> str:
    if finding.problem:
        return finding.problem
    if claim.kind is AssertKind.CLEAN:
        told = f"the page holds words of injected gambling advertisements: {finding.value}"
        return told if finding.value else ""
    if claim.kind is AssertKind.FORBIDDEN:
        if finding.value is None:
            return ""
        return f'expected nothing that matches "{quoted(claim.expected.text)}", found "{quoted(finding.value)}"'
    if claim.kind is AssertKind.NO_JSON:
        is_nothing = finding.value in (None, "null")
        return "" if is_nothing else f'expected nothing at {claim.name.text}, got "{quoted(finding.value or "")}"'
    if claim.kind is AssertKind.MATCHES:
        wanted = quoted(claim.expected.text)
        return "" if finding.value is not None else f'expected text that matches "{wanted}", found none'
    wanted, place = claim.expected.fill(saved, plain), quoted(claim.name.text)
    if claim.kind is AssertKind.CSS:
        if finding.value is None:
            return f"expected an element {place}, found none"
        agrees, relation = wanted in finding.value, "contain"
    else:
        if finding.value is None:
            return f"expected {place}, nothing is there"
        agrees, relation = wanted in ("", finding.value), "be"
    return "" if agrees else f'expected {place} to {relation} "{quoted(wanted)}", got "{quoted(finding.value)}"'
