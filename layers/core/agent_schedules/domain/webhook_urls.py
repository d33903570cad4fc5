"""The rules for the URL of a webhook, as far as its text shows. Pure (decision 19).

The sender also checks each address that the name resolves to. These rules give the caller an early answer, and leave
the sender with plain DNS names only.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_URL, LONGEST_NAME, LONGEST_LABEL = 2_000, 253, 63  # characters
FIRST_HIGH_PORT = 1024
_LOCAL = {"127.0.0.1", "localhost"}
"""The hosts of receivers on the machine of the local stack."""
_PRIVATE = {"localhost", "local", "internal", "arpa", "home", "lan"}
"""The last labels of names that are not on the Internet."""
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_REFUSED = re.compile(r"[\x00-\x20\x7f\\\"<>^`{|}]")
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(:(?P<port>.*))?", re.DOTALL)


def url_problem(url: str, *, high_ports: bool = False, local: bool = False) -> str | None:
    """Return why a webhook cannot have this URL, for its caller, or None.

    `high_ports`: ports from 1024 on are allowed. `local`: this machine is allowed too, with plain HTTP.
    """
    if len(url) > LONGEST_URL:
        return f"must have at most {LONGEST_URL:,} characters"
    if _REFUSED.search(url):
        return 'must not have spaces, control characters or any of \\ " < > ^ ` { | }; percent-encode them'
    if not url.isascii():
        return "must be ASCII; write the name in punycode (xn--…) and percent-encode the rest"
    scheme, separator, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if not separator or scheme.lower() not in ({"https", "http"} if local else {"https"}):
        return "must begin with https://"
    if "@" in authority:
        return "must not have a user name or password; verify the signature instead"
    if "#" in rest:
        return "must not have a fragment; remove `#` and the rest"
    found = _AUTHORITY.fullmatch(authority)
    host, port = (found["host"].lower(), found["port"]) if found is not None else ("", None)
    if local and host in _LOCAL:
        if scheme.lower() == "https":
            return f"must begin with http://; the local stack sends to {host} without TLS"
        return _high_or_default(port)
    if scheme.lower() != "https":
        return "must begin with https://; only 127.0.0.1 and localhost may have http://"
    return _host_problem(host) or _port_problem(port, high_ports=high_ports) or _unlike(url, host)


def _host_problem(host: str) -> str | None:
    if host.startswith("[") or ":" in host:
        return "must have a DNS name as its host, not an address"
    if host.endswith("."):
        return "must have a host without a dot at its end"
    if not host:
        return "must have a host"
    if len(host) > LONGEST_NAME:
        return f"must have a host of at most {LONGEST_NAME} characters"
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return "must have a DNS name as its host, not an address"
    if labels[-1] in _PRIVATE:
        return f"must have a public DNS name as its host, not one that ends with .{labels[-1]}"
    if any(len(label) > LONGEST_LABEL or not _LABEL.fullmatch(label) for label in labels):
        return f"must have a DNS name as its host: labels of 1-{LONGEST_LABEL} letters, digits, hyphens and underscores"
    if len(labels) == 1:
        return "must have a public DNS name as its host, with a dot in it"
    return None


def _port_problem(port: str | None, *, high_ports: bool) -> str | None:
    if port in {None, "443"}:
        return None
    if high_ports and _port(port) >= FIRST_HIGH_PORT:
        return None
    if high_ports:
        return f"must have port 443, or one from {FIRST_HIGH_PORT} to 65535"
    return "must have port 443; leave the port out"


def _high_or_default(port: str | None) -> str | None:
    return None if port is None or _port(port) > 0 else "must have a port from 1 to 65535"


def _port(text: str | None) -> int:
    """Return the number of a port, or 0 where the text is none."""
    if text is None or not re.fullmatch("[1-9][0-9]{0,4}", text, re.ASCII) or int(text) > 65_535:
        return 0
    return int(text)


def _unlike(url: str, host: str) -> str | None:
    """Refuse a URL in which the parser of the sender would see another host."""
    return None if urlsplit(url).hostname == host else "must have a DNS name as its host"
