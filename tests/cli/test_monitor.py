"""``siaga24 monitor``: a service's transactions by hand, options and their sources, what is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.monitor import _settings
from monitors.core.errors import Siaga24Error, UsageError
from monitors.core.model import AssertKind, SaveKind, Step, Target
from monitors.settings import Listen
from tests.factories import a_target, a_transaction, write_workspace
from tests.probing import expect, save
from tests.scenarios.monitor_process import write_targets
from tests.servers import closed_port, page, routes, serving


def siaga24(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value or 0, result.output


def a_watched(url: str, *steps: Step) -> Target:
    return a_target(base_url=url, transactions=(
        a_transaction(steps=steps or (Step(name="buka halaman"),)),
        a_transaction(name="cek-status", primary=False, steps=(Step(name="baca status", url="/status"),)),
    ))


SITE = routes({
    "/": page("<form id=ambil><input name=csrf value=rahasia-1></form>", headers={"Set-Cookie": "sesi=rahasia-2"}),
    "/status": page("baik"),
})
OPEN = Step(
    name="buka halaman", assertions=(expect(AssertKind.CSS, name="#ambil"),),
    saves=(save("csrf", SaveKind.CSS, "input", "value"), save("sesi", SaveKind.COOKIE, "sesi")),
)


def once(folder: Path, target: Target, *arguments: str) -> tuple[int, str]:
    file = write_targets(folder / "a.json", target)
    return siaga24("monitor", "once", target.key, "--targets", str(file), *arguments)


def test_each_step_is_shown_with_status_phases_and_the_names_of_what_was_saved(tmp_path: Path):
    with serving(SITE) as server:
        code, output = once(tmp_path, a_watched(server.url, OPEN))
    assert code == 0
    assert f"dinkes/antrean/ambil-nomor  {server.url}" in output
    assert re.search(r"1 of 1 +buka halaman +passed +200 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +csrf, sesi", output)
    assert re.search(r"1 of 1 +baca status +passed +200", output)
    assert output.count("verdict up") == 2
    assert "rahasia" not in output


def test_a_failing_service_shows_both_tries_the_reason_and_exit_code_1(tmp_path: Path):
    with closed_port() as port:
        code, output = once(tmp_path, a_watched(f"http://127.0.0.1:{port}"), "--transaction", "ambil-nomor")
    assert code == 1
    assert "try 1 of 2" in output
    assert "try 2 of 2" in output
    assert output.count("FAILED") == 2
    assert f'verdict down step 1 of 1 "buka halaman": connection refused by 127.0.0.1:{port} after ' in output
    assert "cek-status" not in output


def test_a_degraded_service_is_exit_code_0_with_its_reason(tmp_path: Path):
    optional = Step(name="iklan", url="/iklan", critical=False)
    with serving(SITE) as server:
        code, output = once(tmp_path, a_watched(server.url, optional, OPEN), "--transaction", "ambil-nomor")
    assert code == 0
    assert 'verdict degraded step 1 of 2 "iklan": expected status 2xx, got 404 after ' in output


def test_json_gives_the_whole_run_without_values(tmp_path: Path):
    with serving(SITE) as server:
        code, output = once(tmp_path, a_watched(server.url, OPEN), "--json", "--transaction", "ambil-nomor")
    [run] = json.loads(output)
    assert code == 0
    assert (run["verdict"], run["tries"][0]["steps"][0]["status"]) == ("up", 200)
    assert run["tries"][0]["steps"][0]["phases"]["connect_us"] > 0
    assert "rahasia" not in output


def test_a_target_or_transaction_that_is_not_there_is_told_with_near_names(tmp_path: Path):
    target = a_watched("http://127.0.0.1:1")
    file = write_targets(tmp_path / "a.json", target)
    with pytest.raises(UsageError) as error:
        siaga24("monitor", "once", "dinkes/antren", "--targets", str(file))
    assert str(error.value) == (
        'no target "dinkes/antren"; did you mean "dinkes/antrean"; known targets: dinkes/antrean'
    )
    with pytest.raises(UsageError, match='dinkes/antrean has no transaction "ambil"; known are ambil-nomor, cek-status'):
        once(tmp_path, target, "--transaction", "ambil")
    with pytest.raises(UsageError, match='there are no targets yet; "siaga24 stack up AGENCY" makes them'):
        siaga24("monitor", "once", "dinkes/antrean", "--targets", str(write_targets(tmp_path / "kosong.json")))


def resolve(workspace: Path | None = None, state: Path | None = None, **given):
    defaults = {"targets": (), "ledger": None, "listen": None, "vantage": None}
    return _settings(workspace, state, **{**defaults, **given})


def test_everything_comes_from_the_workspace_unless_it_is_given(tmp_path: Path):
    workspace = write_workspace(tmp_path / "ruang", listen="127.0.0.1:23456", vantage="surabaya-1")
    found = resolve(workspace)
    assert found.targets == (workspace / ".siaga24" / "targets",)
    assert found.ledger == workspace / ".siaga24" / "ledger.sqlite"
    assert (found.listen, found.vantage) == (Listen(host="127.0.0.1", port=23456), "surabaya-1")
    assert found.allow_networks == ()

    settings_file = workspace / "siaga24.yaml"
    settings_file.write_text(
        settings_file.read_text("utf-8").replace("vantage: surabaya-1", "vantage: surabaya-1, allow_networks: [10.2.0.0/16], canaries: ['10.0.0.1:53']"),
        "utf-8",
    )
    assert resolve(workspace).allow_networks == ("10.2.0.0/16",)
    assert resolve(workspace, allowed=("10.9.9.9",)).allow_networks == ("10.9.9.9",)
    assert resolve(workspace).canaries == ("10.0.0.1:53",)
    assert resolve(workspace, canaries=("https://bmkg.go.id/",)).canaries == ("https://bmkg.go.id/",)

    elsewhere = resolve(workspace, tmp_path / "lain", listen="127.0.0.1:1", vantage="x")
    assert elsewhere.ledger == tmp_path / "lain" / "ledger.sqlite"
    assert (elsewhere.listen, elsewhere.vantage) == (Listen(host="127.0.0.1", port=1), "x")


def test_without_a_workspace_targets_and_ledger_must_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"is no workspace: it has no siaga24\.yaml; name one with --workspace DIR, or give"):
        resolve()
    found = resolve(targets=(tmp_path,), ledger=tmp_path / "l.sqlite")
    assert (str(found.listen), found.vantage) == ("127.0.0.1:9924", "local")


def test_an_address_that_is_none_is_wrong_use(tmp_path: Path):
    with pytest.raises(UsageError, match='listen "9924": expected HOST:PORT'):
        resolve(targets=(tmp_path,), ledger=tmp_path / "l.sqlite", listen="9924")


def test_an_address_of_this_machine_is_not_probed_by_hand_either_unless_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("SIAGA24_ALLOW_NETWORK")
    monkeypatch.chdir(tmp_path)
    with serving(page()) as server:
        target = a_target(base_url=server.url)
        with pytest.raises(UsageError, match=r"127\.0\.0\.1 is an address of the monitor's own machine, where the monitor"):
            once(tmp_path, target)
        assert once(tmp_path, target, "--allow-network", "127.0.0.1")[0] == 0
        with pytest.raises(UsageError, match=r'network "x": .*; expected an address or a network such as 127\.0\.0\.1'):
            once(tmp_path, target, "--allow-network", "x")


def test_the_switch_for_writing_says_what_holds_and_refuses_what_it_cannot_do(tmp_path: Path):
    def writes(*arguments: str, ledger: Path = tmp_path / "ledger.sqlite") -> str:
        return siaga24("monitor", "writes", "--ledger", str(ledger), *arguments)[1]

    assert writes() == "transactions that write may run\n"
    assert writes("--stop", "tenang") == writes() == "all transactions that write are stopped: tenang\n"
    assert writes("--go") == writes("--go") == "transactions that write may run\n"
    with pytest.raises(UsageError, match="--stop and --go: expected one of them"):
        writes("--stop", "x", "--go")
    with pytest.raises(UsageError, match="--stop: expected a reason"):
        writes("--stop", " ")
    with pytest.raises(Siaga24Error, match="no such file or directory; expected a folder that this user may write"):
        writes("--stop", "x", ledger=tmp_path / "tidak" / "ada.sqlite")
