"""What good names look like: codes, hosts, addresses, images, paths. Each check returns "" or how to mend the text."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError, ip_network
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from monitors.core.budget import per_day
from monitors.core.canary import witness
from stacks.definition.near import meant
from stacks.model import MAX_CODE_LENGTH, is_code

CODE_PATTERN = "[a-z]([a-z0-9-]*[a-z0-9])?"
ENV_PATTERN = "[A-Za-z_][A-Za-z0-9_]*"
SECRET_PATTERN = "[A-Z][A-Z0-9_]*"  # noqa: S105 - the form of a name
DAY_HOURS_PATTERN = "([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)|closed"
SAVED_PATTERN = "[a-z][a-z0-9_]*"
SECRET_REFERENCE = "secret:[a-z][a-z0-9]*(?:_[a-z0-9]+)*"  # noqa: S105 - the form of a name
HOST_PATTERN = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?"

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_IMAGE = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?"  # registry
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"  # repository
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
)
_ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
_ZONES |= {"+07:00": _ZONES["WIB"], "+08:00": _ZONES["WITA"], "+09:00": _ZONES["WIT"]}
_ZONES |= {"UTC+7": _ZONES["WIB"], "UTC+8": _ZONES["WITA"], "UTC+9": _ZONES["WIT"]}


def code(text: str) -> str:
    """Check a code: a DNS label that begins with a letter."""
    if is_code(text):
        return ""
    likely = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-0123456789")[:MAX_CODE_LENGTH].rstrip("-")
    return f'write it such as "{likely}"' if is_code(likely) else "begin with a small letter"


def matches(pattern: str, mend: str) -> _Matches:
    """Make a check that the whole text matches ``pattern``."""
    return _Matches(pattern, mend)


class _Matches:
    """A check by a pattern."""

    def __init__(self, pattern: str, mend: str) -> None:
        self._pattern = re.compile(pattern)
        self._mend = mend

    def __call__(self, text: str) -> str:
        return "" if self._pattern.fullmatch(text) else self._mend


def host(text: str) -> str:
    """Check a host name: DNS labels in small letters, no address."""
    if len(text) > 253 or not all(len(part) <= 63 and _LABEL.fullmatch(part) for part in text.split(".")):
        return (
            "write labels of small letters, digits and hyphens with dots between them, such as antrean.dinkes.example"
        )
    return "write a name; an address has no certificate" if text.replace(".", "").isdigit() else ""


def time_zone(text: str) -> str:
    """Check that the time zone database has the name."""
    known = _zones()
    if text in known:
        return ""
    if text.upper() in _ZONES:
        return f"write {_ZONES[text.upper()]}"
    return meant(text, known, "write Asia/Jakarta (WIB), Asia/Makassar (WITA) or Asia/Jayapura (WIT)")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads some 600 files


def image(text: str) -> str:
    """Check an image's name: with a tag that names one version, or a digest."""
    found = _IMAGE.fullmatch(text)
    if found is None:
        return "write NAME:TAG or NAME@sha256:DIGEST, in small letters"
    if found["digest"]:
        return ""
    if found["tag"] is None:
        return f"add the version, such as {text}:1.0.0"
    return 'name a version; what "latest" is changes without a release' if found["tag"] == "latest" else ""


def path(text: str) -> str:
    """Check the path of a page: begins with a slash, printable, no query's fragment."""
    if not text.startswith("/") or text.startswith("//"):
        return "begin with one slash, such as /healthz"
    return _printable(text)


def base_url(text: str) -> str:
    """Check the address of an external service."""
    mend = _absolute_url(text)
    if mend:
        return mend
    parts = urlsplit(text)
    return "take out what follows ? or #; steps name their own paths" if parts.query or parts.fragment else ""


def step_url(text: str) -> str:
    """Check the address of a step: a path below the service's address, or a whole address elsewhere."""
    return _absolute_url(text) if "://" in text.split("?", maxsplit=1)[0] else path(text)


