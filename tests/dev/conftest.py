"""An echo gateway on a clock that only the test moves."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette

from dev.echo_gateway.app import create_gateway
from tests.dev.echo_gateway.echo import FakeClock
from tests.support.client import Client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(clock: FakeClock) -> Starlette:
    return create_gateway(clock)


@pytest.fixture
def client(app: Starlette) -> Client:
    return Client(app)
