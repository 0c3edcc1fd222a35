"""Name servers that fail in their several ways, and names whose addresses are not all good."""

from __future__ import annotations

from functools import lru_cache

from monitors.core.http_options import IpFamily
from tests.hostile.case import Case
from tests.hostile.stage import Server, Stage
from tests.hostile.talks import page
from tests.name_server import Zone, another_id, garbage, silent

ZONE: Zone = {
    "baik.example": ["A 127.0.0.1"],
    "gagal.example": "SERVFAIL",
    "ditolak.example": "REFUSED",
    "bisu.example": silent,
    "rusak.example": garbage,
    "palsu.example": another_id,
    "kosong.example": ["MX 10 surat.example."],
    "putar.example": ["CNAME putar.example."],
    "dalam.example": ["A 127.0.0.3"],
    "awan.example": ["A 169.254.169.254"],
    # a service has an IPv6 address on which nobody listens, beside a good IPv4 one
    "goyah.example": ["AAAA ::1", "A 127.0.0.1"],
}


def named(host: str) -> Server:
    """Serve a page under a name."""
    return lambda stage: stage.listen(page()).url.replace("127.0.0.1", host)


def nowhere(host: str) -> Server:
    """Give an address whose name never leads to a server."""
    return lambda _stage: f"http://{host}"


def looked_up(name: str, host: str, reason: str, *, stalls: bool = False) -> Case:
    """Make the case of a service whose name cannot be looked up."""
    return Case(
        name=name, bad=nowhere(host), good=named("baik.example"), reason=reason, asks_resolver=True, stalls=stalls,
    )


@lru_cache(maxsize=1)
def shaky(stage: Stage) -> str:
    """Serve one page for both sides: they differ in what they are asked by."""
    return named("goyah.example")(stage)


SERVER = r"the name server 127\.0\.0\.1:\d+"
OWN = r"monitor's own machine, where the monitor does not connect; if it is meant, ops allow it: .*"
CLOUD = r"the address of a cloud's metadata service, where the monitor does not connect; .*"
SILENT = rf"{SERVER} did not answer in time when asked for [a-z]+\.example"

CASES = (
    looked_up("DNS: the name does not exist", "tidak-ada.example", rf"{SERVER} says that tidak-ada\.example does not exist"),
    looked_up("DNS: SERVFAIL", "gagal.example", rf"{SERVER} could not say where gagal\.example is \(SERVFAIL\)"),
    looked_up("DNS: REFUSED", "ditolak.example", rf"{SERVER} could not say where ditolak\.example is \(REFUSED\)"),
    looked_up("DNS: a silent name server", "bisu.example", SILENT, stalls=True),
    looked_up("DNS: garbage instead of an answer", "rusak.example", SILENT, stalls=True),
    looked_up("DNS: somebody who guesses", "palsu.example", SILENT, stalls=True),
    looked_up("DNS: a name without an address", "kosong.example", rf"{SERVER} has no IPv4 or IPv6 address of kosong\.example"),
    looked_up(
        "DNS: a name that leads to itself", "putar.example",
        rf"{SERVER} could not say where putar\.example is \(no usable answer\)",
    ),
    looked_up("DNS: a name that leads into this machine", "dalam.example", rf"dalam\.example leads to 127\.0\.0\.3, an address of the {OWN}"),
    looked_up("DNS: a name that leads to a cloud's metadata", "awan.example", rf"awan\.example leads to 169\.254\.169\.254, {CLOUD}"),
    Case(
        # its twin is the same server, asked by any address: it is up by the good one
        name="broken IPv6 beside good IPv4", bad=shaky, good=shaky, asks_resolver=True, bad_ip=IpFamily.V6,
        reason=r"connection refused by goyah\.example:\d+ after .* \(tried IPv6 ::1\)",
    ),
)
