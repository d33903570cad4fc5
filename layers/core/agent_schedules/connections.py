"""Connections to servers that are not AWS's: the gateway, and the issuer of tokens."""

from __future__ import annotations

import os

from botocore.httpsession import get_cert_path
from urllib3 import PoolManager

KEPT_OPEN = 10


def certificates() -> str | None:
    """The file of certificates by which a server is known: that of `SSL_CERT_FILE`, as for OpenSSL, where servers have
    certificates of their own, or else botocore's."""
    return os.environ.get("SSL_CERT_FILE") or get_cert_path(True)


def connections() -> PoolManager:
    """A pool of them. It is botocore's own HTTP client: another one would be the largest import of a function that
    calls a gateway."""
    return PoolManager(maxsize=KEPT_OPEN, ca_certs=certificates())
