"""The addresses to which a webhook may be delivered: public ones. Pure.

An address is public if it is in the part of its family that is routed to everyone, and in none of the blocks that
IANA's special-purpose registries take out of that part. For IPv6 that part is 2000::/3, so the forms that carry another
address (mapped, compatible, NAT64) are outside it; 6to4 and Teredo are inside it, and are named. The standard library's
`is_global` is not used: its answers for these forms differ between releases of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

ROUTED = IPv6Network("2000::/3")
NOT_PUBLIC = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; many systems take 0.0.0.0 for themselves
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service is in it
            "127.0.0.0/8",  # loopback; Lambda's own runtime API listens here
            "168.63.129.16/32",  # Azure's platform service, at an address that looks public
            "169.254.0.0/16",  # link-local: the metadata and credential services of AWS and others
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocol assignments; Oracle's metadata service is in it
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3ffe::/16",  # returned by 6bone
            "3fff::/20",  # documentation
        ),
    )
)
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of an interface identifier that carries an IPv4 address (RFC 5214)."""


def public(address: str) -> bool:
    """Whether the address, as a resolver writes it, is public. A text that is no address is not."""
    try:
        return _public_4(IPv4Address(address))
    except AddressValueError:
        pass
    try:
        return _public_6(IPv6Address(address))
    except AddressValueError:
        return False


def all_public(addresses: Sequence[str]) -> bool:
    """Whether there are addresses and each is public. One that is not refuses a name: who controls the name would
    otherwise choose by the order of the answers, and by which of them answer."""
    return bool(addresses) and all(map(public, addresses))


def all_of_this_machine(addresses: Sequence[str]) -> bool:
    """Whether there are addresses and each is a loopback address, for receivers of the local stack."""
    return bool(addresses) and all(address == "::1" or address.startswith("127.") for address in addresses)


def _public_4(address: IPv4Address) -> bool:
    return not any(address in block for block in NOT_PUBLIC)


def _public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in ROUTED or any(address in block for block in NOT_PUBLIC_6):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in ISATAP
