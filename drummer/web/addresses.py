"""Whose request it is: the address that a visitor comes from."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_IPV6_HOUSEHOLD = 64  # bits; one subscriber has all addresses below


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as `10.0.0.0/8`.

    Raises:
        ValueError: If one is none.
    """
    return tuple(ip_network(each) for each in written)


def address_of(peer: str, forwarded: str, proxies: Iterable[Network]) -> str:
    """Find the address of whoever asks.

    `X-Forwarded-For` is believed only where the request comes from one of our own proxies, and only as far as proxies wrote it:
    each adds at the right end the address that it was asked by. What stands further left the visitor may have made up.

    Args:
        peer: Address of whoever has opened the connection.
        forwarded: The header, entries from left to right; empty where there is none.
        proxies: Networks of proxies whose header is believed.

    Returns:
        The address; of an IPv6 address the network of its household. Empty where there is none, such as on a Unix socket.
    """
    proxies = tuple(proxies)
    found = peer
    for entry in (entry.strip() for entry in reversed(forwarded.split(","))):
        if not _is_in(found, proxies) or not _is_address(entry):
            break
        found = entry
    return _household(found)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Iterable[Network]) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in networks)


def _household(text: str) -> str:
    if not _is_address(text) or ip_address(text).version == 4:
        return text
    return str(ip_network((text, _IPV6_HOUSEHOLD), strict=False))
