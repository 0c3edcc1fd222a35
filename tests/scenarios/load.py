"""A bounded load client: GETs over verified TLS at a steady pace, every failure counted with its kind.

Each client holds one connection that it keeps, and beside it makes new ones: its requests are of the two kinds in
turn. It runs as a process of its own (``running_load``), so that neither the test's Python nor the services wait for
each other's lock. By hand:

    python -m tests.scenarios.load https://dinkes.example:8443/ --connect-to 127.0.0.1:8443 --ca ca.pem

A failure is any request without the complete expected answer: nothing is tried again, not even on a kept connection
that the other side closed.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.scenarios.load_report import KEPT, KINDS, NEW, LoadPlan, LoadReport

__all__ = ["Load", "LoadPlan", "LoadReport", "running_load"]

SAMPLES = 10                             # failures told in full


class _Connection(http.client.HTTPConnection):
    """HTTPS to a given address under the URL's own name: name check and SNI are those of a citizen's browser."""

    def __init__(self, name: str, address: tuple[str, int], context: ssl.SSLContext, timeout_s: float) -> None:
        super().__init__(name, address[1], timeout=timeout_s)
        self._address, self._name, self._tls = address, name, context

    def connect(self) -> None:
        plain = socket.create_connection(self._address, timeout=self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise


class _Wrong(Exception):  # noqa: N818 - an answer that came and is not the expected one
    """The answer is complete and wrong."""


class Load:
    """Runs a plan with threads until it is told to end and has done its least, or has reached a bound."""

    def __init__(self, plan: LoadPlan) -> None:
        """Prepare; ``run`` starts."""
        parts = urlsplit(plan.url)
        host, _, port = plan.connect_to.rpartition(":")
        self._plan = plan
        self._name = parts.hostname or ""
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host_header = parts.netloc
        self._address = (host, int(port))
        self._context = ssl.create_default_context(cafile=plan.ca_file)
        self._lock = threading.Lock()
        self._started = 0.0
        self._claimed = 0
        self._next_due = 0.0
        self._requests: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self._failed: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self._reasons: Counter[str] = Counter()
        self._samples: list[str] = []
        self._durations: list[float] = []
        self.end = threading.Event()     # set it to let the load end

    def run(self) -> LoadReport:
        """Run to the end and report."""
        self._started = time.perf_counter()
        threads = [threading.Thread(target=self._client, args=(index,)) for index in range(self._plan.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        durations = sorted(self._durations) or [0.0]
        return LoadReport(
            requests=dict(self._requests), failed=dict(self._failed), reasons=dict(self._reasons),
            samples=self._samples, seconds=time.perf_counter() - self._started,
            median_ms=durations[len(durations) // 2] * 1000, slowest_ms=durations[-1] * 1000,
        )

    def _client(self, index: int) -> None:
        kept = self._connection()
        turn = index                     # half of the clients begin with the other kind
        while (due := self._claim()) is not None:
            time.sleep(max(0.0, due - time.perf_counter()))
            kind = KINDS[turn % 2]
            turn += 1
            connection = kept if kind == KEPT else self._connection()
            began = time.perf_counter()
            reason = self._ask(connection, keep=kind == KEPT)
            if kind == NEW or reason:
                connection.close()       # a kept one connects anew with its next request
            self._note(kind, began, reason)
        kept.close()

    def _claim(self) -> float | None:
        """Take the next request: the moment when it is due, or None when it is time to end."""
        plan = self._plan
        with self._lock:
            elapsed = time.perf_counter() - self._started
            enough = self.end.is_set() and all(self._requests[kind] >= plan.at_least for kind in KINDS)
            if enough or self._claimed >= plan.at_most or elapsed >= plan.at_most_s:
                return None
            self._claimed += 1
            due = max(self._next_due, time.perf_counter())     # a late client does not catch up in a burst
            self._next_due = due + 1 / plan.per_second
            return due

    def _ask(self, connection: _Connection, *, keep: bool) -> str:
        """Make one request; return why it failed, in words that are counted, or nothing."""
        try:
            connection.request("GET", self._path, headers={
                "Host": self._host_header, "Connection": "keep-alive" if keep else "close",
            })
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                return f"status {answer.status}"
            if self._plan.contains and self._plan.contains.encode() not in body:
                return "answer without the expected text"
        except TimeoutError:
            return f"no answer within {self._plan.timeout_s:g} s"
        except ssl.SSLError as exc:
            return f"TLS: {exc.reason or exc}"
        except http.client.IncompleteRead:
            return "answer cut short"
        except http.client.RemoteDisconnected:
            return "closed without an answer"
        except (OSError, http.client.HTTPException) as exc:
            return f"{type(exc).__name__}: {exc}"
        return ""

    def _note(self, kind: str, began: float, reason: str) -> None:
        now = time.perf_counter()
        with self._lock:
            self._requests[kind] += 1
            self._durations.append(now - began)
            if reason:
                self._failed[kind] += 1
                self._reasons[reason] += 1
                if len(self._samples) < SAMPLES:
                    self._samples.append(
                        f"at {began - self._started:.2f} s, after {(now - began) * 1000:.0f} ms, {kind}: {reason}",
                    )

    def _connection(self) -> _Connection:
        return _Connection(self._name, self._address, self._context, self._plan.timeout_s)


@dataclass(slots=True)
class RunningLoad:
    """A load that runs in a process of its own; ``report`` is there after the end."""

    report: LoadReport | None = None


@contextlib.contextmanager
def running_load(plan: LoadPlan, *, warm_up_s: float = 1.0) -> Iterator[RunningLoad]:
    """Put load on a service while the block does something to it; at the end the report is in ``.report``.

    The block begins after ``warm_up_s`` of requests. The load goes on after it until its least is done.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scenarios.load", "--plan", json.dumps(asdict(plan))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )
    running = RunningLoad()
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n", "the load client did not begin"
        time.sleep(warm_up_s)
        yield running
        output, _ = process.communicate("end\n", timeout=plan.at_most_s + plan.timeout_s + 30)
        running.report = LoadReport(**json.loads(output))
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def main(arguments: list[str]) -> int:
    """Run a load by hand (until its least is done) or for ``running_load`` (until told)."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.load", description="Put bounded load on a URL.")
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--connect-to", default="", metavar="HOST:PORT")
    parser.add_argument("--ca", default="", metavar="FILE")
    parser.add_argument("--requests", type=int, default=5_000, help="of each kind of connection")
    parser.add_argument("--plan", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.plan:
        load = Load(LoadPlan(**json.loads(given.plan)))
        threading.Thread(target=_end_when_told, args=(load,), daemon=True).start()
        os.nice(5)                       # what is tested goes first
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        sys.stdout.write(json.dumps(asdict(load.run())) + "\n")
        return 0
    load = Load(LoadPlan(url=given.url, connect_to=given.connect_to, ca_file=given.ca, at_least=given.requests))
    load.end.set()
    report = load.run()
    sys.stdout.write(f"{report}\n")
    return 1 if report.total_failed else 0


def _end_when_told(load: Load) -> None:
    sys.stdin.readline()                 # a line, or the end of a parent that is gone
    load.end.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
