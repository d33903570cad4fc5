"""Which addresses are public."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address

import pytest
from agent_schedules.domain.addresses import NOT_PUBLIC, NOT_PUBLIC_6, all_of_this_machine, all_public, public

GOOD = ["1.1.1.1", "8.8.8.8", "52.95.110.1", "100.128.0.1", "172.32.0.1", "2600:1f18::1", "2a05:d018::1", "2001:200::1"]


@pytest.mark.parametrize("address", GOOD)
def test_addresses_of_servers_are_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("block", [*NOT_PUBLIC, *NOT_PUBLIC_6])
def test_both_ends_of_each_block_are_refused(block: IPv4Network | IPv6Network) -> None:
    ends = block[0], block[-1]
    assert not any(public(str(end)) for end in ends)


@pytest.mark.parametrize("block", NOT_PUBLIC)
def test_an_address_is_refused_in_its_mapped_form_too(block: IPv4Network) -> None:
    assert not public(f"::ffff:{block[0]}")


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.1.1.1.", "::1%lo", "1.1.1.1/32"])
def test_text_that_is_no_plain_address_is_not_public(text: str) -> None:
    assert not public(text)


def test_what_the_standard_library_calls_private_is_not_public() -> None:
    for high in range(256):
        for low in (0, 1, 64, 127, 168, 254):
            address = f"{high}.{low}.0.9"
            assert not public(address) or ip_address(address).is_global


def test_every_address_of_a_name_must_pass() -> None:
    assert all_public(GOOD)
    assert not all_public([*GOOD, "10.0.0.1"])
    assert not all_public([])
    assert all_of_this_machine(["127.0.0.1", "::1"])
    assert not all_of_this_machine(["127.0.0.1", "1.1.1.1"])
    assert not all_of_this_machine([])
