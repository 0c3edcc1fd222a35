"""Versions: the same content is the same version with the same bytes; other content is the next one and says what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.errors import UsageError
from monitors.core.wording import Language
from monitors.reports import files as files_module
from monitors.reports.data import ReportData, State
from monitors.reports.files import Format, digests, made, write
from monitors.reports.issue import again, changes, entry_of, figures_of, issued, name_of, next_version
from tests.monitors.reports.made import AGENCY, final, january, measured, service, with_service


def kept(*versions: ReportData):
    """Read what the entries of these versions say."""
    entries = [
        replace(entry_of(one, {f"{one.edition.version}.pdf": "ab" * 32}, at_ms=5, by=one.edition.issued_by), number=number)
        for number, one in enumerate(versions, 1)
    ]
    return issued(entries, name_of(january()), AGENCY)


def with_less_downtime(data: ReportData) -> ReportData:
    one = service(data)
    spent = measured(one).down_ms
    assert spent > 0
    statement = replace(measured(one), down_ms=0, up_ms=measured(one).up_ms + spent)
    return with_service(data, 0, statement=statement)


def test_the_first_version_is_final_and_made_again_it_is_the_same_to_the_byte():
    first = next_version(january(), (), "Siti Rahma")
    assert (first.edition.state, first.edition.version) == (State.FINAL, 1)
    former = kept(first)
    later = replace(january(), edition=replace(january().edition, data_ms=january().edition.data_ms + 86_400_000))
    same = again(later, former)
    assert same is not None
    assert digests(made(same, Language.ID, [Format.HTML])) == digests(made(first, Language.ID, [Format.HTML]))


def test_another_figure_is_another_version_that_names_it():
    first = next_version(january(), (), "Siti Rahma")
    former = kept(first)
    changed = with_less_downtime(january())
    assert again(changed, former) is None
    second = next_version(changed, former, "Budi")
    assert (second.edition.state, second.edition.version) == (State.REISSUED, 2)
    told = {change.figure: (change.before, change.after) for change in second.edition.changes}
    down = measured(service(january())).down_ms
    assert told["down_ms"] == (str(down), "0")
    assert set(told) == {"down_ms", "good_ms"}
    both = kept(first, second)
    assert again(changed, both) == second
    assert [one.state for one in both] == [State.FINAL, State.REISSUED]


def test_a_new_seal_alone_makes_no_new_version():
    first = next_version(replace(january(), seal="no. 1"), (), "Siti Rahma")
    same = again(replace(january(), seal="no. 2"), kept(first))
    assert same is not None
    assert same.seal == "no. 1"


def test_more_files_of_a_version_join_those_that_are_recorded():
    first = final()
    entries = [
        replace(entry_of(first, {"a.pdf": "aa"}, at_ms=5, by="Siti"), number=1),
        replace(entry_of(first, {"b.pdf": "bb", "a.pdf": "cc"}, at_ms=6, by="Budi"), number=2),
    ]
    (found,) = issued(entries, name_of(first), AGENCY)
    assert found.files == {"a.pdf": "aa", "b.pdf": "bb"}
    assert (found.by, found.issued_ms) == ("Siti", 5)


def test_a_service_that_came_or_went_differs_in_all_it_has():
    before = figures_of(january())
    now = {key: line for key, line in before.items() if key[0] != "layanan-01"}
    told = changes(before, now)
    assert {change.service for change in told} == {"layanan-01"}
    assert all(change.after == "" for change in told)
    assert changes(before, before) == ()


def test_versions_of_other_reports_and_agencies_do_not_count():
    entry = replace(entry_of(final(), {}, at_ms=5, by="Siti"), number=1)
    assert issued([entry], "monthly/2026-02", AGENCY) == ()
    assert issued([entry], name_of(final()), "lain") == ()


def test_an_issued_file_is_never_overwritten_and_a_draft_is(tmp_path):
    write({"a.pdf": b"one"}, tmp_path, may_replace=False)
    write({"a.pdf": b"one"}, tmp_path, may_replace=False)
    with pytest.raises(UsageError, match="never overwritten"):
        write({"b.pdf": b"new", "a.pdf": b"two"}, tmp_path, may_replace=False)
    assert (tmp_path / "a.pdf").read_bytes() == b"one"
    assert not (tmp_path / "b.pdf").exists()
    write({"a.pdf": b"two"}, tmp_path, may_replace=True)
    assert (tmp_path / "a.pdf").read_bytes() == b"two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf"]


def test_a_file_that_comes_between_is_not_overwritten_either(tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "refuse_others", lambda *_: None)   # nothing was there when it looked
    (tmp_path / "a.pdf").write_bytes(b"another")
    with pytest.raises(UsageError, match="never overwritten"):
        write({"a.pdf": b"mine"}, tmp_path, may_replace=False)
    assert (tmp_path / "a.pdf").read_bytes() == b"another"
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
