"""A front office on the real engine for the tests of loket: a database, replicas, browsers, and a way to break each."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import docker
from docker.errors import APIError
from docker.models.containers import Container
from docker.models.networks import Network
from docker.types import Mount
from selectolax.lexbor import LexborHTMLParser

POSTGRES = "siaga24/postgres:15"
PASSWORD = "kanari-sandi-basis-data"
SECRET_KEY = "kanari-kunci-kue-0123456789abcdef0123456789"
ENVIRONMENT = {
    "AGENCY_NAME": "Dinas Contoh",
    "OFFICE_NAME": "Kantor Uji Jayapura",
    "LAYANAN": "KTP=Kartu Tanda Penduduk, KK=Kartu Keluarga",
    "TZ_NAME": "Asia/Jayapura",
    "DATABASE_URL_FILE": "/run/secrets/database_url",
    "SECRET_KEY_FILE": "/run/secrets/secret_key",
    "RELEASE": "rilis-7",
    "ANSWER_SECONDS": "8",  # a test machine may be busy; what happens at the deadline is tested with the default
}
# What the standard stack gives every service: a memory limit without swap, nothing writable but /tmp, no capability.
HARDENED: dict[str, Any] = {
    "read_only": True,
    "tmpfs": {"/tmp": ""},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "mem_limit": "128m",
    "memswap_limit": "128m",
    "pids_limit": 64,
}
PATIENCE_S = 20
"""A browser that waits this long for an answer calls it a hang."""

T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, within_s: float = 120) -> T:
    """Look again and again until there is something; fail with the last thing seen when time is up."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {within_s} s: {look}")
        time.sleep(0.05)
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a browser got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def html(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.text)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def attribute(self, selector: str, name: str) -> str:
        node = self.html.css_first(selector)
        assert node is not None, f"no {selector} in {self.text}"
        return node.attributes[name] or ""

    def words(self, selector: str) -> str:
        node = self.html.css_first(selector)
        assert node is not None, f"no {selector} in {self.text}"
        return " ".join(node.text().split())


@dataclass(slots=True, kw_only=True)
class Browser:
    """A citizen's browser: keeps cookies, opens a new connection for each request, does not follow redirects by itself."""

    host: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(form))

    def form(self, service: str = "KTP") -> dict[str, str]:
        """Open the start page and fill in its form."""
        page = self.get("/")
        assert page.status == 200, page
        return {
            "csrf": page.attribute("form#ambil input[name=csrf]", "value"),
            "kunci": page.attribute("form#ambil input[name=kunci]", "value"),
            "layanan": service,
        }

    def take(self, service: str = "KTP") -> Answer:
        """Take a number as a citizen does and return the ticket page."""
        sent = self.post("/antrean", self.form(service))
        assert sent.status == 303, sent
        return self.get(sent.headers["location"])

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = dict(self.headers)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(self.host, 8000, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            text=text,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One running server of the office."""

    container: Container
    host: str

    def browser(self, **headers: str) -> Browser:
        return Browser(host=self.host, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def monitor(self) -> Browser:
        """A client whose traffic is marked as a monitor's."""
        return self.browser(X_Siaga24_Synthetic="1")

    def health(self) -> Answer:
        return self.browser().get("/healthz")

    def answers(self) -> bool:
        """Say whether it serves, well or not."""
        try:
            return self.health().status > 0
        except OSError:
            return False

    def is_healthy(self) -> bool:
        try:
            return self.health().status == 200
        except OSError:
            return False

    def logs(self) -> str:
        return str(self.container.logs().decode())


class Office:
    """A database of its own and any number of replicas on a network of its own; ``close`` removes all of it."""

    def __init__(self, engine: docker.DockerClient, image: str, secrets_folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._name = f"siaga24-test-loket-{secrets.token_hex(4)}"
        self._containers: list[Container] = []
        self._folder = secrets_folder
        self._folder.mkdir(mode=0o755)
        self.write_secret("database_url", f"postgresql://loket:{PASSWORD}@db:5432/loket")
        self.write_secret("secret_key", SECRET_KEY)
        self.write_secret("password", PASSWORD)
        self._network: Network = engine.networks.create(self._name, driver="bridge", labels={"siaga24.test": "loket"})
        try:
            self.database = self._database()
        except BaseException:
            self.close()  # nobody else could: there is no office yet to close
            raise

    def write_secret(self, name: str, value: str) -> None:
        path = self._folder / name
        path.write_text(value + "\n", encoding="utf-8")
        path.chmod(0o644)

    def start(self, **environment: str) -> Replica:
        """Start a replica and return it at once; ``environment`` overrides the office's."""
        container = self._run(None, environment)
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return Replica(container=container, host=networks[self._name]["IPAddress"])

    def ready(self, **environment: str) -> Replica:
        """Start a replica and return it when it is healthy."""
        replica = self.start(**environment)
        eventually(replica.is_healthy)
        return replica

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        """Run one command of the image to its end; return its exit code and all it wrote."""
        container = self._run(list(command), environment)
        code = container.wait(timeout=60)["StatusCode"]
        return int(code), str(container.logs().decode())

    def sql(self, statement: str) -> str:
        """Run SQL as the database's superuser and return the bare values."""
        code, output = self.database.exec_run(
            ["psql", "-U", "postgres", "-d", "loket", "-v", "ON_ERROR_STOP=1", "-qAtc", statement]
        )
        assert isinstance(output, bytes)
        text = output.decode().strip()
        assert code == 0, text
        return text

    def silence_database(self) -> None:
        """Freeze the database: its connections stay open and nothing answers."""

        def frozen() -> bool:
            try:
                self.database.pause()
            except APIError as exc:
                # Version 1 of the kernel's control groups sometimes cannot freeze a busy group at the first attempt.
                if "unable to freeze" not in str(exc):
                    raise
                return False
            return True

        eventually(frozen)

    def database_answers(self) -> bool:
        return bool(self.database.exec_run(["pg_isready", "-q", "-h", "127.0.0.1", "-d", "loket"])[0] == 0)

    def close(self) -> None:
        for container in reversed(self._containers):
            container.remove(force=True, v=True)
        self._network.remove()

    def _run(self, command: list[str] | None, environment: dict[str, str]) -> Container:
        return self._add(
            self._engine.containers.create(
                self._image,
                command,
                environment=ENVIRONMENT | environment,
                mounts=[self._secrets()],
                network=self._name,
                labels={"siaga24.test": "loket"},
                **HARDENED,
            )
        )

    def _database(self) -> Container:
        container = self._engine.containers.create(
            POSTGRES,
            ["-c", "fsync=off"],
            environment={
                "POSTGRES_USER": "loket",
                "POSTGRES_DB": "loket",
                "POSTGRES_PASSWORD_FILE": "/run/secrets/password",
            },
            mounts=[self._secrets()],
            tmpfs={"/tmp": "", "/var/run/postgresql": "uid=10002,mode=0700"},
            name=f"{self._name}-db",
            network=self._name,
            networking_config={self._name: self._engine.api.create_endpoint_config(aliases=["db"])},
            labels={"siaga24.test": "loket"},
        )
        return self._add(container)

    def _add(self, container: Container) -> Container:
        self._containers.append(container)
        container.start()
        return container

    def _secrets(self) -> Mount:
        return Mount("/run/secrets", str(self._folder), type="bind", read_only=True)
