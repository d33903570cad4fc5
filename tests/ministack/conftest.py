"""One deployment for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from meetkai_mka1 import SDK

from dev.echo_gateway.app import create_gateway
from dev.server import serve
from tests.ministack.deployment import NAME, Deployment
from tests.ministack.ministack import PATIENCE, MiniStack
from tools.build.shares import shares

TENANT = "acme"


@pytest.fixture(scope="session")
def parameters() -> dict[str, str]:
    """Return the parameters that `make deploy` would set in an account of the usual size, with webhooks on.

    GatewayUrl is added later.
    """
    of_account = {name: str(most) for name, most in shares(1000).items()}
    return {"Stage": "dev", "MinimumIntervalSeconds": "1", "Webhooks": "on", **of_account}


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory, parameters: dict[str, str]) -> Iterator[Deployment]:
    """Deploy the stack with an echo gateway on real time, and create a key with the operator's own tool."""
    ministack = MiniStack(tmp_path_factory.mktemp("ministack"))
    app = create_gateway(lambda: datetime.now(UTC))
    try:
        with serve(app) as gateway:
            parameters["GatewayUrl"] = gateway.url
            deployed = Deployment(ministack, app.state.ledger)
            deployed.build()
            deployed.deploy(parameters)
            made = deployed.command("keys", "create", "--stack", NAME, "--tenant", TENANT)
            assert made.returncode == 0, made.stderr
            deployed.key = made.stdout.strip()
            yield deployed
    finally:
        ministack.stop()


@pytest.fixture
def sdk(deployment: Deployment) -> Iterator[SDK]:
    """Return the vendor's SDK with only the server's URL changed, and time for cold starts on a slow machine."""
    with SDK(server_url=deployment.url, bearer_auth=deployment.key, timeout_ms=int(PATIENCE * 1000)) as client:
        yield client


@pytest.fixture(scope="session")
def agent_id(deployment: Deployment) -> str:
    """Create an agent that answers with its input."""
    with SDK(server_url=deployment.url, bearer_auth=deployment.key, timeout_ms=int(PATIENCE * 1000)) as client:
        return str(client.agents.create_agent(name="stack", model="echo").id)
