"""The URLs that a webhook may have, and those that are refused before any name is resolved."""

from __future__ import annotations

import pytest
from agent_schedules.domain.webhook_urls import url_problem

LONG = "a" * 63
GOOD = [
    "https://example.com",
    "https://example.com/",
    "https://example.com:443/hooks?team=news&x=%20",
    "https://EXAMPLE.com/Hooks/%C3%A9",
    "https://hooks.slack.com/services/T000/B000/XXXX",
    "https://xn--bcher-kva.example/a",
    "https://a-b.c_d.example.co.uk/",
    "https://1.example.com/",
    "https://0x7f.example.com/",
    "https://_hooks.example.com/",
    f"https://{LONG}.{LONG}.{LONG}.{'a' * 57}.com/",
    "https://example.com?only=query",
    "https://example.com/@handle/a:b",
    "https://local.example.com/",
]
BAD = [
    ("http://example.com/", "https://"),
    ("HTTP://example.com/", "https://"),
    ("ftp://example.com/", "https://"),
    ("//example.com/", "https://"),
    ("example.com", "https://"),
    ("https:example.com", "https://"),
    ("https:/example.com", "https://"),
    ("javascript:alert(1)", "https://"),
    ("file:///etc/passwd", "https://"),
    ("", "https://"),
    ("https://", "a host"),
    ("https:///path", "a host"),
    ("https://:443/", "a host"),
    ("https://user@example.com/", "user name"),
    ("https://user:password@example.com/", "user name"),
    ("https://example.com@127.0.0.1/", "user name"),
    ("https://@example.com/", "user name"),
    ("https://example.com/#part", "fragment"),
    ("https://example.com#@evil.example/", "fragment"),
    ("https://127.0.0.1/", "an address"),
    ("https://127.1/", "an address"),
    ("https://2130706433/", "an address"),
    ("https://0x7f000001/", "an address"),
    ("https://0X7F.1/", "an address"),
    ("https://0x/", "an address"),
    ("https://017700000001/", "an address"),
    ("https://10.0.0.1/", "an address"),
    ("https://169.254.169.254/latest/meta-data/", "an address"),
    ("https://8.8.8.8/", "an address"),
    ("https://example.0x7f/", "an address"),
    ("https://[::1]/", "an address"),
    ("https://[::ffff:127.0.0.1]/", "an address"),
    ("https://[2606:4700::1111]:443/", "an address"),
    ("https://[fe80::1%25eth0]/", "an address"),
    ("https://[::1/", "an address"),
    ("https://::1/", "DNS name|host"),
    ("https://localhost/", "localhost"),
    ("https://LOCALHOST/", "localhost"),
    ("https://localhost./", "dot at its end"),
    ("https://example.com./", "dot at its end"),
    ("https://app.localhost/", "localhost"),
    ("https://printer.local/", "local"),
    ("https://metadata.google.internal/", "internal"),
    ("https://1.0.0.127.in-addr.arpa/", "arpa"),
    ("https://router.home/", "home"),
    ("https://router.lan/", "lan"),
    ("https://intranet/", "a dot in it"),
    ("https://-a.example.com/", "labels"),
    ("https://a-.example.com/", "labels"),
    ("https://a..example.com/", "labels"),
    ("https://.example.com/", "labels"),
    ("https://a%2eexample.com/", "labels"),
    ("https://exa%6dple.com/", "labels"),
    ("https://*.example.com/", "labels"),
    ("https://a,b.example.com/", "labels"),
    (f"https://{LONG}a.example.com/", "labels"),
    (f"https://{LONG}.{LONG}.{LONG}.{LONG}.com/", "253 characters"),
    ("https://bücher.example/", "punycode"),
    ("https://example。com/", "punycode"),
    ("https://①②⑦.⓪.⓪.①/", "punycode"),
    ("https://example.com/é", "percent-encode"),
    ("https://exam ple.com/", "spaces"),
    (" https://example.com/", "spaces"),
    ("https://example.com/ ", "spaces"),
    ("https://example.com/\n", "spaces"),
    ("https://example.com\r\nHost: evil.example/", "spaces"),
    ("https://example.com\t/", "spaces"),
    ("https://example.com/\x00", "spaces"),
    ("https://example.com\\@evil.example/", "spaces"),
    ("https:\\\\example.com/", "spaces"),
    ("https://example.com/{id}", "percent-encode"),
    ("https://example.com:80/", "port"),
    ("https://example.com:8443/", "port"),
    ("https://example.com:/", "port"),
    ("https://example.com:0443/", "port"),
    ("https://example.com:443:443/", "port"),
    ("https://example.com:port/", "port"),
    ("https://example.com/" + "a" * 1_981, "2,000 characters"),
]


@pytest.mark.parametrize("url", GOOD)
def test_a_public_https_url_is_taken(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(("url", "problem"), BAD)
def test_any_other_url_is_refused_with_its_reason(url: str, problem: str) -> None:
    found = url_problem(url)
    assert found is not None
    assert any(part in found for part in problem.split("|")), found


@pytest.mark.parametrize("port", [1024, 8443, 65_535])
def test_high_ports_need_the_deployments_leave(port: int) -> None:
    url = f"https://example.com:{port}/"
    assert url_problem(url) == "must have port 443; leave the port out"
    assert url_problem(url, high_ports=True) is None


@pytest.mark.parametrize("port", ["22", "80", "1023", "0", "65536", "99999", "4e3", "+8443", ""])
def test_low_and_false_ports_are_refused_all_the_same(port: str) -> None:
    assert url_problem(f"https://example.com:{port}/", high_ports=True) is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "HTTP://127.0.0.1", "http://localhost:3000/"])
def test_the_local_stack_may_send_to_its_machine(url: str) -> None:
    assert url_problem(url) is not None
    assert url_problem(url, local=True) is None


@pytest.mark.parametrize("url", ["https://localhost/", "https://LOCALHOST:8443/", "HTTPS://127.0.0.1:8080/hook"])
def test_tls_to_this_machine_is_refused_as_it_cannot_work(url: str) -> None:
    assert str(url_problem(url, local=True)).startswith("must begin with http://; the local stack sends to ")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/",
        "http://127.1/",
        "http://10.0.0.1/",
        "http://example.com/",
        "http://user@127.0.0.1/",
        "http://localhost./",
        "http://[::1]/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:70000/",
        "http://localhost:x/",
        "ftp://127.0.0.1/",
    ],
)
def test_the_local_stack_refuses_other_plain_http(url: str) -> None:
    assert url_problem(url, local=True) is not None
