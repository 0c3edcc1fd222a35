"""``tools/ready`` is one step that may be repeated: it tells before it acts, and says in a sentence what it cannot do."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.tools.fakes import path_before, program
from tests.tools.places import ROOT, a_machine, ready
from tools import make_ready
from tools.part import Finding, PartError, Say


def without_python(tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the shell entry where the programs of the system are there, but no Python that fits."""
    for name in ("dirname", "id", "grep", "mktemp", "tail", "rm", "sh"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}")
    program(tmp_path / "bin", "python3", "exit 1")
    (tmp_path / "checkout" / "tools").mkdir(parents=True)
    entry = tmp_path / "checkout" / "tools" / "ready"
    entry.write_bytes((ROOT / "tools" / "ready").read_bytes())
    entry.chmod(0o755)
    return subprocess.run(
        [entry], env={"PATH": str(tmp_path / "bin"), **more}, capture_output=True, text=True, check=False, timeout=60,
    )


def test_without_a_fitting_python_and_without_apt_it_says_what_to_install(tmp_path: Path):
    done = without_python(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ready: no Python 3.11 or later with its venv module; install one and run this again")


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/bin/apt-get").exists(), reason="needs root on Debian or Ubuntu")
def test_as_root_on_debian_it_would_install_python_and_with_no_install_only_tells(tmp_path: Path):
    program(tmp_path / "bin", "apt-get", f"touch {tmp_path}/called")
    done = without_python(tmp_path, NO_INSTALL="1")
    assert done.stdout == "ready: will install the Debian packages python3 and python3-venv\n"
    assert done.returncode == 1
    assert not (tmp_path / "called").exists()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/bin/apt-get").exists(), reason="needs root on Debian or Ubuntu")
def test_an_apt_that_fails_is_told_in_its_own_words(tmp_path: Path):
    program(tmp_path / "bin", "apt-get", "echo 'E: no network' >&2; exit 100")
    done = without_python(tmp_path)
    assert "apt-get could not install python3 and python3-venv: E: no network; mend that" in done.stderr


def test_a_python_that_was_named_and_does_not_fit_is_refused(tmp_path: Path):
    done = ready(tmp_path, more={"SIAGA24_PYTHON": "/bin/false"})
    assert done.returncode == 1
    assert done.stderr == (
        "ready: SIAGA24_PYTHON is /bin/false, which is no Python 3.11 or later with venv; name another.\n"
    )


def test_an_unknown_part_is_wrong_use(tmp_path: Path):
    done = ready(tmp_path, "dockr")
    assert done.returncode == 2
    assert "no part dockr; there are python, docker, pulumi, provider, images" in done.stderr


def test_no_install_tells_everything_and_changes_nothing(tmp_path: Path):
    program(tmp_path / "bin", "go", "echo go1.26.8")
    done = ready(tmp_path, "pulumi", "provider", path=path_before(tmp_path / "bin"), more={"NO_INSTALL": "1"})
    assert done.returncode == 1
    assert done.stdout.count("will install:") == 2
    assert done.stderr == "ready: nothing was changed, because NO_INSTALL is set\n"
    assert not (tmp_path / "cache" / "engine").exists()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    done = ready(tmp_path, "pulumi", more={"SIAGA24_CACHE": str(tmp_path / "file" / "cache")})
    assert done.returncode == 1
    assert done.stderr.endswith("free space or set SIAGA24_CACHE to a folder you may write\n")
    assert "Traceback" not in done.stderr


def test_two_runs_on_one_cache_wait_for_each_other(tmp_path: Path):
    cache = tmp_path / "cache"
    cache.mkdir()
    with (cache / "ready.lock").open("a+", encoding="utf-8") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        environ = {**a_machine(tmp_path), "NO_INSTALL": "1"}
        with subprocess.Popen(
            [ROOT / "tools" / "ready", "pulumi"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as waiting:
            assert waiting.stdout is not None
            told = waiting.stdout.readline()
            still_waiting = waiting.poll() is None
            fcntl.flock(held, fcntl.LOCK_UN)
            waiting.communicate(timeout=60)
    assert told == "ready: waiting for another run on this machine (process 4711)\n"
    assert still_waiting


def test_an_interruption_ends_what_was_started_and_keeps_nothing_half_made(tmp_path: Path):
    program(
        tmp_path / "bin", "go",
        f'[ "$1" = env ] && echo go1.26.8 && exit; echo $$ > {tmp_path}/pid; echo go: downloading >&2; exec sleep 300',
    )
    environ = {**a_machine(tmp_path), "PATH": path_before(tmp_path / "bin")}
    with subprocess.Popen(
        [ROOT / "tools" / "ready", "pulumi"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as begun:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="utf-8"):
            assert begun.poll() is None
        begun.send_signal(signal.SIGINT)
        _, said = begun.communicate(timeout=60)
    assert (begun.returncode, said) == (130, "ready: interrupted; run it again to go on\n")
    assert not Path("/proc", (tmp_path / "pid").read_text(encoding="utf-8").strip()).exists()
    assert list((tmp_path / "cache" / "engine").iterdir()) == []


class Lacking:
    """A part that is not ready."""

    name = "thing"

    def __init__(self, finding: Finding, error: Exception | None = None) -> None:
        self.finding = finding
        self.error = error
        self.made = False

    def look(self) -> Finding:
        return self.finding

    def make(self, say: Say) -> str:  # noqa: ARG002 - the protocol has it
        if self.error:
            raise self.error
        self.made = True
        return "the thing"


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIAGA24_CACHE", str(tmp_path))
    return tmp_path


def test_what_will_be_installed_is_told_before_it_is_done(own_cache: Path, capsys: pytest.CaptureFixture[str]):
    part = Lacking(Finding(will=("a thing of 5 MB",)))
    assert make_ready.get_ready([part], own_cache, only_tell=False) == 0
    out = capsys.readouterr().out
    assert out.index("will install:  a thing of 5 MB") < out.index("ready  the thing")
    assert part.made


def test_a_part_that_is_blocked_stops_everything_before_a_change(own_cache: Path, capsys: pytest.CaptureFixture[str]):
    part = Lacking(Finding(blocked="no socket; start it"))
    assert make_ready.get_ready([part], own_cache, only_tell=False) == 1
    assert capsys.readouterr().err == "ready: thing: no socket; start it\nready: nothing was changed, because this has to be mended first\n"
    assert not part.made


def test_a_failure_names_the_part_the_way_to_mend_it_and_the_log(own_cache: Path, capsys: pytest.CaptureFixture[str]):
    part = Lacking(Finding(will=("a thing",)), PartError("the disk is full; free some", log=Path("/logs/thing.log")))
    assert make_ready.get_ready([part], own_cache, only_tell=False) == 1
    assert "ready: thing: the disk is full; free some\n       log: /logs/thing.log\n" in capsys.readouterr().err


def test_what_a_killed_run_left_half_made_is_removed(tmp_path: Path):
    for left in ("engine/.building-x/output", "engine/.installing-y", "work/.tree-z/etc", "engine/pulumi-1/bin"):
        (tmp_path / left).mkdir(parents=True)
    make_ready.clear_leftovers(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "engine", "engine/pulumi-1", "engine/pulumi-1/bin", "work",
    ]


@pytest.mark.engine
def test_where_all_is_ready_a_run_changes_nothing_and_says_so_in_one_line():
    done = subprocess.run(
        [ROOT / "tools" / "ready"], env={**os.environ, "NO_INSTALL": "1"}, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("ready: Python 3.")
