"""Whose request it is."""

import pytest

from drummer.config import default_config
from drummer.web.addresses import address_of, read_networks

PROXIES = read_networks(["10.0.0.0/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8", "127.0.0.1"),  # nobody of ours has written that
        ("93.184.216.34", "8.8.8.8", "93.184.216.34"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "93.184.216.34", "93.184.216.34"),
        ("10.1.2.3", "1.1.1.1, 93.184.216.34", "93.184.216.34"),  # the visitor has made up the first
        ("10.1.2.3", "1.1.1.1, 93.184.216.34, 10.9.9.9", "93.184.216.34"),  # two proxies
        ("10.1.2.3", "1.1.1.1, anything", "10.1.2.3"),
        ("10.1.2.3", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "8.8.8.8", ""),
    ],
)
def test_only_what_own_proxies_wrote_is_believed(peer: str, forwarded: str, found: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == found


def test_the_configured_networks_can_be_read() -> None:
    assert read_networks(default_config().visitors.proxies)
