"""The networks that this machine stands in, as the kernel tells them. Linux; elsewhere none are found."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from pathlib import Path

ROUTES = Path("/proc/net/route")
ADDRESSES_V6 = Path("/proc/net/if_inet6")


def own_networks(routes: Path = ROUTES, addresses_v6: Path = ADDRESSES_V6) -> tuple[str, ...]:
    """Give the networks that are reached without a router, such as ``192.0.2.0/24``; loopback left out."""
    return tuple(dict.fromkeys((*_of_routes(_lines(routes)[1:]), *_of_addresses(_lines(addresses_v6)))))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _of_routes(lines: list[str]) -> list[str]:
    """Read the kernel's routes: interface, destination, gateway, ..., mask in column 8; all in the machine's order."""
    found = []
    for line in lines:
        fields = line.split()
        if len(fields) < 8:
            continue
        destination, gateway, mask = (struct.pack("=I", int(fields[column], 16)) for column in (1, 2, 7))
        if any(gateway) or not any(mask):
            continue
        found.append(str(ip_network(f"{IPv4Address(destination)}/{IPv4Address(mask)}", strict=False)))
    return found


def _of_addresses(lines: list[str]) -> list[str]:
    """Read the machine's IPv6 addresses: 32 digits, index, prefix, ... in hexadecimal."""
    found = []
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        address, prefix = IPv6Address(int(fields[0], 16)), int(fields[2], 16)
        if not address.is_loopback and prefix:
            found.append(str(IPv6Network((address, prefix), strict=False)))
    return found
