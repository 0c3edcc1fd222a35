"""The schema for editors accepts what the loader accepts and refuses what one file alone can show to be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from stacks import yamlio
from stacks.definition.tree import plain
from stacks.scaffold import lay_out_workspace
from stacks.schema import agency_schema, schema_files, settings_schema
from stacks.tiers import TEMPLATES

BAD = Path(__file__).parent / "bad_agencies"
SAMPLES = TEMPLATES.parent / "stacks" / "agencies"

# What only the loader can tell: YAML's own traps, rules between keys or files, things that must compile or exist.
BEYOND_A_SCHEMA = {
    "certificate-missing", "code-is-not-the-file", "database-password-missing", "duplicate-key", "host-twice",
    "hosted-without-network", "image-latest", "image-without-version", "bind-no-address", "duration-too-short",
    "json-path-broken", "json-value-trap", "memory-too-small", "merge-key", "no-critical-step", "no-primary", "ports-equal",
    "regex-broken", "regex-without-group", "secret-file-set", "secret-in-env", "secret-in-url", "secret-is-the-database",
    "secret-private-key", "selector-broken", "step-body-with-get", "step-dns-server", "step-dns-with-form", "step-icmp-all-lost", "step-tcp-expect-status",
    "step-tcp-pattern", "step-tcp-secret-expected", "step-tcp-value-unsaved", "step-websocket-url", "step-form-and-json", "step-names-equal", "step-path-relative",
    "subnet-host-bits", "subnet-outside-pool", "subnet-wrong-prefix", "time-zone-abbreviation", "time-zone-unknown",
    "trap-date", "trap-exponent", "trap-no", "trap-octal", "trap-on", "trap-private-value",
    "trap-sexagesimal", "tries-do-not-fit", "url-no-scheme", "url-with-password", "value-name-malformed", "value-saved-later",
    "value-unsaved", "volume-inside-another", "volume-of-postgresql", "volume-over-secrets", "volume-relative", "wave-unknown",
    "save-two-sources", "budget-without-writes", "value-typed-in-text", "auth-password-written", "auth-and-header", "secret-in-step-url", "secret-in-header",
    "secret-name-malformed", "connection-resolver-name", "connection-resolver-and-address", "connection-proxy-password",
    "graphql-with-json", "multipart-with-get", "size-reversed", "forbidden-broken", "always-before-others", "always-and-critical",
    "promise-hours-none", "run-value-unknown", "step-browser-no-page", "step-browser-secret", "step-browser-selector", "step-browser-value-unsaved",
}
UNREADABLE = {
    "alias-bomb", "alias-unknown", "begins-with-at", "control-character", "empty", "indentation", "list-at-top", "nesting", "not-utf8",
    "quote-not-closed", "second-colon", "tab", "tag", "two-documents", "value-without-quotes", "merge-key",
}


def faults_of(schema, path):
    return [error.message for error in Draft202012Validator(schema).iter_errors(plain(yamlio.read(path.read_bytes())))]


def test_the_schemas_are_good_schemas():
    for schema in (agency_schema(), settings_schema()):
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", [*sorted(SAMPLES.glob("d*.yaml")), TEMPLATES / "agency" / "agency.yaml"], ids=lambda path: path.stem)
def test_a_good_definition_has_no_mark_in_an_editor(path):
    assert faults_of(agency_schema(), path) == []


def test_what_init_lays_out_has_no_mark_in_an_editor(tmp_path):
    lay_out_workspace(tmp_path)
    assert faults_of(agency_schema(), tmp_path / "contoh.yaml") == []
    assert faults_of(settings_schema(), tmp_path / "siaga24.yaml") == []
    assert faults_of(settings_schema(), SAMPLES / "siaga24.yaml") == []


@pytest.mark.parametrize("name", sorted({path.stem for path in BAD.glob("*.yaml")} - BEYOND_A_SCHEMA - UNREADABLE))
def test_what_one_file_alone_shows_to_be_wrong_is_marked(name):
    assert faults_of(agency_schema(), BAD / f"{name}.yaml")


@pytest.mark.parametrize("name", sorted(BEYOND_A_SCHEMA - UNREADABLE))
def test_what_is_listed_as_beyond_a_schema_is(name):
    assert faults_of(agency_schema(), BAD / f"{name}.yaml") == []


def test_the_sample_workspace_holds_the_schemas_of_this_version():
    for name, text in schema_files().items():
        assert (SAMPLES / name).read_text(encoding="utf-8") == text, "make it anew: siaga24 init stacks/agencies"
        json.loads(text)


def test_every_key_has_a_text_that_an_editor_shows():
    def undescribed(schema, path=""):
        for name, below in schema.get("properties", {}).items():
            if not below.get("description", "").strip():
                yield f"{path}/{name}"
            yield from undescribed(below, f"{path}/{name}")

    assert list(undescribed(agency_schema())) == []