def subnet(text: str) -> str:
    """Check an IPv4 subnet in CIDR form whose address is its first one."""
    try:
        IPv4Network(text)
    except (AddressValueError, NetmaskValueError):
        return "write it such as 10.124.0.0/26"
    except ValueError:
        return f"write its first address: {IPv4Network(text, strict=False)}"
    return "" if "/" in text else f"add the prefix, such as {text}/26"


def address(text: str) -> str:
    """Check an IPv4 address of this machine to listen on."""
    try:
        IPv4Address(text)
    except AddressValueError:
        return "write an address such as 127.0.0.1 (this machine only) or 0.0.0.0 (all its addresses)"
    return ""


def network(text: str) -> str:
    """Check a network or an address that probes may go to."""
    try:
        ip_network(text)
    except ValueError as exc:
        return f"write a network such as 10.20.0.0/16, or one address such as 127.0.0.1: {exc}"
    return ""


def day_hours(text: str) -> str:
    """Check the hours of a day."""
    if re.fullmatch(DAY_HOURS_PATTERN, text) is None:
        likely = re.sub(r"\s*(?:-|\u2013|to|s/d)\s*", "-", text.strip().replace(".", ":"))
        likely = re.sub(r"\b([0-9]):", r"0\1:", likely)
        if re.fullmatch(DAY_HOURS_PATTERN, likely):
            return f"write {likely}"
        return "write when they begin and end, such as 07:30-16:00; 24:00 is the day's end"
    opens, _, closes = text.partition("-")
    if closes and opens >= closes:
        return "let them end after they begin; what goes on after 24:00 is hours of the next day"
    return ""


def budget(text: str) -> str:
    """Check a write budget."""
    try:
        per_day(text)
    except ValueError:
        return "write how many tries a day may write, 2 or more, such as 5000/day"
    return ""


def canary(text: str) -> str:
    """Check a witness of the monitor's own network."""
    try:
        witness(text)
    except ValueError as exc:
        return f"write {str(exc).partition(': expected ')[2]}"
    return ""


def listen(text: str) -> str:
    """Check an address and port to listen on."""
    host_part, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port[:6]) < 65536:
        return "write ADDRESS:PORT, such as 127.0.0.1:9924"
    return address(host_part) and "write ADDRESS:PORT, such as 127.0.0.1:9924"


def engine_host(text: str) -> str:
    """Check where a Docker engine answers."""
    is_known = text.startswith(("unix:///", "ssh://", "tcp://")) and len(text) > len("unix:///")
    return "" if is_known else "write unix:///var/run/docker.sock, ssh://HOST or tcp://HOST:2376"


def mount_path(text: str) -> str:
    """Check where a volume is mounted: absolute, tidy, and over nothing that the toolkit or the kernel puts there."""
    if not text.startswith("/") or text == "/" or text.endswith("/") or re.search(r"//|/\.{1,2}(/|$)|[\s:]", text):
        return "write an absolute path without a slash at its end, such as /data"
    for taken, why in (
        ("/run/secrets", "secrets are mounted there"),
        ("/tmp", "it is in memory and empties at each start"),  # noqa: S108
        ("/proc", "the kernel's"),
        ("/sys", "the kernel's"),
        ("/dev", "the kernel's"),
        ("/etc", "the image's settings"),
        ("/usr", "the image's programs"),
        ("/bin", "the image's programs"),
        ("/lib", "the image's programs"),
    ):
        if text == taken or text.startswith(taken + "/") or taken.startswith(text + "/"):
            return f"choose another path, such as /data; {taken} is taken: {why}"
    if text == "/var/lib/postgresql" or text.startswith("/var/lib/postgresql/"):
        return 'take the volume out and write "database: own", which keeps the data'
    return ""


def _absolute_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "write it such as https://layanan.example:8443"
    if not is_good:
        return "write it such as https://layanan.example, with http or https"
    if parts.username is not None or parts.password is not None:
        return "take the user and password out; a definition holds no secret"
    return _printable(text)


def _printable(text: str) -> str:
    return "" if re.fullmatch(r"[!-~]+", text) else "write spaces and other signs percent-encoded, such as %20"
