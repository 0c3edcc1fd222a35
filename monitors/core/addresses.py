"""What an IP address is, where that is reason enough not to connect to it unless ops allow it by name. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# where clouds tell a machine its secrets: AWS, Azure, GCP and others; AWS on IPv6; Alibaba; Oracle; Azure's wire server
METADATA = frozenset(ip_address(text) for text in (
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
))
RESERVED = "a reserved address"
_NAT64 = ip_network("64:ff9b::/96")
_SHARED = ip_network("100.64.0.0/10")


def special(address: Address) -> str:
    """Say what an address is that leads to no public service, "" for one that may."""
    if address in METADATA:
        return "the address of a cloud's metadata service"
    if address.is_loopback or address.is_unspecified:
        return "an address of the monitor's own machine"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "an address of many machines (multicast)"
    if address.is_private or address in _SHARED:
        return "an address of a private network"
    return ""


def within(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 one stands for: mapped, 6to4 or NAT64; else the address itself."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address


def refused_as(text: str, allowed: tuple[str, ...] = ()) -> str:
    """Say what the IP address ``text`` is that no monitor connects to it; "" where it does, and for a name.

    ``allowed``: networks that ops allow; one that is none allows nothing. A monitor refuses the networks that it
    stands in too, which only itself knows.
    """
    try:
        address = within(ip_address(text.strip("[]").partition("%")[0]))
    except ValueError:
        return ""
    for network in allowed:
        try:
            if address in ip_network(network.strip()):
                return ""
        except ValueError:
            continue
    return special(address) or ("" if address.is_global else RESERVED)
