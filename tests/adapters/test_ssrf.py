"""No URL of a webhook makes the sender connect to anything but a public address: real sockets, real TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_schedules.adapters import webhook_sender
from agent_schedules.adapters.webhook_sender import WebhookSender
from agent_schedules.ports import NotDelivered

from tests.support.receivers import NAME, PUBLIC, PUBLIC_6, Network, network

URL = f"https://{NAME}/hook"

NOT_PUBLIC = [
    # Loopback, this host, private, CGNAT, link-local.
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.127.255.255", "169.254.0.1",
    # Metadata and platform services of clouds.
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.169.123", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe",
    # Documentation, benchmarks, relays, multicast, reserved, broadcast.
    "192.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255", "192.88.99.1",
    "192.31.196.1", "192.52.193.1", "192.175.48.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    # The same in IPv6.
    "::1", "::", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "ff0e::1",
    "2001:db8::1", "3fff::1", "3ffe::1", "100::1", "5f00::1", "4000::1", "2001:2::1", "2001:10::1", "2001:20::1",
    # Forms that carry another address: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", f"::ffff:{PUBLIC}",
    "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:a00:1::", "2001::ffff:80ff:fffe",
    "2001:0:4136:e378:8000:63bf:807f:fffe", "2600::5efe:7f00:1", "2600::200:5efe:7f00:1",
]  # fmt: skip

SPELLINGS = [
    "127.0.0.1", "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1",
    "127.1", "127.0.1", "0", "0.0.0.0", "0x0", "00000000177.0.0.1", "127.0.0.0x1", "2852039166", "0xa9fea9fe",
    "0251.0376.0251.0376", "169.254.43518", "169.16689662", "025177524776", "0xA9.0xFE.0xA9.0xFE", "10.1", "0xa000001",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00:ec2::254]", "[fe80::1%251]", "[fe80::1%1]", "[::ffff:a9fe:a9fe]",
    "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1", "127\uff610\uff610\uff611",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "\uff11\uff12\uff17.0.0.1", "\U0001d7ed\U0001d7ee\U0001d7f3.0.0.1",
    "169\u3002254\u3002169\u3002254",
    "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "LocalHost.", "\u24dbocalhost", "localhost.localdomain",
    "ip6-localhost", "sub.localhost", "metadata", "metadata.google.internal", "metadata.google.internal.",
    "instance-data.ec2.internal", "kubernetes.default.svc", "127.0.0.1.nip.io", "localtest.me", "a" * 64 + ".com",
    ".".join(["abcdefgh"] * 40), "." * 5, "..", "-", "%31%32%37.0.0.1", "127.0.0.1%00.example.com",
]  # fmt: skip

PRIVATE_NAMES = (
    "localhost", "localhost.", "localhost.localdomain", "ip6-localhost", "sub.localhost", "metadata",
    "metadata.google.internal", "metadata.google.internal.", "instance-data.ec2.internal", "kubernetes.default.svc",
    "127.0.0.1.nip.io", "localtest.me",
)  # fmt: skip

SHAPES = [
    f"https://{NAME}@127.0.0.1/", f"https://{NAME}:443@127.0.0.1/", f"https://user:password@{NAME}/",
    f"https://@{NAME}/", f"https://127.0.0.1\\@{NAME}/", f"https://127.0.0.1#@{NAME}/", f"https://127.0.0.1?@{NAME}/",
    f"https://127.0.0.1%2f@{NAME}/", f"https://127.0.0.1%23@{NAME}/", f"https://127.0.0.1 &@{NAME}# @127.0.0.1/",
    "https:127.0.0.1/", "https:/127.0.0.1/", "https:///127.0.0.1/", "https://\\127.0.0.1/", "//127.0.0.1/",
    "\thttps://127.0.0.1/", "https://127.0.0.1\t.example.com/", "https://127.0.0.1\r\nHost: example.com/", "https://",
    "https://[::1", "https://[::1]evil/", "https://[127.0.0.1]/", f"http://{NAME}/", f"HTTP://{NAME}/", "127.0.0.1",
    "http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/", "unix:///var/run/docker.sock",
    "data:text/plain,x", "javascript:alert(1)", f"https+unix://{NAME}/", f"https://{NAME}:22/", f"https://{NAME}:25/",
    f"https://{NAME}:80/", f"https://{NAME}:6379/", f"https://{NAME}:8443/", f"https://{NAME}:0/",
    f"https://{NAME}:65536/", f"https://{NAME}:-1/", f"https://{NAME}:443:80/", f"https://{NAME}:9001/2018-06-01/runtime",
    "", " ", "https://?", "https://#", "https://:443/", "https://%/",
]  # fmt: skip


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Network]:
    with network(monkeypatch, tmp_path) as made:
        made.answers(PUBLIC)
        for name in PRIVATE_NAMES:
            made.answers("127.0.0.1", name=name)
        yield made


def refused(net: Network, url: str, *, high_ports: bool = False, local: bool = False) -> str:
    """Why a delivery to the URL is refused. No connection is tried."""
    with pytest.raises(NotDelivered) as error:
        WebhookSender(high_ports=high_ports, local=local).post(url, {}, b"{}", seconds=5)
    assert not net.connected
    assert not net.intruded
    assert not net.requests
    return error.value.reason


def test_there_are_more_than_sixty_of_each() -> None:
    assert len(set(NOT_PUBLIC)) > 60
    assert len(set(SPELLINGS)) > 60


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_name_of_address_that_is_not_public_is_refused(net: Network, address: str) -> None:
    net.answers(address)
    assert refused(net, URL) == "the name leads to an address that is not public"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_such_address_among_good_ones_refuses_the_name(net: Network, place: int) -> None:
    for address in NOT_PUBLIC:
        answer = [PUBLIC_6, PUBLIC]
        answer.insert(place, address)
        net.answers(*answer)
        assert refused(net, URL) == "the name leads to an address that is not public"


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_host_gets_through(net: Network, host: str) -> None:
    refused(net, f"https://{host}/")


def test_the_connection_alone_refuses_each_spelling(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_sender, "url_problem", lambda *_, **__: None)
    reasons = {refused(net, f"https://{host}/") for host in SPELLINGS}
    assert "the name leads to an address that is not public" in reasons
    assert net.lookups


@pytest.mark.parametrize("url", SHAPES)
def test_no_shape_of_a_url_gets_through(net: Network, url: str) -> None:
    refused(net, url)


def test_high_ports_change_nothing_about_addresses(net: Network) -> None:
    for host in SPELLINGS:
        refused(net, f"https://{host}:8443/", high_ports=True)


def test_high_ports_are_those_from_1024_on(net: Network) -> None:
    net.open_to = {(PUBLIC, 1024)}
    assert WebhookSender(high_ports=True).post(f"https://{NAME}:1024/", {}, b"{}", seconds=5).status == 200
    net.connected.clear()
    net.requests.clear()
    refused(net, f"https://{NAME}:1023/", high_ports=True)


def test_local_sender_reaches_only_this_machine_over_http(net: Network) -> None:
    net.answers(PUBLIC, name="localhost")
    assert refused(net, "http://localhost/", local=True) == "the name leads to an address that is not public"
    refused(net, f"http://{NAME}/", local=True)
    refused(net, "https://169.254.169.254/", local=True)


@pytest.mark.parametrize("later", ["127.0.0.1", "169.254.169.254", "::1"])
def test_name_that_changes_its_answer_gains_nothing(net: Network, later: str) -> None:
    net.names[NAME] = [[PUBLIC], [later]]
    assert WebhookSender().post(URL, {}, b"{}", seconds=5).status == 200
    assert net.lookups == [NAME]
    assert net.connected == [(PUBLIC, 443)]
    net.connected.clear()
    net.requests.clear()
    refused(net, URL)


def test_each_delivery_looks_the_name_up_once(net: Network) -> None:
    sender = WebhookSender()
    for _ in range(3):
        assert sender.post(URL, {}, b"{}", seconds=5).content == b"ok"
    assert net.lookups == [NAME] * 3
    assert net.connected == [(PUBLIC, 443)] * 3


def test_name_without_an_address_is_refused(net: Network) -> None:
    assert refused(net, "https://none.example.com/") == "the name has no address"
    net.answers(name=NAME)
    refused(net, URL)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"])
def test_no_proxy_of_the_environment_is_used(net: Network, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:3128")
    assert WebhookSender().post(URL, {}, b"{}", seconds=5).status == 200
    assert net.connected == [(PUBLIC, 443)]
    assert not net.intruded
