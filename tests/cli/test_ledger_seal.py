"""``siaga24 ledger key|seal``: from a new key to seals that two parties hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.errors import Siaga24Error
from monitors.core.seal import seal_of_text, signed_bytes
from monitors.ledger.keys import load, verify
from monitors.ledger.sqlite_reader import SqliteReader
from tests.factories import a_target
from tests.monitors.ledger.receivers import hook_server, mail_server
from tests.monitors.ledger.sealed import A_DAY, write, written
from tests.scenarios.monitor_process import write_targets
from tests.servers import page, routes, serving

FIRST, SECOND = "2026-01-01", "2026-01-02"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ledger = written(tmp_path / "ledger.sqlite")
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    return tmp_path / "ledger.sqlite"


def run(path: Path, *args: str, code: int = 0) -> Result:
    found = CliRunner().invoke(main, ["ledger", *args, "--ledger", str(path)])
    given = found.exception.exit_code if isinstance(found.exception, Siaga24Error) else found.exit_code
    assert given == code, (found.output, found.exception)
    return found


def seal(path: Path, *args: str, code: int = 0) -> Result:
    return run(path, "seal", "--key", str(path.with_name("seal.key")), *args, code=code)


def key_made(path: Path) -> str:
    return str(json.loads(run(
        path, "key", "new", str(path.with_name("seal.key")), "--by", "Siti Rahma", "--json",
    ).stdout)["public"])


def test_a_key_is_made_once_and_shown_with_who_introduced_it(path: Path) -> None:
    assert "no key was introduced" in run(path, "key", "show").stdout
    public = key_made(path)
    key = path.with_name("seal.key")
    assert key.stat().st_mode & 0o777 == 0o600
    shown, = json.loads(run(path, "key", "show", "--json").stdout)
    assert (shown["public"], shown["by"]) == (public, "Siti Rahma")
    assert run(path, "key", "show", str(key)).stdout.split()[1] == public
    refused = run(path, "key", "new", str(path.with_name("other.key")), "--by", "Budi", code=1)
    assert "only it can introduce another" in str(refused.exception)
    assert not path.with_name("other.key").exists()


def test_days_are_sealed_in_order_up_to_the_one_that_is_named(path: Path) -> None:
    key_made(path)
    told = seal(path, "--day", FIRST)
    assert f"sealed {FIRST}: number 1, 3 agencies, 3 services, 342 runs in 57 blocks" in told.stdout
    assert "seals are given to 0 parties" in told.stderr
    assert "2026-01-01 is the newest sealed day" in seal(path, "--day", FIRST).stdout
    made, = json.loads(seal(path, "--day", SECOND, "--json").stdout)["seals"]
    assert (made["day"], made["number"]) == (SECOND, 2)
    assert "is no day" in str(seal(path, "--day", "kemarin", code=2).exception)


def test_a_ledger_without_a_key_is_not_sealed(path: Path) -> None:
    assert "there is no key file" in str(seal(path, "--day", FIRST, code=1).exception)
    other = path.with_name("lain")
    other.mkdir()
    written(other / "ledger.sqlite").close()
    key_made(other / "ledger.sqlite")
    told = run(path, "seal", "--key", str(other / "seal.key"), "--day", FIRST, code=1)
    assert "no key was introduced" in str(told.exception)


def test_a_new_key_follows_the_old_one(path: Path) -> None:
    key_made(path)
    seal(path, "--day", FIRST)
    old, new = path.with_name("seal.key"), path.with_name("seal-2.key")
    run(path, "key", "new", str(new), "--after", str(old), "--by", "Siti Rahma")
    assert "seals are signed with the key" in str(seal(path, "--day", SECOND, code=1).exception)
    told = run(path, "seal", "--key", str(new), "--day", SECOND, "--json")
    assert json.loads(told.stdout)["seals"][0]["key"] == load(new).id
    assert [one["key"] for one in json.loads(run(path, "key", "show", "--json").stdout)] == [
        load(old).id, load(new).id,
    ]


def test_a_lost_key_is_followed_by_one_that_says_so(path: Path) -> None:
    key_made(path)
    seal(path, "--day", FIRST)
    new = path.with_name("seal-2.key")
    old = path.with_name("seal.key")
    both = run(path, "key", "new", str(new), "--after", str(old), "--former-lost", "--by", "Budi", code=2)
    assert "exclude each other" in str(both.exception)
    run(path, "key", "new", str(new), "--former-lost", "--by", "Budi")
    told = run(path, "seal", "--key", str(new), "--day", SECOND, "--json")
    assert json.loads(told.stdout)["seals"][0]["key"] == load(new).id
    entry = json.loads(run(path, "entries", "--kind", "key", "--json").stdout)[-1]
    assert entry["body"]["lost"] == load(old).id


def test_each_seal_goes_to_a_folder_a_mailbox_and_a_webhook(path: Path, tmp_path: Path) -> None:
    public = key_made(path)
    folder = tmp_path / "bpk"
    with mail_server() as box, hook_server() as hook:
        settings = tmp_path / "seals.toml"
        settings.write_text(
            f'[[to]]\nname = "BPK"\nfolder = "bpk"\n\n[[to]]\nname = "Itjen"\nmail = "a@itjen.example"\n'
            f'from = "b@kominfo.example"\nserver = "127.0.0.1:{box.port}"\nsecurity = "none"\n\n[[to]]\nname = "Arsip"\n'
            f'webhook = "http://127.0.0.1:{hook.port}/segel"\n',
        )
        # the folder is not there yet, and the web server is ill: both are told, and the mailbox has its seal
        hook.status = 503
        refused = seal(path, "--day", FIRST, "--to-file", str(settings), code=1)
        assert "seal 1 of 2026-01-01 was not given to BPK" in str(refused.exception)
        assert "not given to Arsip: Arsip: the webhook answered 503" in str(refused.exception)
        assert "given to Itjen (mail): seal 1" in refused.stdout
        assert "warning" not in refused.stderr
        folder.mkdir()
        hook.status = 204
        told = seal(path, "--day", SECOND, "--to-file", str(settings), "--json")
        assert [(one["to"], one["number"]) for one in json.loads(told.stdout)["given"]] == [
            ("BPK", 1), ("BPK", 2), ("Itjen", 2), ("Arsip", 1), ("Arsip", 2),
        ]
        again = seal(path, "--day", SECOND, "--to-file", str(settings), "--json")
        assert json.loads(again.stdout)["given"] == []
    assert len(box.messages) == 2
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["seal-000001-2026-01-01.json", "seal-000002-2026-01-02.json"]
    for file in files:
        one = seal_of_text(file.read_text())
        assert verify(public, one.signature, signed_bytes(one))
    assert [body for _, _, body in hook.posts[1:]] == [file.read_text() for file in files]
    notes = json.loads(run(path, "entries", "--kind", "seal-note", "--json").stdout)
    assert [note["body"]["act"] for note in notes] == ["refused", "given", "refused", *["given"] * 5]


def test_the_calendar_in_use_is_told_once(path: Path) -> None:
    key_made(path)
    seal(path, "--day", FIRST)
    seal(path, "--day", SECOND)
    told, = json.loads(run(path, "entries", "--kind", "calendar", "--json").stdout)
    assert len(told["body"]["sha256"]) == 64


WATCHED = """
import sys
opened = open(sys.argv.pop(1), "w")
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        print(args[0] if isinstance(args[0], str) else args[0].decode(), file=opened, flush=True)
sys.addaudithook(hook)
from cli.main import run
run()
"""


def opened_by(log: Path, *args: str, expected: int = 0) -> set[str]:
    """Run a command in a process of its own and say which files it opened."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log), *args], capture_output=True, timeout=60, check=False, text=True,
    )
    assert done.returncode == expected, done.stderr
    return set(log.read_text().splitlines())


def test_only_the_sealing_command_opens_the_key(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitor lives for some seconds with the key in its own state folder and named in its environment."""
    key_made(path)
    key = str(path.with_name("seal.key"))
    monkeypatch.setenv("SIAGA24_SEAL_KEY", key)
    sealing = opened_by(tmp_path / "log", "ledger", "seal", "--day", FIRST, "--ledger", str(path))
    assert key in sealing
    with serving(routes({"/": page("baik")})) as server:
        targets = write_targets(tmp_path / "a.json", a_target(base_url=server.url))
        watching = opened_by(
            tmp_path / "log", "monitor", "run", "--targets", str(targets), "--ledger", str(path), "--for", "3",
            "--listen", "127.0.0.1:0", "--allow-network", "127.0.0.1/32",
        )
    assert any("a.json" in name for name in watching), watching
    reader = SqliteReader(path)
    assert len(reader.lives()) == 2
    reader.close()
    assert key not in watching
