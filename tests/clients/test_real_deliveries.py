"""A receiver with the published packages for Node.js accepts real deliveries: `make test-clients`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.test_clients import INSTALLED, MODULES, OURS
from tests.support.real_delivery import RealDelivery


@contextmanager
def receiver(secret: str, at: Path) -> Iterator[int]:
    """A receiver with that secret; its port."""
    shutil.copy(OURS / "receive.mjs", at)
    if not (at / "node_modules").exists():
        (at / "node_modules").symlink_to(MODULES)
    with subprocess.Popen(
        [str(INSTALLED / "node"), "receive.mjs", secret], cwd=at, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@pytest.mark.parametrize("form", ["standard", "slack"])
def test_node_receiver_accepts_the_signature(tmp_path: Path, form: str) -> None:
    one = RealDelivery(format=form, include_output=True)
    with receiver(one.secret(), tmp_path) as port:
        delivery = one.to(port)
    assert (delivery.status, delivery.attempts[0].status_code) == ("delivered", 204)


@pytest.mark.parametrize("version", [1, 2])
def test_node_receiver_accepts_either_secret_after_a_rotation(tmp_path: Path, version: int) -> None:
    one = RealDelivery()
    one.world.ports.store.webhooks.save(one.seen().rotated(one.world.clock.moment))
    with receiver(one.secret(version), tmp_path) as port:
        assert one.to(port).status == "delivered"


def test_node_receiver_refuses_another_secret(tmp_path: Path) -> None:
    one = RealDelivery()
    with receiver(one.secret(7), tmp_path) as port:
        delivery = one.to(port)
    assert delivery.attempts[0].status_code == 400
    assert delivery.response_body == "No matching signature found"
