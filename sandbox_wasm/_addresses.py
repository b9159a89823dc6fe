"""Which IP addresses are the public internet, and which lead into the host's own network.

The tables are IANA's registries of special-purpose addresses. Python's `ipaddress`
knows most of them, but not the same ones in every version.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from ._checks import shown
from ._errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Never a peer, whatever is granted: on some systems the first is another name of loopback.
_NEVER = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "ff00::/8")))
_NEVER_V6 = IPv6Address("::")

# What `allow_private=True` grants.
_OWN: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("127.0.0.0/8", "loopback"),
        ("::1/128", "loopback"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("fc00::/7", "private"),
        ("fec0::/10", "private"),
        ("100.64.0.0/10", "shared"),
    )
)
# What must be named to be granted. The services that hand a cloud machine its
# credentials are here; one provider's has a public address.
_SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("169.254.0.0/16", "link-local"),
        ("fe80::/10", "link-local"),
        ("fd00:ec2::/32", "metadata"),
        ("100.100.100.200/32", "metadata"),
        ("168.63.129.16/32", "metadata"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("240.0.0.0/4", "reserved"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("2002::/16", "reserved"),
        ("3fff::/20", "reserved"),
        ("64:ff9b:1::/48", "private"),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = {0x00005EFE, 0x02005EFE}  # the middle word of an address that holds an IPv4 one


def networks(given: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as ``10.1.0.0/16``, or single addresses.

    Raises:
        ConfigError: One is no network.
    """
    found = []
    for each in given:
        try:
            if not isinstance(each, (str, IPv4Network, IPv6Network)):
                raise ValueError  # a number would be an address
            found.append(ip_network(each))
        except ValueError:
            raise ConfigError(
                "allow_private must be of networks such as '10.1.0.0/16', whose host bits are 0, "
                f"got {shown(each)}"
            ) from None
    return tuple(found)


def refusal(address: str, granted: Iterable[Network], private: bool) -> str | None:
    """Say why not to connect to *address*; None if there is no reason.

    Args:
        address: As `socket.getaddrinfo` gives it.

        granted: Networks that the caller has named.

        private: Whether loopback and private networks are granted as a whole.
    """
    try:
        found = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return "unknown"
    if found == _NEVER_V6 or _within(found, _NEVER):
        return "unusable"
    if _within(found, granted):
        return None
    for network, kind in _SPECIAL:
        if found in network:
            return kind
    for network, kind in _OWN:
        if found in network:
            return None if private else kind
    if isinstance(found, IPv4Address):
        return None
    inner = _inner(found)
    if inner is not None:
        return refusal(str(inner), granted, private)
    return None if found in _PUBLIC_V6 else "reserved"


def _plain(address: Address) -> Address:
    """Return the IPv4 address that a mapped one connects to."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a translator or tunnel sends *address* to, if any."""
    number = int(address)
    if address in _NAT64 or number >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None


def _within(address: Address, among: Iterable[Network]) -> bool:
    return any(address in network for network in among)
