"""No file makes an importer crash or hang: whatever it holds, a definition that loads comes out, or a sentence."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.core.errors import UsageError
from stacks.importers.kinds import KINDS, importer_of
from stacks.importers.settle import settle
from stacks.importers.writer import Heading, agency_text
from stacks.loader import check_file
from stacks.model import Settings
from stacks.tiers import standard_tiers

NAMES = sorted(KINDS)
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

# words that importers look for, so that noise gets past their first question
WORDS = st.sampled_from([
    "endpoints", "name", "url", "conditions", "client", "headers", "body", "method", "modules", "prober", "http",
    "scrape_configs", "params", "module", "static_configs", "targets", "monitorList", "type", "active", "interval",
    "keyword", "accepted_statuscodes", "log", "entries", "request", "response", "postData", "status", "content",
    "item", "info", "variable", "key", "value", "raw", "mode", "event", "script", "exec", "listen", "openapi", "paths",
    "get", "parameters", "required", "servers", "responses", "security", "$ref", "suites", "store", "timeout", "query",
    "/", "/{x}", "200", "jsonPath", "expectedValue", "urlencoded", "graphql", "auth", "metrics_path", "job_name",
])
TEXTS = st.one_of(
    st.sampled_from([
        "https://a.example/x?y=1", "http://[::1", "//", "http://a.example:99999", "https://u:p@a.example", "GET", "POST",
        "http", "keyword", "test", "[STATUS] == 200", "[BODY].a == 1", "{{x}}", "${x}", "${", "3.0.0", "5m", "99999h",
        "200-299", '{"a": 1}', '{"a": 1e999}', "\x00", "https://a.example/\u202e", "[STATUS] == any(1)", "#/paths",
        "raw", "no", "0123", "-", "|", "pm.response.to.have.status(200);", "https://a.example/${x}", "/probe",
    ]),
    st.text(max_size=12),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(allow_nan=False), TEXTS)
TREES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=4), st.dictionaries(st.one_of(WORDS, TEXTS), below, max_size=5)
    ),
    max_leaves=25,
)
LINES = st.lists(
    st.one_of(
        st.sampled_from([
            "GET https://a.example/", "POST http://a.example/{{x}}", "HTTP 200", "HTTP *", "HTTP/2 404", "[Asserts]",
            "[Captures]", "[Options]", "[Form]", "[Query]", "Accept: x", "a: b", 'x: jsonpath "$.a"', "```", "```json",
            "{", "}", "status == 200", 'jsonpath "$.a" == 1', 'body contains "x"', "# x", "`x`", "variable: x=1",
            "location: true", "duration < 5", 'header "A" == "b"', "<x/>", "[BasicAuth]", '"', "/x/", 'x: regex "("',
        ]),
        st.text(max_size=15),
    ),
    max_size=14,
)


def outcome(kind, text):
    """Import the text; whatever comes out is either refused in a sentence or loads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "masukan"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        refusal = ""
        try:
            work = importer_of(kind)([path])
            imported = settle(work)
        except UsageError as exc:
            refusal = str(exc)
        if refusal:
            assert "\n" not in refusal
            return
        for root in work.roots:
            assert all(root.account.is_settled(leaf.path) for leaf in root.leaves())
        if imported.services:
            target = Path(folder) / "contoh.yaml"
            target.write_text(agency_text(imported, Heading(code="contoh", name="Contoh"), kind), encoding="utf-8")
            assert check_file(target, Settings(), standard_tiers()).findings.lines() == ()


@pytest.mark.parametrize("kind", NAMES)
@FEW
@given(tree=TREES)
def test_any_tree_gives_a_definition_that_loads_or_a_sentence(kind, tree):
    outcome(kind, json.dumps(tree))


@pytest.mark.parametrize("kind", NAMES)
@FEW
@given(text=st.one_of(st.text(max_size=80), LINES.map("\n".join)))
def test_any_text_gives_a_definition_that_loads_or_a_sentence(kind, text):
    outcome(kind, text)


