"""The engine that is meant is the one the docker command would use; one that does not answer is a sentence."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from monitors.core.errors import ToolchainError
from stacks import docker_host
from stacks.docker_host import DEFAULT_HOST, find_docker
from tests.tools.fakes import program

ROOT = Path(__file__).resolve().parents[2]


def context(home: Path, name: str, host: str) -> None:
    meta = home / ".docker" / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}), encoding="utf-8")


def test_the_environment_comes_before_the_context(tmp_path: Path):
    context(tmp_path, "desktop", "unix:///home/u/desktop.sock")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "desktop"}', encoding="utf-8")
    environ = {"HOME": str(tmp_path)}
    assert docker_host.docker_host(environ) == "unix:///home/u/desktop.sock"
    assert docker_host.docker_host({**environ, "DOCKER_HOST": "tcp://10.0.0.1:2376"}) == "tcp://10.0.0.1:2376"
    assert docker_host.docker_host({**environ, "DOCKER_CONTEXT": "default"}) == DEFAULT_HOST


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"currentContext": "gone"}', "{}"])
def test_an_unreadable_client_configuration_means_the_usual_socket(tmp_path: Path, text: str):
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text, encoding="utf-8")
    assert docker_host.docker_host({"HOME": str(tmp_path)}) == DEFAULT_HOST


class _UnixServer(http.server.HTTPServer):
    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        self.socket.bind(str(self.server_address))


@contextmanager
def answering(path: Path, status: int, body: bytes) -> Iterator[dict[str, str]]:
    """A server on a unix socket that gives one answer to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "unix"

    server = _UnixServer(str(path), Handler)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {"DOCKER_HOST": f"unix://{path}"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(ToolchainError) as raised:
        find_docker(environ)
    return str(raised.value)


def test_an_engine_is_told_with_version_and_address(tmp_path: Path):
    body = b'{"Version": "28.1.0", "ApiVersion": "1.49"}'
    with answering(tmp_path / "s", 200, body) as environ:
        engine = find_docker(environ)
    assert (engine.host, engine.version, engine.api_version) == (environ["DOCKER_HOST"], "28.1.0", "1.49")


def test_an_engine_that_is_too_old_is_refused_with_the_version_that_is_needed(tmp_path: Path):
    with answering(tmp_path / "s", 200, b'{"Version": "19.03.15", "ApiVersion": "1.40"}') as environ:
        assert "is version 19.03.15 with API 1.40; API 1.41 (Docker 20.10) or later is needed; upgrade" in refusal(environ)


@pytest.mark.parametrize(("status", "body"), [(200, b"hello"), (500, b"{}"), (403, b"no")])
def test_something_else_on_the_socket_is_not_taken_for_an_engine(tmp_path: Path, status: int, body: bytes):
    with answering(tmp_path / "s", status, body) as environ:
        assert refusal(environ).endswith("check DOCKER_HOST")


def test_a_missing_socket_says_how_to_get_an_engine(tmp_path: Path):
    assert refusal({"DOCKER_HOST": f"unix://{tmp_path}/s"}) == (
        f'no Docker engine: unix://{tmp_path}/s does not exist; start it ("systemctl start docker"), '
        'or run "make ready" as root on Debian or Ubuntu, which installs and starts one'
    )


def test_a_socket_that_nobody_listens_on_is_told_apart(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "s"))
    assert "is there but nothing listens; start it" in refusal({"DOCKER_HOST": f"unix://{tmp_path}/s"})


def test_an_engine_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docker_host, "ANSWER_WITHIN_S", 0.1)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "s"))
        deaf.listen()
        assert "does not answer: timed out" in refusal({"DOCKER_HOST": f"unix://{tmp_path}/s"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without the right to use the socket")
def test_a_user_without_the_right_learns_of_the_group():
    """As nobody, on a socket of root's: the sentence names the group."""
    code = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import socket, tempfile\n"
        "from stacks.docker_host import find_docker\n"
        "folder = tempfile.mkdtemp(dir='/tmp'); os.chmod(folder, 0o755)\n"
        "server = socket.socket(socket.AF_UNIX); server.bind(folder + '/s'); server.listen(); os.chmod(folder + '/s', 0o600)\n"
        "os.seteuid(65534)\n"
        "try:\n    find_docker({'DOCKER_HOST': 'unix://' + folder + '/s'})\n"
        "except Exception as exc:\n    print(exc)\n"
        "os.seteuid(0); os.unlink(folder + '/s'); os.rmdir(folder)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'permission denied; add the user to the group "docker" and log in again' in done.stdout


def test_a_remote_engine_is_asked_through_the_docker_command(tmp_path: Path):
    program(tmp_path, "docker", """[ "$DOCKER_HOST" = ssh://ops@host ] && echo '{"Version": "29.0", "ApiVersion": "1.52"}'""")
    engine = find_docker({"DOCKER_HOST": "ssh://ops@host", "PATH": f"{tmp_path}:/bin"})
    assert (engine.version, engine.api_version) == ("29.0", "1.52")


def test_a_remote_engine_that_refuses_is_told_in_its_own_words(tmp_path: Path):
    program(tmp_path, "docker", "echo null; echo 'ssh: host key changed' >&2; exit 1")
    told = refusal({"DOCKER_HOST": "ssh://ops@host", "PATH": f"{tmp_path}:/bin"})
    assert told == "the Docker engine at ssh://ops@host does not answer: ssh: host key changed; check DOCKER_HOST"
    assert "not on PATH; install it" in refusal({"DOCKER_HOST": "ssh://ops@host", "PATH": str(tmp_path / "none")})
