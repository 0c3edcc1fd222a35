"""Each kind of file, as its tool writes it, becomes a definition that loads; what is not carried is told, all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from stacks import yamlio
from stacks.definition.tree import Items, Scalar, Table
from stacks.importers.account import Level
from stacks.importers.kinds import KINDS, importer_of
from stacks.importers.settle import settle
from stacks.importers.writer import Heading, agency_text
from stacks.loader import check_file
from stacks.model import Settings
from stacks.tiers import standard_tiers

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(KINDS)
# Each stands in some sample as a password, a token, a key or a cookie.
SECRETS = ("rahasia-", "abc123")


def files_of(kind):
    return sorted(path for path in (SAMPLES / kind).iterdir() if path.suffix not in {".expected", ".findings"})


def worked(kind, paths=None):
    work = importer_of(kind)(paths or files_of(kind))
    return work, settle(work)


def written(kind, paths=None):
    _, imported = worked(kind, paths)
    heading = Heading(code="contoh", name="Dinas Contoh")
    return agency_text(imported, heading, f"samples ({kind})"), imported


def beside(kind, suffix):
    return SAMPLES / kind / f"sample.{suffix}"


@pytest.mark.parametrize("kind", NAMES)
def test_a_sample_becomes_the_definition_beside_it(kind):
    text, _ = written(kind)
    assert text == beside(kind, "expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", NAMES)
def test_every_finding_of_a_sample_is_told_in_its_exact_words(kind, monkeypatch):
    monkeypatch.chdir(SAMPLES / kind)
    _, imported = written(kind, [Path(path.name) for path in files_of(kind)])
    lines = "".join(f"{one}\n" for one in imported.findings)
    assert lines == beside(kind, "findings").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", NAMES)
def test_the_definition_of_a_sample_loads_without_a_fault(kind, tmp_path):
    text, imported = written(kind)
    path = tmp_path / "contoh.yaml"
    path.write_text(text, encoding="utf-8")
    checked = check_file(path, Settings(), standard_tiers())
    assert checked.findings.lines() == ()
    assert checked.agency is not None
    assert [one.code for one in checked.agency.services] == [one.code for one in imported.services]


@pytest.mark.parametrize("kind", NAMES)
def test_every_value_of_a_sample_is_carried_or_told(kind):
    work, _ = worked(kind)
    for root in work.roots:
        for leaf in root.leaves():
            assert root.account.is_settled(leaf.path), leaf.path


@pytest.mark.parametrize("kind", NAMES)
def test_no_finding_is_about_a_value_that_the_input_has_not(kind):
    work, imported = worked(kind)
    lines = {root.account.file: len(Path(root.account.file).read_text(encoding="utf-8").splitlines()) for root in work.roots}
    for finding in imported.findings:
        assert 1 <= finding.line <= lines[finding.file]
        assert all((finding.what, finding.why, finding.instead))


@pytest.mark.parametrize("kind", NAMES)
def test_no_secret_of_a_sample_stands_in_its_definition_or_findings(kind):
    text, imported = written(kind)
    told = text + "".join(str(one) for one in imported.findings)
    if any(secret in path.read_text(encoding="utf-8") for path in files_of(kind) for secret in SECRETS):
        assert not [secret for secret in SECRETS if secret in told]
    assert any(one.level is Level.LOST for one in imported.findings)


def drafted(kind, paths):
    """Return what an importer made, before it is written: names, addresses, times and keys, and its findings."""
    work = importer_of(kind)(paths)
    services = [
        (one.name, one.url, [(each.name, each.interval_ms, each.deadline_ms, each.writes,
                              [(str(step.keys), [secret.value for secret in step.secrets]) for step in each.steps]) for each in one.transactions])
        for one in work.services
    ]
    return services, [str(one).partition(": ")[2] for root in work.roots for one in root.account.findings]


def changed_texts(kind):
    """Yield each carried leaf of a sample, and its file's text with that one value altered where it stands."""
    work, _ = worked(kind)
    for root in work.roots:
        path = Path(root.account.file).resolve()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for leaf in root.leaves():
            if leaf.path not in root.account.carried or root.account.is_told(leaf.path) or not leaf.text:
                continue
            line = lines[leaf.line - 1]
            value = leaf.text.splitlines()[0]
            if line.count(value) != 1:
                continue
            flipped = {"true": "false", "false": "true"}
            altered = flipped.get(value) or value[:-1] + ("1" if value[-1:] != "1" else "2")
            yield leaf, path, "".join([*lines[: leaf.line - 1], line.replace(value, altered), *lines[leaf.line :]])


@pytest.mark.parametrize("kind", NAMES)
def test_a_value_that_is_said_to_be_carried_changes_what_is_written(kind, tmp_path):
    """Nothing is called carried that is not: each such value is altered, and the definition or the findings follow."""
    before = drafted(kind, files_of(kind))
    tried = 0
    unmoved = []
    for leaf, path, text in changed_texts(kind):
        tried += 1
        copy = tmp_path / path.name
        copy.write_text(text, encoding="utf-8")
        paths = [copy if one == path else one for one in files_of(kind)]
        try:
            after = drafted(kind, paths)
        except UsageError:  # a file that is no longer one of its kind follows too
            continue
        if after == before:
            unmoved.append("/".join(leaf.path))
    assert tried >= 4
    assert unmoved == []


def test_the_samples_are_read_as_the_formats_that_they_are():
    tree = yamlio.read_foreign((SAMPLES / "gatus" / "layanan.yaml").read_text(encoding="utf-8"))
    assert isinstance(tree, Table)
    endpoints = next(value for key, value in tree.entries if key.text == "endpoints")
    assert isinstance(endpoints, Items)
    first = endpoints.items[0]
    assert isinstance(first, Table)
    merged = {key.text: value for key, value in first.entries}
    assert isinstance(merged["interval"], Scalar)  # from a merge key
    assert merged["interval"].text == "2m"