SHAPED = {
    "gatus": lambda inner: {"endpoints": [{"name": "x", "url": "https://a.example/", **inner}]},
    "uptime-kuma": lambda inner: {"monitorList": [{"name": "x", "type": "http", "url": "https://a.example/", **inner}]},
    "har": lambda inner: {"log": {"entries": [{"request": {"method": "POST", "url": "https://a.example/", **inner}}]}},
    "postman": lambda inner: {"item": [{"request": {"method": "POST", "url": "https://a.example/", **inner}, **inner}]},
    "openapi": lambda inner: {
        "openapi": "3.0.0", "servers": [{"url": "https://a.example"}], "paths": {"/": {"get": inner}, **inner}
    },
    "blackbox": lambda inner: {
        "modules": {"http_2xx": {"prober": "http", "http": inner}},
        "scrape_configs": [
            {"metrics_path": "/probe", "static_configs": [{"targets": ["https://a.example"], **inner}], **inner}
        ],
    },
}
INNER = st.dictionaries(st.one_of(WORDS, st.sampled_from([
    "valid_status_codes", "fail_if_body_matches_regexp", "fail_if_header_not_matches", "tls_config", "follow_redirects",
    "maxredirects", "httpBodyEncoding", "invertKeyword", "ignoreTls", "params", "mimeType", "text", "header",
    "operationId", "scrape_interval", "relabel_configs", "store", "grpc", "dns", "enabled",
])), TREES, max_size=6)


@pytest.mark.parametrize("text", ["GET HTTP://0\rHTTP 0\rHTTP 0", "GET http://a.example\nHTTP 200\nHTTP 200", "HTTP 200"])
def test_an_answer_too_many_is_told(text):
    outcome("hurl", text)


@pytest.mark.parametrize("kind", sorted(SHAPED))
@FEW
@given(inner=INNER)
def test_noise_inside_a_good_file_gives_a_definition_that_loads_or_a_sentence(kind, inner):
    outcome(kind, json.dumps(SHAPED[kind](inner)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("gatus", "endpoints:\n- {name: x, url: 'https://a.example', conditions: ['[BODY]" + " " * 60_000 + "x']}"),
        ("gatus", "endpoints:\n- {name: x, url: 'https://a.example', conditions: ['" + "[BODY].a" * 8_000 + "']}"),
        ("hurl", "GET https://a.example/{{" + " " * 60_000 + "\nHTTP 200\n[Asserts]\n" + '"' * 60_001),
        ("hurl", "GET https://a.example\nHTTP 200\n[Asserts]\n" + "/ " * 30_000),
        ("hurl", "GET https://a.example\nHTTP 200\n" + "{" * 60_000),
        ("postman", json.dumps({"item": [{"request": "https://a.example", "event": [
            {"listen": "test", "script": {"exec": ["tests[" + "] " * 30_000, "pm.test(" + "{" * 30_000]}}]}]})),
        ("har", json.dumps({"log": {"entries": [{"request": {"method": "GET", "url": "https://" + "a@" * 30_000}}]}})),
    ],
    ids=["spaces", "long path", "open template", "slashes", "braces", "brackets", "at signs"],
)
def test_a_line_without_end_takes_no_time_without_end(kind, text):
    """Patterns that look back over what they have read would take hours here, and the run's own limit would tell."""
    outcome(kind, text)


@pytest.mark.parametrize("kind", ["gatus", "har", "hurl"])
def test_a_file_nested_without_end_is_refused_in_a_sentence(kind):
    outcome(kind, "[" * 100_000)
    outcome(kind, '{"item": ' * 5_000)


@pytest.mark.parametrize("kind", ["gatus"])
def test_aliases_that_stand_for_billions_are_refused(kind, tmp_path):
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    path = tmp_path / "bom.yaml"
    path.write_text(bomb, encoding="utf-8")
    with pytest.raises(UsageError, match="aliases"):
        importer_of(kind)([path])
