"""Transactions of any kind, written, read, sent to the monitor and shown again: each value stays the text that it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitors.core.document import from_document, to_document
from stacks import yamlio
from stacks.loader import load_agency
from stacks.model import Agency, Settings
from stacks.resolved import resolved
from stacks.targets import endpoints_of, targets_of
from stacks.tiers import standard_tiers

# what YAML or JSON readers take for something else than the text that it is
STUBBORN = st.sampled_from([
    "007", "0o17", "3273010101900001", "9" * 60, "1e5", "0x1F", "-0", "1.50", "1_000", "null", "~", "yes", "No", "on", "true", "NaN", ".inf",
    "2026-01-01", "12:30", "12:30:45", "=", "<<", "- a", "a: b", "a #b", "#b", "@a", "`a`", "%a", "!a", "&a", "*a", "|", ">", "?", "[a", "{a",
    '"', "'", "\\", "\\n", "$", "$$", "$x", "é", "日本", "\U0001f600", "a\u0301", "\u00a0x", "  a  b ", "x:", ":x", "...", "---",
])
PRINTED = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp", "Cf"]), max_size=30)
# a reference is drawn where one is meant
PHRASE = st.one_of(STUBBORN, PRINTED).filter(lambda text: bool(text.strip()) and "${" not in text)
FIELD = st.one_of(PHRASE, st.just("${nomor}"), st.just('x "${nomor}" y'))
NAME = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10**30, 10**30) | FIELD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3), max_leaves=8,
)
WHERE = ("/", "/antrean/1?x=a%20b", "/${nomor}/lagi?q=${nomor}", "https://lain.example/x")


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a first step that saves a value, and one to three that use it."""
    first: dict[str, Any] = {"name": draw(NAME), "get": "/", "save": {"nomor": {"json": "$.nomor"}}}
    drawn = [first, *draw(st.lists(later_step(), min_size=1, max_size=3))]
    return [{**step, "name": f"{step['name']} {number}"} for number, step in enumerate(drawn)]


@st.composite
def later_step(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a step with any of the keys of the language."""
    method = draw(st.sampled_from(["get", "post", "put", "patch", "delete"]))
    step: dict[str, Any] = {"name": draw(NAME), method: draw(st.sampled_from(WHERE))}
    if method != "get":
        kind = draw(st.sampled_from(["form", "json", "none"]))
        if kind == "form":
            step["form"] = draw(st.dictionaries(PHRASE, FIELD, min_size=1, max_size=3))
        elif kind == "json":
            step["json"] = draw(st.dictionaries(NAME, JSON, min_size=1, max_size=3))
    if draw(st.booleans()):
        step["critical"] = draw(st.booleans())
    if draw(st.booleans()):
        step["follow"] = draw(st.integers(0, 10))
    expect: dict[str, Any] = {}
    for key, what in (
        ("status", st.sampled_from(["200", "2xx", "200,303"])), ("contains", FIELD), ("absent", st.lists(FIELD, min_size=1, max_size=3)),
        ("json", st.dictionaries(st.sampled_from(["$.a", "$['0']", "$..b[0]"]), FIELD | st.booleans() | st.integers(-10**30, 10**30), min_size=1)),
        ("css", st.dictionaries(st.sampled_from(["h1", "p.x", "input[name='0']"]), FIELD, min_size=1)),
    ):
        if draw(st.booleans()):
            expect[key] = draw(what)
    if expect:
        step["expect"] = expect
    return step


def load(path: Path) -> Agency:
    return load_agency(path, Settings(), standard_tiers())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@example([
    {"name": "buka", "get": "/", "save": {"nomor": {"json": "$.nomor"}}}, {"name": "baca", "get": "/${nomor}", "expect": {"json": {"$.a": "-0"}}},
])
@given(steps())
@settings(deadline=None, max_examples=15)
def test_a_transaction_comes_back_the_same_from_its_file_from_what_is_shown_and_from_the_targets_document(folder: Path, drawn):
    definition = {
        "version": 1, "code": "dinas", "name": "Dinas", "kind": "ministry", "time_zone": "Asia/Jakarta",
        "network": {"subnet": "10.124.0.0/26"}, "gateway": {"https_port": 21990},
        "services": {"surat": {
            "name": "Surat", "hosting": "external", "url": "https://surat.example", "transactions": {"baca": {"steps": drawn}},
        }},
    }
    file, shown = folder / "dinas.yaml", folder / "tampil" / "dinas.yaml"
    shown.parent.mkdir(exist_ok=True)
    file.write_text(yamlio.write(definition), encoding="utf-8")
    agency = load(file)
    shown.write_text(yamlio.write(resolved(agency, folder)), encoding="utf-8")
    assert load(shown) == agency
    targets = targets_of(agency, endpoints_of(agency, ""))
    assert from_document(to_document(targets)) == targets
    [read] = targets[0].transactions
    for wrote, step in zip(drawn, read.steps, strict=True):
        assert step.form == tuple(wrote.get("form", {}).items())
        assert step.name == wrote["name"]
        claims = [one.expected for one in step.assertions if one.kind in {"contains", "absent"}]
        said = wrote.get("expect", {})
        assert claims == [*([said["contains"]] if "contains" in said else []), *said.get("absent", [])]
