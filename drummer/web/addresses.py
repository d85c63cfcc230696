"""Addresses of visitors behind proxies."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_IPV6_PREFIX = 64  # bits of the prefix that one subscriber has


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as `10.0.0.0/8`.

    Raises:
        ValueError: If one is not a network.
    """
    return tuple(ip_network(each) for each in written)


def address_of(peer: str, forwarded: str, proxies: Iterable[Network]) -> str:
    """Find the address of a visitor.

    `X-Forwarded-For` is trusted only in requests from our own proxies, and only as far as proxies wrote it: each appends the
    address of its client on the right. Entries further left may be forged.

    Args:
        peer: Address of the other end of the connection.
        forwarded: The header, entries from left to right; may be empty.
        proxies: Networks of trusted proxies.

    Returns:
        The address, or the /64 network of an IPv6 address. Empty where there is none, such as on a Unix socket.
    """
    proxies = tuple(proxies)
    found = peer
    for entry in (entry.strip() for entry in reversed(forwarded.split(","))):
        if not _is_in(found, proxies) or not _is_address(entry):
            break
        found = entry
    return _subscriber(found)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Iterable[Network]) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in networks)


def _subscriber(text: str) -> str:
    if not _is_address(text) or ip_address(text).version == 4:
        return text
    return str(ip_network((text, _IPV6_PREFIX), strict=False))
